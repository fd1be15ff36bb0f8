"""Windows in which things are counted: a destination's caps, an agent's open leads."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, assert_never, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from leadflow.core.decision import Cap, CapUnit, CapWindow

WindowKind = (
    CapWindow
    | Literal["hour_spend", "day_spend", "week_spend", "month_spend", "total_spend"]
    | Literal["open"]
)

_SHORTEST_FIRST: tuple[CapWindow, ...] = get_args(CapWindow)
_SPENDS: Mapping[CapWindow, WindowKind] = {
    "hour": "hour_spend",
    "day": "day_spend",
    "week": "week_spend",
    "month": "month_spend",
    "total": "total_spend",
}

FOR_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of a window that never rolls over."""


class Limit(Struct, frozen=True):
    """One cap of a destination, as its owner set it."""

    window: CapWindow
    most: int
    unit: CapUnit = "leads"  # `money`: minor units of the destination's currency

    @property
    def kind(self) -> WindowKind:
        return self.window if self.unit == "leads" else _SPENDS[self.window]


class CounterKey(Struct, frozen=True, order=True):
    """Which counter: its owner, and the window it counts in. Sorted, it is the lock order."""

    owner_id: UUID
    window: WindowKind
    starts_at: datetime


class Counter(Struct, frozen=True):
    cap: int
    used: int
    last_used_at: datetime | None = None


@lru_cache(maxsize=1024)  # all leads of a group are decided at one time
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
    owner_id: UUID, limits: Iterable[Limit], now: datetime, time_zone: str
) -> dict[CounterKey, Limit]:
    """Name the counters that a placement made `now` adds to, in lock order, each with its limit."""
    keys = {
        CounterKey(owner_id, limit.kind, window_bounds(limit.window, now, time_zone)[0]): limit
        for limit in limits
    }
    return dict(sorted(keys.items()))


def open_key(agent_id: UUID) -> CounterKey:
    """Name the counter of an agent's open leads."""
    return CounterKey(agent_id, "open", FOR_EVER)


def caps(
    owner_id: UUID,
    limits: Iterable[Limit],
    counters: Mapping[CounterKey, Counter],
    now: datetime,
    time_zone: str,
) -> tuple[Cap, ...]:
    """Read a destination's caps off the counters, shortest window first."""
    states = []
    for limit in sorted(limits, key=lambda each: _SHORTEST_FIRST.index(each.window)):
        start, end = window_bounds(limit.window, now, time_zone)
        counter = counters.get(CounterKey(owner_id, limit.kind, start))
        used = counter.used if counter else 0
        states.append(Cap(limit.window, limit.most, used, end, limit.unit))
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
