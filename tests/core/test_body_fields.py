"""Checks of configuration that types cannot make."""

from datetime import UTC, datetime, time

import pytest

from leadflow.core.body_fields import (
    check_hours,
    check_leave,
    check_time_zone,
    check_url,
    check_verticals,
    is_slug,
    refuse,
)
from leadflow.core.schedule import Leave, Opening, WeeklyHours
from leadflow.errors import InputError, Problem


@pytest.mark.parametrize(
    ("text", "fits"), [("acme-2", True), ("2", True), ("", False), ("-a", False), ("Acme", False)]
)
def test_a_slug_is_small_letters_digits_and_hyphens(text, fits):
    assert is_slug(text) is fits


def test_problems_are_refused_together_and_none_is_no_problem():
    refuse([])
    two = (Problem("a", "b", "c"), Problem("d", "e", "f"))
    with pytest.raises(InputError) as caught:
        refuse(iter(two))
    assert caught.value.problems == two


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "a\0"])
def test_a_time_zone_must_exist(name):
    assert [each.field for each in check_time_zone(name, "zone")] == ["zone"]
    assert not [*check_time_zone("Europe/Berlin", "zone")]


@pytest.mark.parametrize(
    ("opening", "field"),
    [
        (Opening(7, time(9), time(17)), "hours.openings[0].weekday"),
        (Opening(0, time(17), time(9)), "hours.openings[0].closes"),
        (Opening(0, time(9), time(9)), "hours.openings[0].closes"),
        (Opening(0, time(9, tzinfo=UTC), time(17, tzinfo=UTC)), "hours.openings[0]"),
    ],
)
def test_hours_say_which_opening_is_wrong(opening, field):
    assert [each.field for each in check_hours(WeeklyHours("UTC", (opening,)))] == [field]


def test_hours_may_be_absent_and_may_end_at_midnight():
    assert not [*check_hours(None)]
    assert not [*check_hours(WeeklyHours("UTC", (Opening(6, time(9), time.min),)))]


def test_a_vertical_must_be_one():
    assert [each.field for each in check_verticals(("auto", "boat"), "on")] == ["on[1]"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://a.example", "is no address that a lead can be sent to"),
        ("https://", "is no address that a lead can be sent to"),
        ("https://a b.example", "is no address that a lead can be sent to"),
        ("https://a.example:x", "is no address"),
        ("https://[::1", "is no address"),
        ("https://me:pw@a.example", "has a user in it"),
        ("https://a.example/#x", "has a fragment"),
        ("http://127.0.0.1/in", "is on this machine or in a private network"),
        ("http://localhost/in", "is on this machine or in a private network"),
        ("http://crm.internal/in", "is on this machine or in a private network"),
        ("http://[fd00::1]/in", "is on this machine or in a private network"),
    ],
)
def test_an_address_that_no_lead_goes_to_is_refused(url, reason):
    assert [each.reason for each in check_url(url, "url", private=False)] == [reason]


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://leads.example.com:8443/in?a=1", False),
        ("http://1.1.1.1", False),
        ("http://127.0.0.1", True),
    ],
)
def test_other_addresses_will_do(url, private):
    assert not [*check_url(url, "url", private=private)]


MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("leave", "fields"),
    [
        (Leave(MAY, JUNE), []),
        (Leave(JUNE, JUNE), ["leave[0].ends_at"]),
        (Leave(MAY.replace(tzinfo=None), JUNE), ["leave[0]"]),
        (Leave(MAY, JUNE.replace(tzinfo=None)), ["leave[0]"]),
    ],
)
def test_a_time_away_has_an_end_after_its_beginning(leave, fields):
    assert [each.field for each in check_leave((leave,))] == fields
