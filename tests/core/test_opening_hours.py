"""Opening hours in words."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.normalise.wrong import Wrong
from leadflow.core.opening_hours import read, read_openings, write, write_openings
from leadflow.core.schedule import Opening, WeeklyHours

NINE, FIVE, TEN, TWO = time(9), time(17), time(10), time(14)


@pytest.mark.parametrize(
    ("text", "openings"),
    [
        ("UTC Mon 09:00-17:00", [(0, NINE, FIVE)]),
        ("UTC  mon-TUE 9:00 - 17:00", [(0, NINE, FIVE), (1, NINE, FIVE)]),
        ("UTC Mon 09:00-17:00, Sat 10:00-14:00", [(0, NINE, FIVE), (5, TEN, TWO)]),
        ("UTC Mon 09:00-17:00; Sat 10:00-14:00", [(0, NINE, FIVE), (5, TEN, TWO)]),
        ("UTC Sun-Mon 09:00-17:00", [(6, NINE, FIVE), (0, NINE, FIVE)]),
        ("UTC Sun 09:00-24:00", [(6, NINE, time.min)]),
    ],
)
def test_days_and_times_are_read(text, openings):
    assert read(text) == WeeklyHours("UTC", tuple(Opening(*each) for each in openings))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not written as hours are"),
        ("Europe/Berlin", "is not written as hours are"),
        ("Mon-Fri 09:00-17:00", "is not written as hours are"),
        ("UTC Mon-Fri 9-17", "is not written as hours are"),
        ("UTC Mon 09:00-17:00,", "is not written as hours are"),
        ("UTC Someday 09:00-17:00", "is not written as hours are"),
        ("UTC Mon 09:00-25:00", "has a time that no clock shows"),
        ("UTC Mon 09:60-10:00", "has a time that no clock shows"),
    ],
)
def test_anything_else_is_said_to_be_wrong(text, reason):
    assert read(text) == Wrong(reason)


def test_neighbouring_days_share_a_stretch():
    text = "America/New_York Mon-Wed 09:00-17:00, Fri 09:00-17:00, Sat 10:00-14:00"
    hours = read(text)
    assert isinstance(hours, WeeklyHours)
    assert write(hours) == text


clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))
openings = st.builds(Opening, st.integers(0, 6), clocks, clocks)


@given(st.sets(openings, min_size=1, max_size=12))
def test_what_is_written_is_read_as_it_was(found):
    hours = WeeklyHours("Europe/Berlin", tuple(sorted(found)))
    again = read(write(hours))
    assert isinstance(again, WeeklyHours)
    assert WeeklyHours(again.time_zone, tuple(sorted(again.openings))) == hours


def test_days_and_times_are_read_and_written_without_a_place():
    openings = read_openings("Mon-Fri 09:00-17:00")
    assert not isinstance(openings, Wrong)
    assert write_openings(openings) == "Mon-Fri 09:00-17:00"
    assert isinstance(read_openings("UTC Mon 09:00-17:00"), Wrong)
