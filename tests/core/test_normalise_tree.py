"""Whatever JSON a sender adds is kept as it is, or not at all."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.lead import JSON
from leadflow.core.normalise.tree import MAX_DEPTH, MAX_NAME, tree
from leadflow.core.normalise.wrong import Wrong
from tests.core.test_normalise_text import ANY_TEXT

ROOM = 10_000

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


def nested(depth):
    value: JSON = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [None, True, 1, 1.5, "a\nb", [], {}, {"a": [1, {"b": None}]}, nested(MAX_DEPTH)]
)
def test_ordinary_json_stays_as_it_is(value):
    assert tree(value, ROOM) == value


def test_texts_lose_what_cannot_be_stored():
    assert tree({"a": ["x\x00y", "\ud800"]}, ROOM) == {"a": ["xy", ""]}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (nested(MAX_DEPTH + 1), "is nested too deeply"),
        ([2**63], "has a number in it that JSON cannot keep"),
        ({"a": {"b": float("nan")}}, "has a number in it that JSON cannot keep"),
        ({"a\x00": 1}, "has a member in it whose name cannot be kept"),
        ({"x" * (MAX_NAME + 1): 1}, "has a member in it whose name cannot be kept"),
        ("x" * ROOM, "is longer than 10000 bytes as JSON"),
    ],
    ids=["deep", "large number", "no number", "name with NUL", "long name", "long"],
)
def test_what_cannot_be_kept_is_refused(value, reason):
    assert tree(value, ROOM) == Wrong(reason)


@given(ANY_JSON)
def test_what_is_kept_is_json_and_is_kept_again(value):
    kept = tree(value, ROOM)
    if not isinstance(kept, Wrong):
        assert b"\\u0000" not in msgspec.json.encode(kept)
        assert tree(kept, ROOM) == kept
