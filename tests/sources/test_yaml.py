"""YAML as people mean it."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import ConflictError, InputError, Problem
from leadflow.sources.yaml import pointing_to_lines, read_document, with_lines


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


RULES = """\
default: review
rules:
  - name: a
    if:
      state: [CA,
              NV]
      data.make: Toyota
      score: {min: 1}
  -
    name: b
    when: >-
      lead.score
  - {to: x,
     name: c}
"""


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("default", 1),
        ("exclusivity_days", 1),  # is missing in the document
        ("rules", 2),
        ("rules[0]", 3),
        ("rules[0].priority", 3),  # is missing in the rule
        ("rules[0].if", 4),
        ("rules[0].if.state[1]", 6),
        ("rules[0].if.state[7]", 5),
        ("rules[0].if.data.make", 7),
        ("rules[0].if.data.model", 4),
        ("rules[0].if.score.min", 8),
        ("rules[0].if.score.max.of[1].it", 8),
        ("rules[1].name", 10),
        ("rules[1].to", 10),
        ("rules[1].when", 11),
        ("rules[2].name", 14),
        ("rules[9].name", 2),
    ],
)
def test_a_path_has_the_line_of_what_it_leads_to_or_is_missing_in(field, line):
    assert with_lines(RULES, [field, "default"])[field] == f"line {line}, {field}"


@pytest.mark.parametrize("text", ["", "# nothing", "7", b"\xef\xbb\xbfa: 1", "[]"])
def test_what_has_no_parts_has_lines_all_the_same(text):
    assert set(with_lines(text, ["", "default"])) == {"", "default"}
    assert with_lines(text, [""]) == {"": ""}


def test_a_path_beyond_all_measure_has_the_line_of_its_beginning():
    key = "k" * 301
    assert with_lines(f"{key}:\n  a: 1", [f"{key}.a"]) == {f"{key}.a": f"line 1, {key}.a"}


def test_a_refusal_says_the_lines_and_stays_what_it_is():
    with pytest.raises(ConflictError) as caught, pointing_to_lines("a:\n  b: 1"):
        raise ConflictError("No", [Problem("a.b", "is 1", "2"), Problem("", "is odd", "even")])
    assert caught.value.problems == (
        Problem("line 2, a.b", "is 1", "2"),
        Problem("", "is odd", "even"),
    )


@given(plain)
def test_every_part_of_a_document_has_a_line(value):
    text = yaml.safe_dump(value, allow_unicode=True)
    paths = list(_paths("", read_document(text)))
    last = text.count("\n")
    for path, told in with_lines(text, paths).items():
        assert not path or 1 <= int(told.split(",")[0].removeprefix("line ")) <= last


def _paths(path, value):
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(f"{path}[{index}]", inner)
