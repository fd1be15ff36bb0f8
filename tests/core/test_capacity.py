"""Counting windows: where they begin and end, and what stands in them."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.capacity import (
    FOR_EVER,
    Counter,
    CounterKey,
    Limit,
    cap_keys,
    caps,
    open_key,
    window_bounds,
)
from leadflow.core.decision import Cap, CapWindow
from tests.core.builders import NOW, uid

WINDOWS = get_args(CapWindow)
# Half an hour off, clocks that skip midnight (Santiago, Beirut), one that changes by half an hour.
ZONES = (
    *("UTC", "America/Denver", "Europe/Berlin", "Asia/Kolkata"),
    *("America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"),
)
moments = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001  # naive bounds are what Hypothesis wants
    datetime(2035, 1, 1),  # noqa: DTZ001  # same
    timezones=st.just(UTC),
)


def utc(year, month, day, hour=0):
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("hour", utc(2026, 3, 4, 17), utc(2026, 3, 4, 18)),
        ("day", utc(2026, 3, 4, 7), utc(2026, 3, 5, 7)),
        ("week", utc(2026, 3, 2, 7), utc(2026, 3, 9, 6)),  # clocks go forward on the 8th
        ("month", utc(2026, 3, 1, 7), utc(2026, 4, 1, 6)),
        ("total", FOR_EVER, None),
    ],
)
def test_a_window_begins_and_ends_by_the_clocks_of_its_place(window, start, end):
    assert window_bounds(window, NOW, "America/Denver") == (start, end)


@pytest.mark.parametrize(
    ("window", "now", "start", "end"),
    [
        # The last evening of the year in Denver is the new year's morning in UTC.
        ("day", utc(2027, 1, 1, 5), utc(2026, 12, 31, 7), utc(2027, 1, 1, 7)),
        ("month", utc(2027, 1, 1, 5), utc(2026, 12, 1, 7), utc(2027, 1, 1, 7)),
        ("month", utc(2028, 2, 29, 12), utc(2028, 2, 1, 7), utc(2028, 3, 1, 7)),
        ("week", utc(2026, 3, 9, 6), utc(2026, 3, 9, 6), utc(2026, 3, 16, 6)),
        ("day", utc(2026, 3, 8, 12), utc(2026, 3, 8, 7), utc(2026, 3, 9, 6)),  # of 23 hours
        ("day", utc(2026, 11, 1, 12), utc(2026, 11, 1, 6), utc(2026, 11, 2, 7)),  # of 25
    ],
)
def test_a_window_follows_the_calendar(window, now, start, end):
    assert window_bounds(window, now, "America/Denver") == (start, end)


def test_a_day_begins_at_one_where_clocks_skip_midnight():
    start, _ = window_bounds("day", utc(2026, 9, 6, 12), "America/Santiago")
    assert start.astimezone(ZoneInfo("America/Santiago")).hour == 1


@given(st.sampled_from(WINDOWS), moments, st.sampled_from(ZONES))
def test_every_instant_lies_in_its_window(window, now, zone):
    start, end = window_bounds(window, now, zone)
    assert start <= now
    assert end is None or now < end


@given(st.sampled_from(["hour", "day", "week", "month"]), moments, st.sampled_from(ZONES))
def test_where_a_window_ends_the_next_one_begins(window, now, zone):
    start, end = window_bounds(window, now, zone)
    assert end is not None
    assert window_bounds(window, start, zone) == (start, end)
    assert window_bounds(window, end - timedelta(microseconds=1), zone) == (start, end)
    assert window_bounds(window, end, zone)[0] == end


def test_counters_come_in_lock_order():
    limits = [Limit("total", 9), Limit("day", 300, "money"), Limit("day", 3), Limit("hour", 1)]
    keys = cap_keys(uid(1), limits, NOW, "UTC")
    assert list(keys.items()) == [
        (CounterKey(uid(1), "day", utc(2026, 3, 4)), Limit("day", 3)),
        (CounterKey(uid(1), "day_spend", utc(2026, 3, 4)), Limit("day", 300, "money")),
        (CounterKey(uid(1), "hour", NOW), Limit("hour", 1)),
        (CounterKey(uid(1), "total", FOR_EVER), Limit("total", 9)),
    ]
    assert list(keys) == sorted(keys)


def test_an_agent_s_open_leads_are_counted_for_ever():
    assert open_key(uid(5)) == CounterKey(uid(5), "open", FOR_EVER)


def test_caps_are_read_off_the_counters_shortest_window_first():
    limits = [Limit("total", 100), Limit("hour", 2), Limit("total", 9000, "money")]
    counters = {
        CounterKey(uid(1), "total_spend", FOR_EVER): Counter(cap=9000, used=2500),
        CounterKey(uid(1), "hour", NOW): Counter(cap=2, used=1),
        CounterKey(uid(1), "total", FOR_EVER): Counter(cap=100, used=40),
    }
    assert caps(uid(1), limits, counters, NOW, "UTC") == (
        Cap("hour", 2, 1, NOW + timedelta(hours=1)),
        Cap("total", 100, 40, None),
        Cap("total", 9000, 2500, None, "money"),
    )


def test_a_window_nobody_has_counted_in_is_empty():
    yesterday = {CounterKey(uid(1), "day", utc(2026, 3, 3)): Counter(cap=3, used=3)}
    assert caps(uid(1), [Limit("day", 3)], yesterday, NOW, "UTC") == (
        Cap("day", 3, 0, utc(2026, 3, 5)),
    )


def test_the_limit_in_force_is_the_set_up_one_and_not_the_counter_s():
    counters = {CounterKey(uid(1), "total", FOR_EVER): Counter(cap=10, used=7)}
    assert caps(uid(1), [Limit("total", 5)], counters, NOW, "UTC") == (Cap("total", 5, 7, None),)


def test_a_destination_without_limits_has_no_caps():
    assert caps(uid(1), [], {}, NOW, "UTC") == ()
