"""JSON as senders write it: one lead, an array of leads, one lead a line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InputError
from leadflow.sources.json import MAX_DEPTH, ArrayReader, LinesReader, read_array, read_body
from tests.core.submissions import shared

MARK = b"\xef\xbb\xbf"

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
bodies = st.dictionaries(st.text(max_size=6), values, max_size=4)


def refused(data, read=read_body):
    with pytest.raises(InputError) as caught:
        read(data)
    [problem] = caught.value.problems
    return problem


def rows_of(reader, data, cut=1 << 30):
    """Feed a file in chunks of `cut` bytes; give its rows."""
    rows = []
    for start in range(0, len(data), cut):
        rows += reader.feed(data[start : start + cut])
    return rows + list(reader.end())


def said(rows):
    """Give each row's line and its body, or the first thing that is wrong with it."""
    return [(row.line, row.body or row.problems[0].reason) for row in rows]


@given(bodies)
def test_any_object_is_read_as_it_was_written(body):
    assert read_body(json.dumps(body).encode()) == body
    assert read_body(json.dumps(body, ensure_ascii=False).encode()) == body


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", "the body is an array"),
        (b'"x"', "the body is a string"),
        (b"1", "the body is a number"),
        (b"1.5", "the body is a number"),
        (b"true", "the body is true or false"),
        (b"null", "the body is null"),
        (b"", "Input data was truncated"),
        (MARK + b"{}", "the body begins with a byte order mark"),
        (b'{"a":"\xff"}', "it is not UTF-8"),
        (b'{"a":1e999}', "Number out of range"),
        (b'{"a":' * 100_000, "it is nested too deeply"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "it is nested too deeply"),
    ],
)
def test_what_is_no_object_is_refused_in_words_that_repeat_nothing(data, reason):
    assert refused(data).reason.startswith(reason[:20])


def test_objects_may_be_as_deep_as_the_limit_says():
    def nested(depth):
        return b'{"a":' * depth + b"1" + b"}" * depth

    read_body(nested(MAX_DEPTH + 1))
    assert refused(nested(MAX_DEPTH + 2)).reason == "it is nested too deeply"


@pytest.mark.parametrize(
    "data",
    [b'{"a":1,"a":2}', b'{"x":{"a":1,"a":1}}', b'{"x":[{"a":1,"a":1}]}', b'{"a":1,"\\u0061":2}'],
)
def test_a_key_that_stands_twice_is_refused_and_named(data):
    problem = refused(data)
    assert (problem.field, problem.reason) == ("a", "stands twice in one object")


@pytest.mark.parametrize(
    "data", [b'{"a":"x:y"}', b'{"a:b":":::"}', b'{"at":"12:00:00","n":' + b"9" * 30 + b"}"]
)
def test_colons_in_texts_are_no_keys(data):
    assert read_body(data) == json.loads(data)


def test_an_array_s_rows_are_read_one_by_one():
    rows = read_array(b' [{"a":1}, 7, {"b":2,"b":3}, [], {"c":{}}] ')
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert [row.body for row in rows] == [{"a": 1}, None, None, None, {"c": {}}]
    assert rows[0].raw == b'{"a":1}'


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[", b"[{}", b"[{}]]", b"[,]", b"[\xff]", MARK + b"[]"]
)
def test_an_array_that_cannot_be_read_is_refused_as_a_whole(data):
    refused(data, read_array)


LINES = b'{"a":1}\n\n  \r\n{"b":2}\r\n{broken\n[]\n{"c":3}'


@pytest.mark.parametrize("cut", [1, 2, 7, 1000])
def test_lines_are_read_however_they_are_cut(cut):
    assert [line for line, _ in said(rows_of(LinesReader(), LINES, cut))] == [1, 4, 5, 6, 7]
    bodies_read = [row.body for row in rows_of(LinesReader(), LINES, cut)]
    assert bodies_read == [{"a": 1}, {"b": 2}, None, None, {"c": 3}]


def test_a_file_of_lines_may_begin_with_a_byte_order_mark():
    assert said(rows_of(LinesReader(), MARK + b'{"a":1}\n')) == [(1, {"a": 1})]
    assert rows_of(LinesReader(), MARK) == []


def test_a_line_that_is_too_long_costs_itself_and_no_more_memory_than_the_limit():
    reader = LinesReader(max_row_bytes=10)
    rows = rows_of(reader, b'{"a":1}\n' + b"x" * 1000 + b'\n{"b":2}\n', 7)
    assert [(row.number, row.line, row.body) for row in rows] == [
        (1, 1, {"a": 1}),
        (2, 2, None),
        (3, 3, {"b": 2}),
    ]
    assert rows[1].problems[0].reason == "the row is longer than 10 bytes"
    assert len(rows[1].raw) == 11


@given(st.lists(bodies, max_size=5), st.integers(1, 40))
def test_an_array_of_any_length_is_read_however_it_is_cut(items, cut):
    data = json.dumps(items, indent=1, ensure_ascii=False).encode()
    assert [row.body for row in rows_of(ArrayReader(), data, cut)] == items
    assert [row.body for row in rows_of(ArrayReader(), MARK + b"\n" + data, cut)] == items


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"[]", []),
        (b"[ \n ]", []),
        (b'[{"a":"]"}]', [(1, {"a": "]"})]),
        (b'[{"a":"\\"],["}]', [(1, {"a": '"],['})]),
        (b'[\n{"a":1},\n{"b":2}\n]', [(2, {"a": 1}), (3, {"b": 2})]),
        (b'[{"a":1},]', [(1, {"a": 1}), (1, "Input data was truncated")]),
        (b'[{"a":1}', [(1, "the array is never closed")]),
        (b'[{"a":1}] x', [(1, {"a": 1}), (1, "something stands behind the array's end")]),
        (b"[7,[1,2]]", [(1, "the body is a number"), (1, "the body is an array")]),
    ],
)
@pytest.mark.parametrize("cut", [1, 3, 100])
def test_elements_are_cut_where_they_end(data, read, cut):
    assert said(rows_of(ArrayReader(), data, cut)) == read


@pytest.mark.parametrize("data", [b"", MARK, b"  ", b"{}", b"x", b'"['])
def test_a_file_that_is_no_array_is_refused_as_a_whole(data):
    reader = ArrayReader()
    with pytest.raises(InputError, match="no JSON array"):
        rows_of(reader, data, 1)


def test_an_element_that_is_too_long_costs_itself():
    rows = rows_of(ArrayReader(max_row_bytes=10), b'[{"a":1},"' + b"x" * 100 + b'",{"b":2}]', 7)
    assert [row.body for row in rows] == [{"a": 1}, None, {"b": 2}]
    assert rows[1].problems[0].reason == "the row is longer than 10 bytes"


def test_every_file_of_the_json_test_suite_is_read_as_it_says():
    """`y_` is JSON and `n_` is none; we ask for an object beside it."""
    for file in sorted(shared("attack/json_test_suite/test_parsing").glob("*.json")):
        wrapped = b'{"x":' + file.read_bytes() + b"}"
        try:
            read_body(wrapped)
            read = True
        except InputError:
            read = False
        if file.name.startswith("n_"):
            assert not read, file.name
        if file.name.startswith("y_"):
            assert read or "duplicated" in file.name, file.name
