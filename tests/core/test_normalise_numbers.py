"""Numbers, truth values and money are what was meant, or refused: never cut, never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.normalise.money import currency, minor_units, money
from leadflow.core.normalise.numbers import boolean, decimal, integer, number
from leadflow.core.normalise.wrong import Wrong
from tests.core.submissions import understood

ANY_NUMBER = st.integers() | st.floats() | st.text()


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (2020, 2020),
        (2020.0, 2020),
        ("2020", 2020),
        (" 2020 ", 2020),
        ("2020.0", 2020),
        ("1,200", 1200),
        ("1,234,567", 1234567),
        ("-5", -5),
        ("+5", 5),
        (-0.0, 0),
    ],
    ids=repr,
)
def test_a_whole_number_may_be_written_in_many_ways(sent, meant):
    assert integer(sent) == meant


@pytest.mark.parametrize(
    "sent",
    [
        *(12.5, "12.5", "twelve", "", "1,20", "1,2000", "12 000", "1e3", "0x10", "٣", "1" * 30),
        *(True, None, [1], {"a": 1}),
        *(2**63, 10**4000, 1e300, float("nan"), float("inf"), 2.0**60),
    ],
    ids=repr,
)
def test_what_is_no_whole_number_is_refused(sent):
    assert isinstance(integer(sent), Wrong)


def test_a_fraction_is_a_number_though_not_a_whole_one():
    assert number("2.5") == number(2.5) == 2.5
    assert integer("2.5") == Wrong("is not a whole number")


def test_thousands_separators_leave_no_trace():
    assert decimal("-1,234.50") == "-1234.50"
    assert decimal("about 5") is None


@pytest.mark.parametrize("sent", [True, "true", "Yes", "Y", "1", 1, 1.0, " TRUE "], ids=repr)
def test_yes_has_many_spellings(sent):
    assert boolean(sent) is True


@pytest.mark.parametrize("sent", [False, "false", "No", "n", "0", 0, 0.0], ids=repr)
def test_no_has_many_spellings(sent):
    assert boolean(sent) is False


@pytest.mark.parametrize("sent", ["maybe", "", 2, -1, float("nan"), None, [], {}], ids=repr)
def test_nothing_else_is_a_truth_value(sent):
    assert isinstance(boolean(sent), Wrong)


@pytest.mark.parametrize(
    ("sent", "cents"),
    [
        (1250, 125000),
        (1250.5, 125050),
        (0.1 + 0.2, 30),
        (1e6, 100_000_000),
        ("1250.50", 125050),
        ("$1,250.50", 125050),
        ("$ 1,250", 125000),
        ("USD 1250", 125000),
        ("usd$1250", 125000),
        ("1250 USD", 125000),
        ("1250.505", 125051),
        ("-3", -300),
        (0, 0),
    ],
    ids=repr,
)
def test_money_is_kept_in_minor_units(sent, cents):
    assert money(sent, "USD") == cents


@pytest.mark.parametrize(
    ("sent", "code", "units"),
    [("¥1500", "JPY", 1500), ("1.234", "KWD", 1234), ("€5.5", "EUR", 550), ("$5", "CAD", 500)],
)
def test_a_currency_has_its_own_minor_unit(sent, code, units):
    assert money(sent, code) == units


@pytest.mark.parametrize(
    "sent",
    [
        *("€500", "500 EUR", "£5", "1.250,50", "5k", "a lot", "", "$", "1" * 40, "1e9"),
        *(True, None, [5], {"amount": 5}, float("nan"), float("inf"), 2**70),
    ],
    ids=repr,
)
def test_what_may_be_another_amount_is_refused(sent):
    assert isinstance(money(sent, "USD"), Wrong)


def test_a_whole_amount_converts_by_the_currency():
    assert minor_units(12, "USD") == 1200
    assert minor_units(12, "JPY") == 12


@pytest.mark.parametrize(("sent", "code"), [("usd", "USD"), (" EUR ", "EUR")])
def test_a_currency_is_three_letters(sent, code):
    assert currency(sent) == code


@pytest.mark.parametrize("sent", ["dollars", "$", "", "U$D", 5, None], ids=repr)
def test_other_things_are_no_currency(sent):
    assert isinstance(currency(sent), Wrong)


@given(st.integers(-(10**12), 10**12), st.sampled_from(["{}", "{:,}", "${}", "{} USD"]))
def test_every_whole_amount_is_exact(amount, form):
    assert money(form.format(amount), "USD") == amount * 100 or (amount < 0 and form == "${}")


@given(st.decimals(0, 10**9, places=2))
def test_no_cent_is_lost(amount):
    assert understood(money(str(amount), "USD")) == amount * 100
    assert understood(money(float(amount), "USD")) == amount * 100


@given(ANY_NUMBER)
def test_a_number_that_was_understood_is_understood_again(value):
    for read in (integer, number, boolean):
        once = read(value)
        assert isinstance(once, Wrong) or read(once) == once
