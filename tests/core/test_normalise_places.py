"""Places go by one code each, and a leading zero survives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.normalise.countries import ALPHA2_BY_SPELLING
from leadflow.core.normalise.places import country, postal_code, state
from leadflow.core.normalise.wrong import Wrong


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("US", "US"),
        ("usa", "US"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("India", "IN"),
        ("UK", "GB"),
        ("Hong Kong", "HK"),
        ("côte d\u2019ivoire", "CI"),
        ("Trinidad and Tobago", "TT"),
        ("Türkiye", "TR"),
        ("turkey", "TR"),
    ],
)
def test_a_country_is_known_by_its_codes_and_names(sent, code):
    assert country(sent) == code


@pytest.mark.parametrize(
    "sent", ["unknown", "Asia/Pacific Region", "", "ZZ", 1, None, ["US"]], ids=repr
)
def test_what_is_no_country_is_refused(sent):
    assert isinstance(country(sent), Wrong)


def test_there_are_249_countries_and_each_code_stands_for_itself():
    codes = set(ALPHA2_BY_SPELLING.values())
    assert len(codes) == 249
    assert all(country(code) == code for code in codes)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("CA", "CA"),
        ("ca", "CA"),
        (" Ca ", "CA"),
        ("California", "CA"),
        ("new york", "NY"),
        ("N.Y.", "NY"),
        ("Washington", "WA"),
        ("Washington, D.C.", "DC"),
        ("Puerto Rico", "PR"),
        ("AE", "AE"),
    ],
)
@pytest.mark.parametrize("where", ["US", "PR", None])
def test_a_state_is_known_by_its_code_and_name(sent, code, where):
    assert state(sent, where) == code


@pytest.mark.parametrize("sent", ["ZZ", "C", "Ontario", "", 5, None, ["CA"]], ids=repr)
def test_what_is_no_state_is_refused(sent):
    assert isinstance(state(sent, None), Wrong)


@pytest.mark.parametrize(("sent", "kept"), [("on", "ON"), (" Maharashtra ", "Maharashtra")])
def test_outside_the_united_states_a_state_is_kept_as_sent(sent, kept):
    assert state(sent, "IN") == kept


@pytest.mark.parametrize("sent", ["\u200b", "x" * 101], ids=repr)
def test_outside_the_united_states_a_state_is_a_short_text_all_the_same(sent):
    assert isinstance(state(sent, "IN"), Wrong)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("12345", "12345"),
        (" 12345 ", "12345"),
        ("12345-6789", "12345-6789"),
        ("123456789", "12345-6789"),
        ("12345 6789", "12345-6789"),
        ("01234", "01234"),
        (12345, "12345"),
        (123456789, "12345-6789"),
    ],
    ids=repr,
)
def test_a_zip_is_five_digits_or_five_and_four(sent, kept):
    assert postal_code(sent, "US") == postal_code(sent, None) == kept


@pytest.mark.parametrize(
    ("sent", "kept"), [(1234, "01234"), (501, "00501"), (12345678, "01234-5678")]
)
def test_a_leading_zero_survives_in_a_zip(sent, kept):
    assert postal_code(sent, None) == kept


@pytest.mark.parametrize(
    "sent",
    ["1234", "123456", "ABCDE", "", "12345-", "١٢٣٤٥", -1, 10**9, 10**4000, 1234.0, True],
    ids=repr,
)
def test_what_is_no_zip_is_refused(sent):
    assert isinstance(postal_code(sent, None), Wrong)


@pytest.mark.parametrize(
    ("sent", "where", "kept"),
    [("k1a 0b1", "CA", "K1A 0B1"), ("SW1A 1AA", "GB", "SW1A 1AA"), (2000, "AU", "2000")],
)
def test_other_countries_have_other_codes(sent, where, kept):
    assert postal_code(sent, where) == kept


@pytest.mark.parametrize("sent", ["ABC", "", "x" * 20, "<b>1</b>", -5, None], ids=repr)
def test_nothing_else_is_a_postal_code(sent):
    assert isinstance(postal_code(sent, "GB"), Wrong)


@given(st.integers(0, 99999))
def test_a_zip_sent_as_a_number_is_the_zip_sent_as_text(number):
    assert postal_code(number, "US") == postal_code(f"{number:05d}", "US")


@given(st.text() | st.sampled_from(sorted(ALPHA2_BY_SPELLING)), st.sampled_from([None, "US", "IN"]))
def test_a_place_that_was_understood_is_understood_again(text, where):
    for read in (
        country,
        lambda value: state(value, where),
        lambda value: postal_code(value, where),
    ):
        found = read(text)
        assert isinstance(found, Wrong) or read(found) == found
