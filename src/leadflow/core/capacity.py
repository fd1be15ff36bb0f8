"""Windows in which things are counted: a destination's caps, an agent's open leads."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, assert_never, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from leadflow.core.decision import Cap, CapWindow

WindowKind = CapWindow | Literal["open"]

FOR_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of a window that never rolls over."""


class CounterKey(Struct, frozen=True, order=True):
    """Which counter: its owner, and the window it counts in. Sorted, it is the lock order."""

    owner_id: UUID
    window: WindowKind
    starts_at: datetime


class Counter(Struct, frozen=True):
    cap: int
    used: int
    last_used_at: datetime | None = None


def window_bounds(
    window: CapWindow, now: datetime, time_zone: str
) -> tuple[datetime, datetime | None]:
    """Find when the window that holds `now` began and when the next begins, in UTC.

    Days, weeks (from Monday) and months begin at the local midnight of `time_zone`; hours at the
    full hour of the UTC clock, so that the night clocks go back has 25 of them.
    """
    if window == "total":
        return FOR_EVER, None
    if window == "hour":
        start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return start, start + timedelta(hours=1)
    zone = ZoneInfo(time_zone)
    first, following = _days(window, now.astimezone(zone).date())
    return _midnight(first, zone), _midnight(following, zone)


def cap_keys(
    owner_id: UUID, limits: Mapping[CapWindow, int], now: datetime, time_zone: str
) -> tuple[CounterKey, ...]:
    """Name the counters that a placement made `now` adds to, in lock order."""
    return tuple(
        sorted(
            CounterKey(owner_id, window, window_bounds(window, now, time_zone)[0])
            for window in limits
        )
    )


def open_key(agent_id: UUID) -> CounterKey:
    """Name the counter of an agent's open leads."""
    return CounterKey(agent_id, "open", FOR_EVER)


def caps(
    owner_id: UUID,
    limits: Mapping[CapWindow, int],
    counters: Mapping[CounterKey, Counter],
    now: datetime,
    time_zone: str,
) -> tuple[Cap, ...]:
    """Read a destination's caps off the counters, shortest window first."""
    states = []
    for window in get_args(CapWindow):
        if window not in limits:
            continue
        start, end = window_bounds(window, now, time_zone)
        counter = counters.get(CounterKey(owner_id, window, start))
        states.append(Cap(window, limits[window], counter.used if counter else 0, end))
    return tuple(states)


def _days(window: Literal["day", "week", "month"], today: date) -> tuple[date, date]:
    match window:
        case "day":
            return today, today + timedelta(days=1)
        case "week":
            monday = today - timedelta(days=today.weekday())
            return monday, monday + timedelta(days=7)
        case "month":
            first = today.replace(day=1)
            return first, (first + timedelta(days=31)).replace(day=1)
        case never:
            assert_never(never)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
