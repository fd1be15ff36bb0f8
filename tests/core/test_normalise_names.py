"""Names are kept as people write them; only a stuck shift key is mended."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nameparser import HumanName

from leadflow.core.normalise.names import full_name, name
from leadflow.core.normalise.wrong import Wrong

PART = st.from_regex(r"[A-Z][a-z]{2,8}(-[A-Z][a-z]{2,8})?", fullmatch=True)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("JOHN", "John"),
        ("john", "John"),
        ("  John ", "John"),
        ("O'BRIEN", "O'Brien"),
        ("o\u2019brien", "O\u2019Brien"),
        ("mary-ann", "Mary-Ann"),
        ("MARY ANN", "Mary Ann"),
        ("McDonald", "McDonald"),
        ("van der Berg", "van der Berg"),
        ("JD", "JD"),
        ("ÉLODIE", "Élodie"),
        ("李", "李"),
        ("Jo\x00hn", "John"),
    ],
)
def test_capitals_are_mended_only_where_there_is_nothing_to_lose(sent, kept):
    assert name(sent) == kept


@pytest.mark.parametrize("sent", ["x" * 101, "\u200b", "", 5, None, ["John"], {"first": "John"}])
def test_a_name_is_1_to_100_characters_of_text(sent):
    assert isinstance(name(sent), Wrong)
    assert isinstance(full_name(sent), Wrong) or sent == "x" * 101


def test_a_name_of_100_characters_is_taken():
    assert name("X" + "x" * 99) == "X" + "x" * 99


@pytest.mark.parametrize(
    ("whole", "first", "last"),
    [
        ("John Smith", "John", "Smith"),
        ("Smith, John", "John", "Smith"),
        ("Mary Ann Smith", "Mary Ann", "Smith"),
        ("Dr. John Q. Smith Jr.", "John Q.", "Smith Jr."),
        ("Juan de la Vega", "Juan", "de la Vega"),
        ("Mr. Smith", None, "Smith"),
        ("Sir John", "John", None),
        ("Prince", "Prince", None),
        ("JOHN SMITH", "John", "Smith"),
        ("Jean-Luc O'Neil", "Jean-Luc", "O'Neil"),
        ("Dr.", "Dr.", None),
    ],
)
def test_a_whole_name_is_split_without_losing_any_of_it(whole, first, last):
    assert full_name(whole) == (first, last)


@pytest.mark.parametrize("whole", ["x" * 202, "x" * 150 + " Smith", "John " + "x" * 150])
def test_a_whole_name_has_parts_of_at_most_100_characters(whole):
    assert isinstance(full_name(whole), Wrong)


@given(PART, PART)
@example("Justice", "Potter")
@example("John", "Esq")
@example("The", "Rock")
def test_the_short_way_agrees_with_the_library(first, last):
    parsed = HumanName(f"{first} {last}")
    joined_first = f"{parsed.first} {parsed.middle}".strip() or None
    joined_last = f"{parsed.last} {parsed.suffix}".strip() or None
    assert full_name(f"{first} {last}") == (joined_first, joined_last)


@given(st.text(max_size=120))
def test_a_name_that_was_understood_is_understood_again(text):
    found = name(text)
    assert isinstance(found, Wrong) or name(found) == found


@given(st.text(max_size=220))
def test_no_text_breaks_the_splitting_of_names(text):
    found = full_name(text)
    assert isinstance(found, Wrong) or any(found)
