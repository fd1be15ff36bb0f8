"""Leads come in: bytes as senders write them, turned into bodies that the walk can read.

A reader knows one format and no transport. It is fed chunks as they arrive and gives the rows that
are complete, so that a file of any length needs the memory of one row.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from leadflow.core.lead import JSON
from leadflow.errors import InputError, Problem


class Row(Struct, frozen=True, kw_only=True):
    """One row of a file: a body, or what is wrong with it."""

    number: int  # from 1, blank lines and the header not counted
    line: int  # from 1: where it begins in the file
    raw: bytes  # as it stood there
    body: Mapping[str, JSON] | None = None
    problems: tuple[Problem, ...] = ()  # they repeat nothing that the row says


class Reader(Protocol):
    """Turns chunks of a file into its rows, in order.

    A row that cannot be read is given as one with problems, and the next row is read as if nothing
    had happened. What makes the whole file unreadable raises InputError.
    """

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """Give the rows that this chunk completes. Read them all before the next chunk."""
        ...

    def end(self) -> Iterator[Row]:
        """Give the rows that only the file's end completes."""
        ...


class Lines:
    """Cuts chunks into lines.

    Args:
        most: bytes of a line. Of a longer one, one byte more is kept, so that it can be told.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Give the lines that this chunk completes, without their line feeds."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest[: self._most + 1]
        return [line[: self._most + 1] for line in lines]

    def end(self) -> list[bytes]:
        """Give what stands behind the last line feed, if anything does."""
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


class Elements:
    """Cuts the chunks of one JSON array into its elements.

    Only brackets, quotes and commas are looked at: whether an element is JSON is for others to say.

    Args:
        most: bytes of an element. Of a longer one, one byte more is kept, so that it can be told.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""
        self._begun = False
        self._first = True  # no element has been cut off yet
        self._depth = 0  # brackets open inside the array
        self._in_string = False
        self._skip = 0  # bytes of the next chunk that stand behind a backslash
        self.ended = False  # the array's closing bracket has been seen

    def feed(self, chunk: bytes) -> list[bytes]:
        """Give the elements that this chunk completes, with the blanks around them.

        Raises:
            InputError: something else than an array begins.
        """
        if not self._begun:
            chunk = self._begin(chunk)
        elements, start = [], 0
        for at, mark in self._marks(chunk):
            if self._depth == 0 and mark in b",]":
                elements += self._cut(chunk[start:at], last=mark == b"]")
                start = at + 1
            if self.ended:
                break
            self._depth = max(0, self._depth + _DEPTH.get(mark, 0))
        self._keep(chunk[start:])
        return elements

    def end(self) -> bytes:
        """Give what stands behind the last element that was complete.

        Raises:
            InputError: no array has begun.
        """
        if not self._begun:
            raise _no_array()
        return self._rest

    def _begin(self, chunk: bytes) -> bytes:
        """Leave out what stands before the elements."""
        before = self._rest + chunk
        if _BYTE_ORDER_MARK.startswith(before):  # it may have been cut in two
            self._rest = before
            return b""
        before, self._rest = before.removeprefix(_BYTE_ORDER_MARK).lstrip(), b""
        if before and not before.startswith(b"["):
            raise _no_array()
        self._begun = bool(before)
        return before[1:]

    def _marks(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """Find the brackets and commas that stand outside of strings."""
        at = self._skip
        while not self.ended and (found := self._pattern.search(chunk, at)):
            mark, at = found.group(), found.end()
            if mark == b"\\":
                at += 1
            elif mark == b'"':
                self._in_string = not self._in_string
            else:
                yield found.start(), mark
        self._skip = max(0, at - len(chunk))

    @property
    def _pattern(self) -> re.Pattern[bytes]:
        return _IN_STRING if self._in_string else _OUTSIDE

    def _cut(self, end: bytes, *, last: bool) -> list[bytes]:
        self._keep(end)
        element, self._rest = self._rest, b""
        empty_array = last and self._first and not element.strip()
        self._first, self.ended = False, last
        return [] if empty_array else [element]

    def _keep(self, more: bytes) -> None:
        self._rest = (self._rest + more)[: self._most + 1]


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OUTSIDE = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'["\\]')
_DEPTH: Mapping[bytes, int] = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def _no_array() -> InputError:
    problem = Problem("", "it does not begin with [", "an array of objects: [{...}, {...}]")
    return InputError("The file is no JSON array", (problem,))
