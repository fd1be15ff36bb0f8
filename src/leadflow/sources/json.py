"""JSON: one lead, an array of leads, or one lead a line."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from leadflow.core.lead import JSON
from leadflow.errors import InputError, Problem
from leadflow.sources import Elements, Lines, Row

MAX_DEPTH = 16  # objects and lists inside each other; the deepest field has three
MAX_ROW_BYTES = 256 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_array = msgspec.json.Decoder(list[msgspec.Raw])


def read_body(data: bytes) -> Mapping[str, JSON]:
    """Read one JSON object, strictly.

    Refused, beside what is no JSON: a key that stands twice in one object, for nobody can say which
    of its values is meant; a byte order mark, which RFC 8259 forbids; numbers that a 64-bit float
    cannot hold.

    Raises:
        InputError: with what is wrong, in words that repeat no value.
    """
    value = _decode(data)
    if not isinstance(value, dict):
        raise _malformed(f"the body is {_kind(value)}", "an object: {...}")
    # Outside of strings each key has one colon. Only a body with more of them needs the slow look.
    if data.count(b":") != _count_keys(value, MAX_DEPTH):
        _refuse_repeated_keys(data)
    return value


def read_array(data: bytes) -> list[Row]:
    """Read an array of leads. What is wrong with one of them is said in its row.

    Raises:
        InputError: the array itself cannot be read.
    """
    try:
        items = _array.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(_reason(error), "a JSON array of objects: [{...}, {...}]") from error
    return [_row(bytes(item), number, line=1) for number, item in enumerate(items, start=1)]


class LinesReader:
    """Reads one JSON object a line (NDJSON, JSON Lines). Blank lines are skipped."""

    def __init__(self, *, max_row_bytes: int = MAX_ROW_BYTES) -> None:
        self._lines = Lines(max_row_bytes)
        self._most = max_row_bytes
        self._line = 0
        self._number = 0

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """Give the rows that this chunk completes."""
        return self._rows(self._lines.feed(chunk))

    def end(self) -> Iterator[Row]:
        """Give the row that has no line feed behind it."""
        return self._rows(self._lines.end())

    def _rows(self, lines: list[bytes]) -> Iterator[Row]:
        for line in lines:
            self._line += 1
            if self._line == 1:
                line = line.removeprefix(BYTE_ORDER_MARK)  # noqa: PLW2901  # Windows writes one
            if not line.strip():
                continue
            self._number += 1
            yield self._read(line)

    def _read(self, line: bytes) -> Row:
        if len(line) > self._most:
            problem = Problem("", f"the row is longer than {self._most} bytes", "a shorter row")
            return Row(number=self._number, line=self._line, raw=line, problems=(problem,))
        return _row(line, self._number, line=self._line)


class ArrayReader:
    """Reads the elements of one JSON array, however long it is, one after the other.

    An element that is no JSON object is refused by itself. If its brackets do not match, the rest
    of the file is part of it.
    """

    def __init__(self, *, max_row_bytes: int = MAX_ROW_BYTES) -> None:
        self._elements = Elements(max_row_bytes)
        self._most = max_row_bytes
        self._line = 1
        self._number = 0

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """Give the rows that this chunk completes.

        Raises:
            InputError: something else than an array begins.
        """
        for element in self._elements.feed(chunk):
            yield self._read(element)
            self._line += element.count(b"\n")

    def end(self) -> Iterator[Row]:
        """Give what stands behind the last element that was complete.

        Raises:
            InputError: no array has begun.
        """
        rest = self._elements.end()
        if not self._elements.ended:
            yield self._broken(rest, "the array is never closed")
        elif rest.strip():
            yield self._broken(rest, "something stands behind the array's end")

    def _read(self, element: bytes) -> Row:
        if len(element) > self._most:
            return self._broken(element, f"the row is longer than {self._most} bytes")
        self._number += 1
        blank = element[: len(element) - len(element.lstrip())]
        return _row(element.strip(), self._number, line=self._line + blank.count(b"\n"))

    def _broken(self, raw: bytes, reason: str) -> Row:
        self._number += 1
        problem = Problem("", reason, "an array of objects: [{...}, {...}]")
        return Row(number=self._number, line=self._line, raw=raw, problems=(problem,))


def _row(raw: bytes, number: int, *, line: int) -> Row:
    try:
        return Row(number=number, line=line, raw=raw, body=read_body(raw))
    except InputError as error:
        return Row(number=number, line=line, raw=raw, problems=error.problems)


def _decode(data: bytes) -> Any:
    if data.startswith(BYTE_ORDER_MARK):
        raise _malformed("the body begins with a byte order mark", "JSON without one")
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(_reason(error), "JSON in UTF-8 (RFC 8259)") from error


def _reason(error: Exception) -> str:
    """Say what is wrong without a word of the text itself."""
    match error:
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case msgspec.ValidationError():
            # Its path may hold names the sender chose: what stands before it is ours.
            return str(error).partition(" - at ")[0]
        case _:
            return str(error)


def _count_keys(value: Mapping[str, JSON] | Sequence[JSON], depth: int) -> int:
    if depth < 0:
        raise _malformed("it is nested too deeply", f"at most {MAX_DEPTH} levels")
    own, members = (len(value), value.values()) if isinstance(value, dict) else (0, value)
    inner = (_count_keys(each, depth - 1) for each in members if isinstance(each, dict | list))
    return own + sum(inner)


def _refuse_repeated_keys(data: bytes) -> None:
    json.loads(data, object_pairs_hook=_refuse_repeated, parse_int=float)


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        repeated = next(key for key in keys if keys.count(key) > 1)
        problem = Problem(repeated, "stands twice in one object", "each key once")
        raise InputError("The body has a key twice", (problem,))


def _malformed(reason: str, expected: str) -> InputError:
    return InputError("The body cannot be read", (Problem("", reason, expected),))


def _kind(value: object) -> str:
    match value:
        case list():
            return "an array"
        case str():
            return "a string"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case _:
            return "null"
