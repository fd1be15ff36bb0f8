"""Files of agents: a table in CSV, or a list in YAML or JSON."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import FieldInfo, fields

from leadflow.cli.yaml_files import read_text, read_yaml
from leadflow.core.lead import JSON
from leadflow.errors import InputError, Problem
from leadflow.sources.csv import DELIMITERS
from leadflow.work.agents import AgentBody
from leadflow.work.roster import Entry

LISTS = frozenset(("licensed_states", "specialties", "teams"))
FIELDS: Mapping[str, FieldInfo] = {field.name: field for field in fields(AgentBody)}

_BETWEEN = re.compile("[;,|]")
_NOT_A_WORD = re.compile("[^a-z0-9]+")
_FLAGS = {"yes": "true", "no": "false"}


def read_agents(path: Path) -> list[Entry]:
    """Read the agents of a file, each with the place where it stands.

    Raises:
        InputError: it cannot be read, or is no list of agents.
    """
    match path.suffix.lower():
        case ".csv" | ".tsv":
            return list(_table(read_text(path)))
        case ".yaml" | ".yml":
            return list(_list(read_yaml(path)))
        case ".json":
            return list(_list(_json(path)))
        case _:
            raise InputError(f"{path.name} does not say what it is: name it .csv, .yaml or .json")


def _json(path: Path) -> Any:
    try:
        return msgspec.json.decode(read_text(path))
    except msgspec.DecodeError as error:
        raise InputError(f"{path} is no JSON: {error}") from error


def _list(document: Any) -> Iterator[Entry]:
    if isinstance(document, Mapping) and list(document) == ["agents"]:
        document = document["agents"]
    if not isinstance(document, list):
        problem = Problem("", "is no list", "a list of agents, or a mapping with `agents`")
        raise InputError("The file cannot be used", (problem,))
    for number, each in enumerate(document, start=1):
        if not isinstance(each, Mapping):
            problem = Problem("", "is no agent", f"a mapping with {', '.join(FIELDS)}")
            yield Entry(f"row {number}", problems=(problem,))
            continue
        yield Entry(f"row {number}", {str(name): value for name, value in each.items()})


def _table(text: str) -> Iterator[Entry]:
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: Sequence[str] | None = None
    number, line = 0, 1
    try:
        for cells in reader:
            began, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(cells)
                continue
            number += 1
            yield _entry(f"row {number} (line {began})", columns, cells)
    except csv.Error as error:
        problem = Problem(f"line {line}", str(error), "CSV whose quotes match")
        raise InputError("The file cannot be read", (problem,)) from error


def _columns(header: Sequence[str]) -> list[str]:
    """Find the field of each column: `Licensed States` is licensed_states."""
    names = [_NOT_A_WORD.sub("_", cell.strip().lower()).strip("_") for cell in header]
    problems = [
        Problem(f"column {cell.strip()}", "is not known here", f"one of {', '.join(FIELDS)}")
        for cell, name in zip(header, names, strict=True)
        if name not in FIELDS
    ]
    problems += [
        Problem(f"column {name}", "is there twice", "each column once")
        for name in FIELDS
        if names.count(name) > 1
    ]
    if "name" not in names:
        problems.append(Problem("column name", "is missing", "a header with the fields' names"))
    if problems:
        raise InputError("The columns do not fit", problems)
    return names


def _entry(place: str, columns: Sequence[str], cells: Sequence[str]) -> Entry:
    if len(cells) != len(columns):
        reason = f"has {len(cells)} cells"
        problem = Problem("", reason, f"{len(columns)}, as many as the header has")
        return Entry(place, problems=(problem,))
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
    said = {name: cell for name, cell in given.items() if cell or not FIELDS[name].required}
    return Entry(place, {name: _value(name, cell) for name, cell in said.items()}, texts=True)


def _value(name: str, cell: str) -> JSON:
    """Read a cell. An empty one means what holds where nothing is said."""
    if not cell:
        return msgspec.to_builtins(FIELDS[name].default)  # type: ignore[no-any-return]
    if name in LISTS:
        return [part.strip() for part in _BETWEEN.split(cell) if part.strip()]
    if name == "active":
        return _FLAGS.get(cell.lower(), cell)
    return cell
