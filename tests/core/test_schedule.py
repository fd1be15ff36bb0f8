"""When a place is open, by its own clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadflow.core.schedule import (
    Leave,
    Opening,
    WeeklyHours,
    is_open,
    leave_at,
    midnight_after,
    next_opening,
    next_presence,
)
from tests.core.builders import NOW

DENVER = "America/Denver"
MONDAY, TUESDAY, SUNDAY = 0, 1, 6


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(*openings, zone=DENVER):
    return WeeklyHours(
        zone,
        tuple(
            Opening(day, time.fromisoformat(opens), time.fromisoformat(closes))
            for day, opens, closes in openings
        ),
    )


OFFICE = hours(*((day, "09:00", "17:00") for day in range(5)))
ALWAYS = hours(*((day, "00:00", "00:00") for day in range(7)))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-05T15:59:59", False),
        ("2026-01-05T16:00:00", True),  # 09:00 in winter
        ("2026-01-05T23:59:59", True),
        ("2026-01-06T00:00:00", False),
        ("2026-07-06T15:00:00", True),  # 09:00 in summer
        ("2026-01-10T18:00:00", False),  # a Saturday
    ],
)
def test_a_place_is_open_from_its_first_minute_until_before_it_closes(now, expected):
    assert is_open(OFFICE, at(now)) is expected


def test_midnight_as_closing_time_is_the_end_of_the_day():
    late = hours((MONDAY, "18:00", "00:00"))
    assert is_open(late, at("2026-01-06T06:59:59"))
    assert not is_open(late, at("2026-01-06T07:00:00"))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-01-05T12:00:00", "2026-01-05T16:00:00"),  # this morning
        ("2026-01-05T16:00:00", "2026-01-06T16:00:00"),  # it has just begun: tomorrow's
        ("2026-01-10T12:00:00", "2026-01-12T16:00:00"),  # after the weekend
        ("2026-03-06T23:30:00", "2026-03-07T16:00:00"),  # the last in winter time
    ],
)
def test_the_next_opening_is_the_first_that_begins_later(now, opens):
    daily = hours(*((day, "09:00", "17:00") for day in (0, 1, 2, 3, 4, 5)))
    week = OFFICE if at(now).month == 1 else daily
    assert next_opening(week, at(now)) == at(opens)


def test_an_opening_once_a_week_comes_again_in_a_week():
    assert next_opening(hours((MONDAY, "09:00", "17:00")), at("2026-01-05T16:00:00")) == at(
        "2026-01-12T16:00:00"
    )


def test_what_never_opens_has_no_next_opening():
    assert next_opening(hours(), at("2026-01-05T00:00:00")) is None
    assert next_opening(hours((MONDAY, "17:00", "09:00")), at("2026-01-05T00:00:00")) is None


# In Denver, clocks skip from 02:00 to 03:00 on Sunday 8 March 2026 (09:00 UTC), and go back from
# 02:00 to 01:00 on Sunday 1 November 2026 (08:00 UTC).


@pytest.mark.parametrize(
    ("opens", "closes", "begins"),
    [
        ("01:30", "05:00", "2026-03-08T08:30:00"),
        ("02:00", "05:00", "2026-03-08T09:00:00"),  # 03:00: the first minute there is
        ("02:30", "05:00", "2026-03-08T09:00:00"),
        ("03:00", "05:00", "2026-03-08T09:00:00"),
        ("02:15", "02:45", "2026-03-15T08:15:00"),  # it falls out, and comes next week
        ("09:00", "17:00", "2026-03-08T15:00:00"),
    ],
)
def test_in_spring_an_opening_inside_the_skipped_hour_begins_after_it(opens, closes, begins):
    sunday = hours((SUNDAY, opens, closes))
    assert next_opening(sunday, at("2026-03-08T07:00:00")) == at(begins)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-01T06:00:00", "2026-11-01T07:30:00"),  # 01:30, the first time
        ("2026-11-01T07:50:00", "2026-11-01T08:30:00"),  # 01:30, the second time
        ("2026-11-01T08:50:00", "2026-11-08T08:30:00"),
    ],
)
def test_in_autumn_an_opening_inside_the_repeated_hour_begins_twice(now, begins):
    sunday = hours((SUNDAY, "01:30", "01:45"))
    assert next_opening(sunday, at(now)) == at(begins)


def test_in_autumn_a_day_of_office_hours_is_as_long_as_ever():
    sunday = hours((SUNDAY, "09:00", "17:00"))
    assert next_opening(sunday, at("2026-11-01T06:00:00")) == at("2026-11-01T16:00:00")
    assert is_open(sunday, at("2026-11-01T23:59:59"))
    assert not is_open(sunday, at("2026-11-02T00:00:00"))


def test_a_day_that_a_zone_left_out_has_no_openings():
    # Samoa went from Thursday 29 to Saturday 31 December 2011.
    friday = hours((4, "09:00", "17:00"), zone="Pacific/Apia")
    assert next_opening(friday, at("2011-12-29T12:00:00")) == at("2012-01-05T19:00:00")


def test_clocks_that_go_back_over_midnight_repeat_the_end_of_yesterday():
    # Newfoundland went back from 00:01 on Sunday to 23:01 on Saturday, 2010-11-07 at 02:31 UTC.
    saturday = hours((5, "23:30", "00:00"), zone="America/St_Johns")
    assert next_opening(saturday, at("2010-11-07T02:30:30")) == at("2010-11-07T03:00:00")


@pytest.mark.parametrize(
    ("now", "zone", "days", "begins"),
    [
        ("2026-01-05T12:00:00", DENVER, 1, "2026-01-06T07:00:00"),
        ("2026-01-06T06:59:59", DENVER, 1, "2026-01-06T07:00:00"),
        ("2026-01-06T07:00:00", DENVER, 1, "2026-01-07T07:00:00"),
        ("2026-01-05T12:00:00", DENVER, 7, "2026-01-12T07:00:00"),
        ("2026-03-08T12:00:00", DENVER, 1, "2026-03-09T06:00:00"),  # a day of 23 hours
        ("2026-11-01T12:00:00", DENVER, 1, "2026-11-02T07:00:00"),  # a day of 25 hours
        ("2026-03-28T12:00:00", "Asia/Beirut", 1, "2026-03-28T22:00:00"),  # midnight is skipped
        ("2011-12-29T12:00:00", "Pacific/Apia", 1, "2011-12-30T10:00:00"),  # the day is skipped
    ],
)
def test_a_day_begins_at_its_local_midnight(now, zone, days, begins):
    assert midnight_after(at(now), zone, days=days) == at(begins)


zones = st.sampled_from(
    [DENVER, "UTC", "Asia/Kathmandu", "Asia/Beirut", "Australia/Lord_Howe", "America/Havana"]
)
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
weeks = st.builds(
    WeeklyHours,
    zones,
    st.lists(st.builds(Opening, st.integers(0, 6), times, times), max_size=4).map(tuple),
)
moments = st.datetimes(
    datetime(2025, 12, 1),  # noqa: DTZ001 - Hypothesis wants it so
    datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(weeks, moments)
def test_a_place_is_open_at_its_next_opening(week, now):
    opening = next_opening(week, now)
    if opening is not None:
        assert opening > now
        assert is_open(week, opening)


@given(weeks, moments, st.floats(0, 0.999))
def test_a_closed_place_stays_closed_until_its_next_opening(week, now, share):
    assume(not is_open(week, now))
    opening = next_opening(week, now) or now + timedelta(days=15)
    between = now + (opening - now) * share
    repeated = between.astimezone(ZoneInfo(week.time_zone)).fold
    assert repeated or not is_open(week, between)


@given(zones, moments, st.integers(1, 40))
def test_the_moment_before_a_day_begins_belongs_to_an_earlier_day(zone, now, days):
    begins = midnight_after(now, zone, days=days)
    day = begins.astimezone(ZoneInfo(zone)).date()
    assert day == now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    assert (begins - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() < day


def test_everything_is_open_always_when_it_says_so():
    assert all(is_open(ALWAYS, at("2026-03-07T00:00:00") + timedelta(hours=n)) for n in range(72))
    assert date(2026, 3, 8).weekday() == SUNDAY


DAY = timedelta(days=1)


def test_the_longest_of_several_times_away_counts():
    short, long = Leave(NOW - DAY, NOW + DAY), Leave(NOW - DAY, NOW + 2 * DAY)
    assert leave_at((short, long), NOW) == long
    assert leave_at((short, long), NOW + 2 * DAY) is None


@pytest.mark.parametrize(
    ("hours", "leave", "back"),
    [
        (None, (), NOW),
        (None, (Leave(NOW, NOW + DAY), Leave(NOW + DAY, NOW + 2 * DAY)), NOW + 2 * DAY),
        (WeeklyHours("UTC", ()), (Leave(NOW, NOW + DAY),), None),
        (WeeklyHours("UTC", (Opening(3, time(9), time(17)),)), (), NOW.replace(day=5, hour=9)),
        (
            WeeklyHours("UTC", (Opening(3, time(9), time(17)),)),
            (Leave(NOW.replace(day=5, hour=8), NOW.replace(day=6)),),
            NOW.replace(day=12, hour=9),
        ),
    ],
)
def test_who_is_away_is_back_when_no_leave_and_no_closing_hour_keeps_them(hours, leave, back):
    assert next_presence(hours, leave, NOW) == back
