"""CSV: a header that names the columns, and one lead a record."""

import csv
from collections.abc import Iterator, Mapping, Sequence

from leadflow.core.columns import Path, paths, put
from leadflow.core.lead import JSON
from leadflow.errors import InputError, Problem
from leadflow.sources import Lines, Row

MAX_ROW_BYTES = 64 * 1024
DELIMITERS = (",", ";", "\t", "|")  # equal counts: the first of them
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class CsvReader:
    """Reads CSV as RFC 4180 has it, with any of four delimiters, which the header tells.

    A record whose quotes do not match is given up with its first line, and reading goes on with the
    next: a stray quote costs one row, not the rest of the file.

    Args:
        mapping: columns renamed to fields; see `core.columns.paths`.
        max_row_bytes: of one record.
    """

    def __init__(
        self, mapping: Mapping[str, str] | None = None, *, max_row_bytes: int = MAX_ROW_BYTES
    ) -> None:
        self._mapping = mapping or {}
        self._most = max_row_bytes
        self._lines = Lines(max_row_bytes)
        self._delimiter = ""
        self._paths: Sequence[Path | None] | None = None
        self._pending: list[bytes] = []  # lines of the record that is being read
        self._size = 0  # of them, in bytes
        self._first = 1  # the line on which it begins
        self._number = 0

    def feed(self, chunk: bytes) -> Iterator[Row]:
        """Give the rows that this chunk completes."""
        return self._rows(self._lines.feed(chunk))

    def end(self) -> Iterator[Row]:
        """Give the rows that only the file's end completes."""
        yield from self._rows(self._lines.end())
        while self._pending:
            yield from self._give_up("a quote is never closed")

    def _rows(self, lines: Sequence[bytes]) -> Iterator[Row]:
        for line in lines:
            if not self._pending and not line.strip():
                self._first += 1
                continue
            self._pending.append(line)
            self._size += len(line) + 1
            if self._size > self._most:
                yield from self._give_up(f"the record is longer than {self._most} bytes")
            elif len(self._pending) == 1 or b'"' in line:  # else a quote is open, and stays so
                yield from self._read()

    def _read(self) -> Iterator[Row]:
        try:
            cells = self._cells()
        except UnicodeDecodeError:
            yield from self._give_up("it is not UTF-8")
        except csv.Error as error:
            yield from self._give_up(str(error))
        else:
            if cells is not None:
                yield from self._complete(cells)

    def _cells(self) -> list[str] | None:
        """Split the pending lines into cells; None while a quote is open at their end."""
        texts = [line.decode().removesuffix("\r") + "\n" for line in self._pending]
        if self._paths is None and not self._delimiter:
            texts[0] = self._begin(texts[0])
        source = _Until(texts)
        try:
            return next(csv.reader(source, delimiter=self._delimiter, strict=True))
        except csv.Error:
            if source.exhausted:
                return None
            raise

    def _begin(self, header: str) -> str:
        self._pending[0] = self._pending[0].removeprefix(BYTE_ORDER_MARK)
        header = header.removeprefix("\ufeff")
        self._delimiter = max(DELIMITERS, key=header.count)
        return header

    def _complete(self, cells: list[str]) -> Iterator[Row]:
        raw, line = b"\n".join(self._pending), self._first
        self._first += len(self._pending)
        self._pending, self._size = [], 0
        if self._paths is None:
            self._paths = paths(cells, self._mapping)
            return
        self._number += 1
        if len(cells) != len(self._paths):
            reason = f"the record has {len(cells)} cells, the header {len(self._paths)}"
            yield self._broken(raw, line, reason)
        else:
            body = _body(self._paths, cells)
            yield Row(number=self._number, line=line, raw=raw, body=body)

    def _give_up(self, reason: str) -> Iterator[Row]:
        """Refuse the pending record's first line, and read the others again."""
        if self._paths is None:
            problem = Problem("", reason, "CSV in UTF-8 with a header")
            raise InputError("The header of the CSV cannot be read", (problem,))
        first, *others = self._pending
        line, self._first = self._first, self._first + 1
        self._pending, self._size = [], 0
        self._number += 1
        yield self._broken(first, line, reason)
        yield from self._rows(others)

    def _broken(self, raw: bytes, line: int, reason: str) -> Row:
        problem = Problem("", reason, "a CSV record with a cell for each column")
        return Row(number=self._number, line=line, raw=raw, problems=(problem,))


class _Until:
    """Lines that know when they were asked for one more than there is."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self.exhausted = False

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        self.exhausted = True


def _body(targets: Sequence[Path | None], cells: Sequence[str]) -> dict[str, JSON]:
    """Put each cell where its column belongs. An empty cell says nothing."""
    body: dict[str, JSON] = {}
    for path, cell in zip(targets, cells, strict=True):
        if path is not None and cell.strip():
            put(body, path, cell)
    return body
