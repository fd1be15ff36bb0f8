"""Configuration as people send it: turned into values, with every problem said at once."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from leadflow.core.lead import JSON
from leadflow.core.normalise.text import storable
from leadflow.errors import InputError, Problem

Body = TypeVar("Body")
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def read_fields(
    of: type[Body],
    body: Mapping[str, JSON],
    *,
    present: Struct | None = None,
    ignore: frozenset[str] = frozenset(),
    texts: bool = False,
    check: Callable[[Mapping[str, Any]], Iterable[Problem]] = lambda _: (),
) -> Body:
    """Make a value of a body, whose names may be written in camelCase as well.

    Args:
        of: a struct. A field's description says what it takes.
        body: as it was sent.
        present: says what the body leaves out: then the body is a change of it.
        ignore: names that somebody else reads.
        texts: whether numbers and flags may be written as text, as in the cells of a table.
        check: finds what types cannot tell in the fields that could be read, by their names.

    Raises:
        InputError: with everything that is wrong with it.
    """
    known = {field.name: field for field in fields(of)}  # type: ignore[arg-type]
    problems = [_control_character(name) for name in _unprintable(body)]
    given = _sort(body, known, ignore, problems)
    if present is not None:
        unchanged = {name: (name, msgspec.to_builtins(getattr(present, name))) for name in known}
        given = unchanged | given
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in given:
            sent, value = given[name]
            try:
                values[name] = msgspec.convert(value, field.type, strict=not texts)
            except msgspec.ValidationError as error:
                problems.append(_problem(sent, field, error))
        elif field.required:
            problems.append(Problem(name, "is missing", _expected(field)))
    problems += check(values)
    if problems:
        raise InputError("The body does not fit", problems)
    return of(**values)


def _sort(
    body: Mapping[str, JSON],
    known: Mapping[str, FieldInfo],
    ignore: frozenset[str],
    problems: list[Problem],
) -> dict[str, tuple[str, JSON]]:
    """Find which member is which field: its name as it was sent, and its value."""
    spellings = {spelling: name for name in known for spelling in (name, _camel(name))}
    given: dict[str, tuple[str, JSON]] = {}
    for sent, value in body.items():
        name = spellings.get(sent)
        if name is None:
            if sent not in ignore:
                expected = f"one of {', '.join(known)}"
                problems.append(Problem(sent, "is not known here", expected))
        elif name in given:
            reason = f"is sent twice, as {given[name][0]} too"
            problems.append(Problem(sent, reason, "each field once"))
        else:
            given[name] = (sent, value)
    return given


def _unprintable(body: Mapping[str, JSON]) -> Iterator[str]:
    """Name the members with control characters in them: no name or address has any."""
    for name, value in body.items():
        if any(_CONTROL.search(text) for text in _texts({name: value})):
            yield name


def _texts(value: JSON) -> Iterator[str]:
    """Give every text in a value, the names of its members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)


def _control_character(name: str) -> Problem:
    return Problem(storable(name), "has a control character in it", "printable text")


def _problem(sent: str, field: FieldInfo, error: msgspec.ValidationError) -> Problem:
    reason, _, path = str(error).partition(" - at `$")
    return Problem(sent + path.rstrip("`"), reason, _expected(field))


def _expected(field: FieldInfo) -> str:
    """Say what a field takes: in its description's words, else in its type's."""
    schema = msgspec.json.schema(field.type)
    for option in (schema, *schema.get("anyOf", ())):
        if isinstance(described := option.get("description"), str):
            return described
    return f"a value of type {schema.get('type', 'object')}"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
