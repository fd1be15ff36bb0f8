"""What the list of leads is asked for, as a browser's form says it."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import RoutingStatus, Status
from leadflow.core.verticals import REGISTRY
from leadflow.errors import Problem
from leadflow.store.readings import LeadFilter

STATUSES: Mapping[str, tuple[str, Status | None, RoutingStatus | None]] = {
    "received": ("Received", "received", None),
    "waiting": ("Waiting", "processed", "pending"),
    "routing": ("Being routed", None, "routing"),
    "routed": ("Routed", "routed", None),
    "duplicate": ("Duplicate", "duplicate", None),
    "review": ("In review", "review", None),
    "expired": ("Expired", "expired", None),
    "rejected": ("Rejected", "rejected", None),
}
"""What the list calls a status: its name, and how leads in it are stored."""

LONGEST = 100  # characters of a field
NAMES = ("status", "vertical", "source", "owner", "min_score", "max_score", "since", "until")
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
    given = {name: query[name].strip() for name in NAMES if query.get(name, "").strip()}
    problems: list[Problem] = []

    def field(name: str, values: Mapping[str, str], of: Callable[[str], Any], want: str) -> Any:
        if name not in values:
            return None
        try:
            return of(values[name][:LONGEST])
        except (KeyError, ValueError):
            problems.append(Problem(name, f"“{values[name][:LONGEST]}” will not do", want))
            return None

    _, status, routing_status = field(
        "status", given, STATUSES.__getitem__, "a status of the list"
    ) or ("", None, None)
    which = LeadFilter(
        status=status,
        routing_status=routing_status,
        vertical=field("vertical", given, _vertical, f"one of {', '.join(REGISTRY)}"),
        source=given.get("source"),
        min_score=field("min_score", given, _score, "a whole number from 0 to 100"),
        max_score=field("max_score", given, _score, "a whole number from 0 to 100"),
        created_from=field("since", given, _day, "a day such as 2026-05-31"),
        created_before=field("until", given, _day_after, "a day such as 2026-05-31"),
    )
    return Asked(
        which=which,
        owner=given.get("owner"),
        before=field("before", query, UUID, "the link of a page"),
        given=given,
        problems=tuple(problems),
    )


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
