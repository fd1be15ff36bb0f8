"""A telephone number is E.164 when a numbering plan knows it, else the digits as they were sent."""

import csv
import gzip
import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.phonemetadata import PhoneMetadata

from leadflow.core.normalise.phone import Phone, phone
from leadflow.core.normalise.wrong import Wrong
from tests.core.submissions import shared, understood

FORMS = ("{}{}{}", "({}) {}-{}", "+1 {}-{}-{}", "1.{}.{}.{}", "{}-{}-{}", " +1{}{}{} ")


@pytest.mark.parametrize(
    "sent",
    ["(415) 555-2671", "415.555.2671", "+1 415 555 2671", "1-415-555-2671", "4155552671"],
)
def test_one_number_has_one_form(sent):
    assert phone(sent, "US") == Phone("+14155552671", verified=True)


@pytest.mark.parametrize(
    ("sent", "region", "e164"),
    [
        (4155552671, "US", "+14155552671"),
        ("020 8765 4321", "GB", "+442087654321"),
        ("+44 20 8765 4321", "US", "+442087654321"),
        ("+1 415 555 2671", "GB", "+14155552671"),
        ("011 44 20 8765 4321", "US", "+442087654321"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("876 606 0123", "JM", "+18766060123"),
        ("044'668'18'00", "CH", "+41446681800"),
    ],
)
def test_a_number_is_dialled_from_its_region(sent, region, e164):
    assert phone(sent, region) == Phone(e164, verified=True)


def test_ten_digits_mean_something_else_in_another_country():
    assert phone("4155552671", "ZZ") == Phone("4155552671", verified=False)
    assert phone("4155552671", "GB") == Phone("4155552671", verified=False)


@pytest.mark.parametrize(
    ("sent", "digits"),
    [
        ("1234567890", "1234567890"),
        ("123-456-7890", "123-456-7890".replace("-", "")),
        ("+1 234 567", "+1234567"),
        ("555-0100", "5550100"),
        ("١٢٣٤٥٦٧٨٩٠", "1234567890"),
        ("8766069999", "8766069999"),
    ],
)
def test_a_number_no_plan_knows_is_kept_unverified_as_sent(sent, digits):
    assert phone(sent, "US") == Phone(digits, verified=False)


@pytest.mark.parametrize(
    "sent", ["415-555-2671 x123", "415-555-2671 ext. 123", "415-555-2671#123", "4155552671;ext=123"]
)
def test_an_extension_is_kept_apart(sent):
    assert phone(sent, "US") == Phone("+14155552671", verified=True, extension="123")


@pytest.mark.parametrize("sent", ["1234567890 x42", "123 456 7890 Ext: 42", "1234567890, ext ٤٢"])
def test_an_unverified_number_has_its_extension_kept_apart_as_well(sent):
    assert phone(sent, "US") == Phone("1234567890", verified=False, extension="42")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("call me", "has no digits"),
        ("", "has no digits"),
        ("12345", "has 5 digits"),
        ("1" * 16, "has 16 digits"),
        ("1" * 61, "is 61 characters long; a number has at most 60"),
        (4155552671.0, "is a number, not text"),
        (2**70, "is a number, not text"),
        (True, "is true or false, not text"),
        (["4155552671"], "is a list, not text"),
    ],
)
def test_what_cannot_be_dialled_is_refused_without_repeating_it(sent, reason):
    assert phone(sent, "US") == Wrong(reason)


@given(
    st.from_regex(r"[2-9]\d\d", fullmatch=True) | st.sampled_from(["246", "876", "415", "204"]),
    st.from_regex(r"[2-9]\d\d", fullmatch=True) | st.sampled_from(["521", "606", "555"]),
    st.from_regex(r"\d{4}", fullmatch=True),
    st.sampled_from(FORMS),
    st.sampled_from(["US", "CA", "BB", "GB"]),
)
def test_the_short_way_agrees_with_the_library(area, exchange, line, form, region):
    text = form.format(area, exchange, line)
    parsed = phonenumbers.parse(text, region)
    found = understood(phone(text, region))
    assert found.verified == phonenumbers.is_valid_number(parsed)
    if found.verified:
        e164 = phonenumbers.PhoneNumberFormat.E164
        assert found.number == phonenumbers.format_number(parsed, e164)


@pytest.mark.parametrize("region", ["US", "CA"])
def test_the_plans_of_the_short_way_never_look_at_the_last_four_digits(region):
    metadata = PhoneMetadata.metadata_for_region(region)
    kinds = [
        *("general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
        *("personal_number", "voip", "pager", "uan", "voicemail"),
    ]
    patterns = [
        desc.national_number_pattern
        for desc in (getattr(metadata, kind) for kind in kinds)
        if desc is not None and desc.national_number_pattern
    ]
    assert patterns
    for pattern in patterns:
        for ending in endings(pattern):
            assert re.search(r"\\d\{([4-9])\}$", ending), pattern


def endings(pattern):
    """Split a pattern at the bars outside all parentheses."""
    depth, start = 0, 0
    for place, char in enumerate(pattern):
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            yield pattern[start:place]
            start = place + 1
    yield pattern[start:]


@given(st.text() | st.from_regex(r"\+?[\d() x.-]{5,20}", fullmatch=True))
def test_a_number_that_was_verified_is_the_same_number_again(text):
    found = phone(text, "US")
    if isinstance(found, Phone) and found.verified:
        assert phone(found.number, "ZZ") == Phone(found.number, verified=True)


@given(st.from_regex(r"\+?\d{7,15}", fullmatch=True))
def test_plain_digits_stay_the_digits_they_are(digits):
    found = understood(phone(digits, "ZZ"))
    if not found.verified:
        assert phone(found.number, "ZZ") == found


def test_numbers_agree_with_the_published_cases():
    with gzip.open(shared("contact/phones.csv.gz"), "rt", newline="", encoding="utf-8") as file:
        cases = list(csv.DictReader(file))
    for case in cases:
        found = phone(case["raw"], case["default_region"] or "ZZ")
        if case["is_valid"] == "True":
            extension = case["extension"] or None
            assert found == Phone(case["e164"], verified=True, extension=extension), case
        else:
            assert isinstance(found, Wrong) or not found.verified, case
