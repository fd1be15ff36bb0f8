"""Opening hours, in the place's own time zone."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct


class Opening(Struct, frozen=True, order=True):
    """A stretch of one weekday. `closes` at midnight is written 00:00 and means the day's end."""

    weekday: int  # 0 is Monday
    opens: time
    closes: time


class WeeklyHours(Struct, frozen=True):
    """When something is open, week after week. No openings: never."""

    time_zone: str  # IANA
    openings: tuple[Opening, ...]


class Leave(Struct, frozen=True, order=True):
    """A time away."""

    starts_at: datetime
    ends_at: datetime  # and from then on back


_zone = lru_cache(maxsize=512)(ZoneInfo)  # there are some 600 zones; each costs a file read


def is_open(hours: WeeklyHours, now: datetime) -> bool:
    """Tell whether `now` falls into an opening.

    The wall clock decides: on the night clocks go back, 01:30 is open both times.
    """
    local = now.astimezone(_zone(hours.time_zone))
    return any(
        opening.weekday == local.weekday()
        and opening.opens <= local.time()
        and (local.time() < opening.closes or opening.closes == time.min)
        for opening in hours.openings
    )


@lru_cache(maxsize=4096)  # the leads of a group share their `now`, and ask about few places
def next_opening(hours: WeeklyHours, now: datetime) -> datetime | None:
    """Find the first instant after `now`, in UTC, at which an opening begins.

    An opening that would begin inside the hour that clocks skip begins when they have skipped it;
    one that begins inside the hour that is repeated begins twice. An opening that has ended when
    that hour is repeated, and is open again in its midst, does not begin. None when nothing opens.
    """
    zone = _zone(hours.time_zone)
    today = now.astimezone(zone).date()
    # Clocks that go back over midnight repeat the end of yesterday. The second week is for an
    # opening that lies wholly inside an hour that is skipped in the first.
    for days in (range(-1, 8), range(8, 15)):
        dates = (today + timedelta(days=offset) for offset in days)
        starts = (start for start in _starts(hours, dates, zone) if start > now)
        first = min((start for start in starts if is_open(hours, start)), default=None)
        if first is not None:
            return first
    return None


def leave_at(leave: Iterable[Leave], now: datetime) -> Leave | None:
    """Find the leave that `now` falls into; of several the one that lasts longest."""
    present = (each for each in leave if each.starts_at <= now < each.ends_at)
    return max(present, key=lambda each: each.ends_at, default=None)


def next_presence(
    hours: WeeklyHours | None, leave: Collection[Leave], now: datetime
) -> datetime | None:
    """Find the first instant from `now` on that is open and not on leave. None: there is none."""
    moment = now
    for _ in range(len(leave) + 1):  # each leave is left behind once
        while present := leave_at(leave, moment):
            moment = present.ends_at
        if hours is None or is_open(hours, moment):
            return moment
        opening = next_opening(hours, moment)
        if opening is None or leave_at(leave, opening) is None:
            return opening
        moment = opening
    raise AssertionError("unreachable: no leave is entered twice")  # pragma: no cover


def midnight_after(now: datetime, time_zone: str, *, days: int = 1) -> datetime:
    """Find the instant, in UTC, that begins the local day `days` after today's.

    Where clocks skip midnight, the day begins when they have skipped it.
    """
    zone = _zone(time_zone)
    day = now.astimezone(zone).date() + timedelta(days=days)
    return min(_instants(datetime.combine(day, time.min), zone))


def _starts(hours: WeeklyHours, days: Iterable[date], zone: ZoneInfo) -> Iterator[datetime]:
    for day in days:
        for opening in hours.openings:
            if opening.weekday == day.weekday():
                yield from _instants(datetime.combine(day, opening.opens), zone)


def _instants(wall: datetime, zone: ZoneInfo) -> set[datetime]:
    """Find when clocks show `wall`: once, twice, or never, which means the end of the skip."""
    first = wall.replace(tzinfo=zone).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    # Only of a time that is skipped does the second reading come before the first.
    return {_end_of_skip(second, first, zone)} if second < first else {first, second}


def _end_of_skip(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Halve the stretch between two instants down to the second where the clocks jump."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
