"""Free answers are read for what they say, and not for more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core import answers
from leadflow.core.amounts import count, dollars


@pytest.mark.parametrize(
    ("answer", "days"),
    [
        ("ASAP", 0),
        ("Immediately", 0),
        ("as soon as possible", 0),
        ("tomorrow", 1),
        ("This week", 7),
        ("within 30 days", 30),
        ("0-30 days", 30),
        ("1-3 months", 90),
        ("1 \N{EN DASH} 3 months", 90),
        ("2 to 4 weeks", 28),
        ("two weeks", 14),
        ("in a couple of weeks", 14),
        ("within 1 yr", 365),
        ("next month", 60),
        ("3+ months", 91),
        ("6 months or more", 181),
        ("over 6 months", 181),
        ("> 12 months", 361),
        ("just looking", 365),
        ("not right now", 365),
        ("No rush", 365),
    ],
)
def test_a_time_to_buy_is_its_latest_day(answer, days):
    assert answers.days_until(answer) == days


@pytest.mark.parametrize("answer", ["", "I know", "maybe", "30", "Q3", "a mother", "12345 days"])
def test_words_that_say_nothing_about_time_are_not_read(answer):
    assert answers.days_until(answer) is None


@pytest.mark.parametrize(
    ("band", "lower_end"),
    [
        ("51-200", 51),
        ("51\N{EN DASH}200", 51),
        ("1,001 - 5,000 employees", 1001),
        ("10,000+", 10_000),
        ("$1M-$5M", 1_000_000),
        ("1-5M", 1_000_000),
        ("500k - 1m", 500_000),
        ("$1.5 billion", 1_500_000_000),
        ("<10", 0),
        ("Under $500K", 0),
        ("over 500", 500),
    ],
)
def test_a_band_is_read_by_its_lower_end(band, lower_end):
    assert answers.at_least(band) == lower_end


@pytest.mark.parametrize("band", ["", "self-employed", "many", "enterprise"])
def test_a_band_without_a_number_is_not_read(band):
    assert answers.at_least(band) is None


@pytest.mark.parametrize(
    ("answer", "degree"),
    [
        ("Very high", 0.9),
        ("hot", 0.9),
        ("medium", 0.5),
        ("Interested", 0.5),
        ("low", 0.1),
        ("not very high", 0.1),
        ("just browsing", 0.1),
        ("8/10", 0.8),
        ("4 out of 5", 0.8),
        ("60 %", 0.6),
    ],
)
def test_interest_is_a_degree(answer, degree):
    assert answers.interest(answer) == degree


@pytest.mark.parametrize("answer", ["", "7", "shot", "11/10", "0/0"])
def test_interest_on_no_known_scale_is_not_read(answer):
    assert answers.interest(answer) is None


@given(st.text(max_size=120))
def test_any_text_is_read_or_not_but_never_refused(text):
    assert (answers.days_until(text) or 0) >= 0
    assert (answers.at_least(text) or 0) >= 0
    assert 0 <= (answers.interest(text) or 0) <= 1


def test_an_exact_number_comes_before_its_band():
    assert count({"employees": 70, "employeesBand": "201-500"}, "employees") == 70
    assert count({"employeesBand": "201-500"}, "employees") == 201
    assert count({"employees": True}, "employees") is None


def test_money_is_read_in_dollars():
    assert dollars({"revenue": 150_000}, "revenue") == 1500
    assert dollars({"revenueBand": "$1M-$5M", "currency": "USD"}, "revenue") == 1_000_000


def test_money_of_another_currency_is_not_known_in_dollars():
    assert dollars({"revenue": 150_000, "currency": "JPY"}, "revenue") is None
