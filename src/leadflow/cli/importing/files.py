"""A file of leads: found to be in a format, and read in chunks."""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from msgspec import Struct

from leadflow.cli.importing import Format
from leadflow.errors import InputError
from leadflow.sources import Reader, Row
from leadflow.sources.csv import CsvReader
from leadflow.sources.json import ArrayReader, LinesReader

CHUNK = 64 * 1024  # bytes
SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
}
BLANK = b" \t\r\n\xef\xbb\xbf"  # a byte order mark among them


class LeadFile(Struct, frozen=True, kw_only=True):
    """A file that is there, and how it is to be read."""

    path: Path
    format: Format
    size: int  # bytes on disk
    digest: str  # SHA-256 of the file as it stands on disk, in hex


def look_at(path: Path, told: Format | None) -> LeadFile:
    """Find out what a file is. Reads it once, to the end.

    Raises:
        InputError: it cannot be read, or neither its name nor `told` says its format.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        format_ = told or _format_of(path)
        if format_ == "json" and _begins_with_an_object(path):
            format_ = "ndjson"  # what many call JSON is one object a line
        return LeadFile(path=path, format=format_, size=path.stat().st_size, digest=digest)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def rows(
    file: LeadFile, mapping: Mapping[str, str], progress: Callable[[int], None]
) -> Iterator[Row]:
    """Read a file's rows, in order.

    Args:
        file: which one.
        mapping: of its columns to fields, where it is CSV.
        progress: is told how many bytes of the file on disk have been read.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    reader = _reader(file.format, mapping)
    with file.path.open("rb") as raw, _unpacked(file.path, raw) as unpacked:
        try:
            while chunk := unpacked.read(CHUNK):
                yield from reader.feed(chunk)
                progress(raw.tell())
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{file.path} cannot be read to its end: {error}") from error
    yield from reader.end()


def _reader(format_: Format, mapping: Mapping[str, str]) -> Reader:
    match format_:
        case "csv":
            return CsvReader(mapping)
        case "ndjson":
            return LinesReader()
        case "json":
            return ArrayReader()


def _format_of(path: Path) -> Format:
    name = Path(path.stem) if path.suffix == ".gz" else path
    format_ = SUFFIXES.get(name.suffix.lower())
    if format_ is None:
        raise InputError(f"{path.name} does not say what it is: give --format csv, ndjson or json")
    return format_


def _unpacked(path: Path, raw: IO[bytes]) -> IO[bytes]:
    return gzip.open(raw) if path.suffix == ".gz" else raw  # type: ignore[return-value]  # typed as text too


def _begins_with_an_object(path: Path) -> bool:
    with path.open("rb") as raw, _unpacked(path, raw) as unpacked:
        return unpacked.read(CHUNK).lstrip(BLANK).startswith(b"{")
