"""What configuration is made of: fields that bodies share, and checks that types cannot make."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import Meta

from leadflow.core.schedule import Leave, WeeklyHours
from leadflow.core.verticals import REGISTRY, find
from leadflow.errors import InputError, Problem

SLUG = "^[a-z0-9][a-z0-9-]{0,62}$"

Slug = Annotated[str, Meta(pattern=SLUG, description="1 to 63 small letters, digits and hyphens")]
# In the documentation only: `bodies.read_fields` looks for control characters in all of a body.
PRINTABLE = {"pattern": "^[^\\u0000-\\u001f\\u007f]*$"}

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="1 to 100 characters",
        extra_json_schema=PRINTABLE,
    ),
]
Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description="1 to 200 characters",
        extra_json_schema=PRINTABLE,
    ),
]
State = Annotated[
    str, Meta(pattern="^[A-Za-z]{2}$", description="a state's two-letter code, such as CA")
]
TimeZone = Annotated[
    str, Meta(min_length=1, max_length=64, description="an IANA time zone, such as Europe/Berlin")
]
Share = Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")]
Flag = Annotated[bool, Meta(description="true or false")]
Hours = Annotated[
    WeeklyHours | None,
    Meta(
        description='when it is open, such as {"time_zone": "UTC", "openings": [{"weekday": 0, '
        '"opens": "09:00:00", "closes": "17:00:00"}]}; weekday 0 is Monday; null: always'
    ),
]


def is_slug(text: str) -> bool:
    """Tell whether a text could be a workspace's slug: what is none is not looked for."""
    return re.fullmatch(SLUG, text) is not None


def refuse(problems: Iterable[Problem]) -> None:
    """Raise InputError when there is a problem, with all of them."""
    found = tuple(problems)
    if found:
        raise InputError("The body does not fit", found)


def check_time_zone(name: str, field: str) -> Iterator[Problem]:
    """Find out whether a time zone exists."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        yield Problem(field, "is no time zone", "an IANA time zone, such as Europe/Berlin")


def in_utc(instant: datetime | None, field: str) -> datetime | None:
    """Bring a time into UTC.

    Raises:
        InputError: it has no offset, or in UTC it lies outside of the years 1 to 9999.
    """
    if instant is None:
        return None
    try:
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
        reason = "has no offset"
    except OverflowError:
        reason = "is out of bounds"
    problem = Problem(field, reason, "a date and time such as 2026-01-31T00:00:00Z")
    raise InputError(f"The time {reason}", (problem,))


def check_hours(hours: WeeklyHours | None, field: str = "hours") -> Iterator[Problem]:
    """Find what is wrong with opening hours."""
    if hours is None:
        return
    yield from check_time_zone(hours.time_zone, f"{field}.time_zone")
    for index, opening in enumerate(hours.openings):
        here = f"{field}.openings[{index}]"
        if not 0 <= opening.weekday <= 6:
            yield Problem(f"{here}.weekday", f"{opening.weekday} is no weekday", "0 (Monday) to 6")
        if opening.closes <= opening.opens and opening.closes != time.min:
            expected = "a time after opens; 00:00:00 is the day's end"
            yield Problem(f"{here}.closes", "is not after opens", expected)
        if opening.opens.tzinfo is not None or opening.closes.tzinfo is not None:
            yield Problem(here, "has an offset", "times of the clock in time_zone")


def check_leave(leave: Iterable[Leave], field: str = "leave") -> Iterator[Problem]:
    """Find what is wrong with times away."""
    for index, each in enumerate(leave):
        here = f"{field}[{index}]"
        if each.starts_at.tzinfo is None or each.ends_at.tzinfo is None:
            yield Problem(here, "has no offset", "times such as 2026-12-24T00:00:00-07:00")
        elif each.ends_at <= each.starts_at:
            yield Problem(f"{here}.ends_at", "is not after starts_at", "a later time")


def check_verticals(names: tuple[str, ...], field: str) -> Iterator[Problem]:
    """Find names that are no vertical's."""
    for index, name in enumerate(names):
        if find(name) is None:
            yield Problem(f"{field}[{index}]", "is no vertical", f"one of {', '.join(REGISTRY)}")


def check_url(url: str, field: str, *, private: bool) -> Iterator[Problem]:
    """Find what keeps leads from being delivered to an address.

    A host may also be private by what its name resolves to: that is looked at when it is connected
    to, for a name may resolve to another address every time.

    Args:
        url: as it was sent.
        field: where.
        private: whether addresses of this machine and of private networks will do.
    """
    expected = "an address such as https://leads.example.com/in"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018  # raises when it is no number
    except ValueError:
        yield Problem(field, "is no address", expected)
        return
    if parts.scheme not in ("http", "https") or not host or " " in url:
        yield Problem(field, "is no address that a lead can be sent to", expected)
    elif parts.username is not None or parts.password is not None:
        yield Problem(field, "has a user in it", "an address without; requests are signed")
    elif parts.fragment:
        yield Problem(field, "has a fragment", "an address without what stands behind #")
    elif not private and _is_private(host):
        yield Problem(field, "is on this machine or in a private network", "a public address")


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return False
