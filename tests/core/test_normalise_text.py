"""Text is stored as people wrote it, less what no store or screen can hold."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.normalise.text import (
    clean_line,
    fits,
    fold,
    is_storable,
    label,
    line,
    prose,
    storable,
)
from leadflow.core.normalise.wrong import Wrong
from tests.core.submissions import understood

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Main   St ", "Main St"),
        ("Main\tSt\r\nApt 4", "Main St Apt 4"),
        ("Ma\x00in", "Main"),
        ("\ufeffMain", "Main"),
        ("Ma\ud800in", "Main"),
        ("\u202eniaM", "niaM"),
        ("Zu\u0308rich", "Zürich"),
        ("\u00a0Main\u2003St", "Main St"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_a_line_is_one_line_of_storable_text(sent, kept):
    assert line(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("call me\r\nafter 5 ", "call me\nafter 5"),
        ("\n\none\n\n\n\n\ntwo\n", "one\n\ntwo"),
        ("one\u2028two", "one\ntwo"),
        ("a\x00b", "ab"),
    ],
)
def test_prose_keeps_its_lines(sent, kept):
    assert prose(sent) == kept


@pytest.mark.parametrize("value", [3, True, ["a"], {"a": 1}])
def test_what_is_not_text_is_said_to_be_something_else(value):
    assert isinstance(line(value), Wrong)
    assert isinstance(prose(value), Wrong)


@pytest.mark.parametrize(("sent", "kept"), [(3, "3"), (9.3, "9.3"), (" 911 ", "911")])
def test_a_label_may_come_as_a_number(sent, kept):
    assert label(sent) == kept


@pytest.mark.parametrize("value", [True, 10**400, float("nan"), float("inf"), None, []])
def test_a_label_is_no_other_thing(value):
    assert isinstance(label(value), Wrong)


@pytest.mark.parametrize("number", [0, -1.5, 2**63 - 1, -(2**63), 1e308])
def test_numbers_of_64_bits_fit(number):
    assert fits(number)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, float("nan"), float("-inf")])
def test_numbers_that_json_cannot_keep_do_not_fit(number):
    assert not fits(number)


@pytest.mark.parametrize(
    "spelling", ["Côte d'Ivoire", "COTE DIVOIRE", "cote-d\u2019ivoire", "Co\u0302te d Ivoire"]
)
def test_spellings_of_a_name_fold_into_one(spelling):
    assert fold(spelling) == "cotedivoire"


@given(ANY_TEXT)
def test_cleaning_twice_is_cleaning_once(text):
    once = clean_line(text)
    assert clean_line(once) == once
    once = understood(prose(text))
    assert prose(once) == once


@given(ANY_TEXT)
def test_whatever_is_kept_can_be_stored(text):
    for kept in (clean_line(text), understood(prose(text)), storable(text)):
        assert "\x00" not in kept
        assert is_storable(kept)
        msgspec.json.encode(kept)


@given(ANY_TEXT)
def test_what_is_storable_stays_as_it_is(text):
    assert is_storable(text) == (storable(text) == text)
