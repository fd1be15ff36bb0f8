"""Opening hours as people write them: `America/New_York Mon-Fri 09:00-17:00, Sat 10:00-14:00`."""

import re
from collections.abc import Iterable, Iterator
from datetime import time
from itertools import groupby
from typing import Final

from leadflow.core.normalise.wrong import Wrong
from leadflow.core.schedule import Opening, WeeklyHours

STRETCHES: Final = "days and times: Mon-Fri 09:00-17:00, Sat 10:00-14:00"
FORM: Final = "a time zone, days and times: Europe/Berlin Mon-Fri 09:00-17:00, Sat 10:00-14:00"

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY: Final = "|".join(_DAYS)
_TIME: Final = r"(\d{1,2}):(\d{2})"
_STRETCH: Final = re.compile(
    rf"({_DAY})(?: ?- ?({_DAY}))? {_TIME} ?- ?{_TIME}", re.ASCII | re.IGNORECASE
)
_BETWEEN: Final = re.compile("[,;]")


def read(text: str) -> WeeklyHours | Wrong:
    """Read hours; whether there is such a time zone, and such an order of times, is not asked here.

    `24:00` and `00:00` close at the day's end. A stretch of days may go over the week's end.
    """
    zone, _, stretches = " ".join(text.split()).partition(" ")
    openings = read_openings(stretches)
    return openings if isinstance(openings, Wrong) else WeeklyHours(zone, openings)


def read_openings(text: str) -> tuple[Opening, ...] | Wrong:
    """Read days and times alone: `Mon-Fri 09:00-17:00, Sat 10:00-14:00`."""
    openings: list[Opening] = []
    for stretch in _BETWEEN.split(" ".join(text.split())):
        found = _STRETCH.fullmatch(stretch.strip())
        if found is None:
            return Wrong("is not written as hours are")
        opens, closes = _time(*found.group(3, 4)), _time(*found.group(5, 6))
        if opens is None or closes is None:
            return Wrong("has a time that no clock shows")
        openings += (Opening(day, opens, closes) for day in _days(*found.group(1, 2)))
    return tuple(openings)


def write(hours: WeeklyHours) -> str:
    """Write hours down as `read` takes them, to the minute; neighbouring days share a stretch."""
    return f"{hours.time_zone} {write_openings(hours.openings)}"


def write_openings(openings: Iterable[Opening]) -> str:
    """Write days and times down as `read_openings` takes them."""
    times = sorted(openings, key=lambda each: (each.opens, each.closes, each.weekday))
    grouped = groupby(times, key=lambda each: (each.opens, each.closes))
    stretches = [
        (days, f"{opens:%H:%M}-{closes:%H:%M}")
        for (opens, closes), alike in grouped
        for days in _neighbours(each.weekday for each in alike)
    ]
    return ", ".join(f"{_named(*days)} {at}" for days, at in sorted(stretches))


def _time(hour: str, minute: str) -> time | None:
    if (hour, minute) == ("24", "00"):
        return time.min
    return time(int(hour), int(minute)) if int(hour) < 24 and int(minute) < 60 else None


def _days(first: str, last: str | None) -> Iterator[int]:
    start = _DAYS.index(first.capitalize())
    end = start if last is None else _DAYS.index(last.capitalize())
    return ((start + offset) % 7 for offset in range((end - start) % 7 + 1))


def _neighbours(days: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Join days that follow each other: 0, 1, 2, 4 are (0, 2) and (4, 4)."""
    for _, run in groupby(enumerate(sorted(set(days))), key=lambda pair: pair[1] - pair[0]):
        joined = [day for _, day in run]
        yield joined[0], joined[-1]


def _named(first: int, last: int) -> str:
    return _DAYS[first] if first == last else f"{_DAYS[first]}-{_DAYS[last]}"
