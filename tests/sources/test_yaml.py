"""YAML as people mean it."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InputError
from leadflow.sources.yaml import read_document


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("10:30", "10:30"),
        ("10:30:00", "10:30:00"),
        ("01234", "01234"),
        ("0x1F", "0x1F"),
        ("2026-03-04", "2026-03-04"),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("-7", -7),
        ("4.5", 4.5),
        ("'4.5'", "4.5"),
    ],
)
def test_words_are_words_and_numbers_are_numbers(written, value):
    assert read_document(f"key: {written}") == {"key": value}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x [1]\nb: *x", "it uses an anchor"),
        ("a: 1\nb: 2\na: 3", "line 3: the key a stands twice"),
        ("? [x]\n: b", "line 1: a key is no word"),
        ("a: [1", "line 2: did not find expected"),
        ("a: b: c", "line 1: mapping values are not allowed"),
        ("[" * 5000, "line 2: did not find expected node"),
        ("a: \x07", "it is not YAML"),
        ("a: !!python/name:os.system x", "line 1: could not determine a constructor"),
    ],
)
def test_what_cannot_be_read_says_where(text, reason):
    with pytest.raises(InputError) as caught:
        read_document(text)
    assert caught.value.problems[0].reason.startswith(reason)


# PyYAML's emitter loses the line breaks that only Unicode has, where they stand in a key.
words = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"))
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_what_a_program_writes_is_read_as_it_was(value):
    text = yaml.safe_dump(value, allow_unicode=True)
    assert read_document(text) == value
