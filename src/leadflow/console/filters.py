"""What the list of leads is asked for, as a browser's form says it."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import RoutingStatus, Status
from leadflow.core.verticals import REGISTRY
from leadflow.errors import Problem
from leadflow.store.readings import LeadFilter

Found = TypeVar("Found")


class Kind(Struct, frozen=True, kw_only=True):
    """A choice of the list's status: its name, and how leads of it are stored."""

    name: str
    status: Status | None = None
    routing_status: RoutingStatus | None = None
    in_review: bool | None = None


ANY = Kind(name="any")
STATUSES: Mapping[str, Kind] = {
    "received": Kind(name="Received", status="received"),
    "waiting": Kind(name="Waiting", status="processed", routing_status="pending"),
    "routing": Kind(name="Being routed", routing_status="routing"),
    "routed": Kind(name="Routed", status="routed"),
    "unsettled": Kind(name="Routed, delivery unsettled", status="routed", in_review=True),
    "duplicate": Kind(name="Duplicate", status="duplicate"),
    "review": Kind(name="In review", status="review"),
    "expired": Kind(name="Expired", status="expired"),
    "rejected": Kind(name="Rejected", status="rejected"),
}
"""By the name that addresses have for it."""

LABELS: Mapping[str, str] = {
    "status": "Status",
    "vertical": "Vertical",
    "source": "Source",
    "owner": "Owner",
    "min_score": "Score from",
    "max_score": "Score to",
    "since": "Received from",
    "until": "Received to",
    "before": "Page",
}
"""What the page calls the fields."""

LONGEST = 100  # characters of a field
DAY = timedelta(days=1)


class Asked(Struct, frozen=True, kw_only=True):
    """A question as it was read."""

    which: LeadFilter  # without the owner: only the store knows whose slug it is
    owner: str | None  # slug
    before: UUID | None
    given: Mapping[str, str]  # what the form shows again
    problems: tuple[Problem, ...]


def read(query: Mapping[str, str]) -> Asked:
    """Read the fields of the form. One that is left empty asks for nothing."""
    given = {name: query[name].strip() for name in LABELS if query.get(name, "").strip()}
    problems: list[Problem] = []

    def field(name: str, of: Callable[[str], Found], want: str) -> Found | None:
        if name not in given:
            return None
        try:
            return of(_fit(given[name]))
        except (KeyError, ValueError):
            problems.append(problem(name, given[name], want))
            return None

    kind = field("status", STATUSES.__getitem__, "a status of the list") or ANY
    vertical = field("vertical", _vertical, f"one of {', '.join(REGISTRY)}")
    if vertical is not None:
        given["vertical"] = vertical  # in the capitals of the form
    which = LeadFilter(
        status=kind.status,
        routing_status=kind.routing_status,
        in_review=kind.in_review,
        vertical=vertical,
        source=field("source", str, f"a name of up to {LONGEST} characters"),
        min_score=field("min_score", _score, "a whole number from 0 to 100"),
        max_score=field("max_score", _score, "a whole number from 0 to 100"),
        created_from=field("since", _day, "a day such as 2026-05-31"),
        created_before=field("until", _day_after, "a day such as 2026-05-31"),
    )
    owner = field("owner", str, "the slug of a workspace")
    before = field("before", UUID, "a page of this list")
    given.pop("before", None)
    return Asked(which=which, owner=owner, before=before, given=given, problems=tuple(problems))


def problem(name: str, value: str, want: str) -> Problem:
    """Say what is wrong with a field."""
    shown = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return Problem(name, f"“{shown}” is not {want}", want)


def _fit(text: str) -> str:
    """Let by what may be asked of the store: no text in it is longer, or has such characters."""
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(text)
    return text


def _vertical(name: str) -> str:
    return REGISTRY[name.upper()].name


def _score(digits: str) -> int:
    if not digits.isascii() or not digits.isdecimal() or int(digits) > 100:
        raise ValueError(digits)
    return int(digits)


def _day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(), UTC)


def _day_after(text: str) -> datetime:
    """Give the end of a day, which is named as the last one that is wanted."""
    try:
        return _day(text) + DAY
    except OverflowError as error:
        raise ValueError(text) from error
