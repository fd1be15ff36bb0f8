"""Kinds of values in expressions, and what the interpreter makes of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from leadflow.core import verticals
from leadflow.core.conditions import NUMBERS
from leadflow.core.expressions import UNDECIDED, compiled
from leadflow.core.verticals import REGISTRY, Field

if TYPE_CHECKING:
    from cel import Program

Kinds = frozenset[str]
"""The kinds a value may be of. None at all: there never is a value."""

_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_EXAMPLES: Mapping[str, tuple[object, ...]] = {
    "int": (1, 0),  # unsigned ones too: they do nothing that these do not
    "double": (1.0,),
    "text": ("a", "1", "1h", "UTC", "2026-01-01T00:00:00Z"),  # what conversions take
    "true": (True,),
    "false": (False,),
    "null": (None,),
    "texts": (["a"],),
    "list": ([1, "a"], ["a"]),
    "map": ({1: 1, "a": 1},),
    "bytes": (b"a",),
    "duration": (timedelta(hours=1),),
    "timestamp": (_MOMENT,),
}
ANY: Kinds = frozenset(_EXAMPLES)
TRUTH: Kinds = frozenset(("true", "false"))

_NOUNS: Mapping[str, str] = {
    "int": "a whole number",
    "double": "a decimal number",
    "text": "a text",
    "true": "true or false",
    "false": "true or false",
    "null": "null",
    "texts": "a list of texts",
    "list": "a list",
    "map": "a mapping",
    "bytes": "bytes",
    "duration": "a duration",
    "timestamp": "a timestamp",
}

_OF_FIELD: Mapping[verticals.Kind, Kinds] = {
    **dict.fromkeys(("text", "label", "prose", "choice", "date"), frozenset(("text",))),
    **dict.fromkeys(("vin", "country", "currency"), frozenset(("text",))),
    **dict.fromkeys(("integer", "money"), frozenset(("int",))),
    "number": frozenset(("int", "double")),
    "boolean": TRUTH,
    "texts": frozenset(("texts",)),
    "object": ANY,
    "anything": ANY,
}

# Whether two values are the same thing can be asked of any two, and different kinds never are.
_SAMENESS = frozenset(("{} == {}", "{} != {}", "{} in {}"))
_HOLD_ANYTHING = frozenset(("list", "map"))

_MOST = 200  # combinations of kinds that are tried before the answer is "anything"
_OPERANDS = "abc"


def kinds_of(attribute: str) -> Kinds:
    """Tell what an attribute may be. Of a field that no vertical has, nothing is known."""
    group, _, name = attribute.partition(".")
    if group != "data":
        return frozenset(("int",)) if attribute in NUMBERS else frozenset(("text",))
    fields = (vertical.by_name.get(name) for vertical in REGISTRY.values())
    public = (field for field in fields if field is not None and not field.private)
    return frozenset[str]().union(*map(kinds_of_field, public)) or ANY


def kinds_of_field(field: Field) -> Kinds:
    """Tell what the answer to a vertical's field may be."""
    return _OF_FIELD[field.kind]


def combined(form: str, *operands: Kinds) -> Kinds:
    """Tell what `form`, such as `{} + {}`, may be over operands of these kinds.

    When that is nothing, it has no answer, whatever the values are.
    """
    if len(operands) > len(_OPERANDS) or prod(map(len, operands)) > _MOST:
        return ANY
    answers = (_answer(form, kinds) for kinds in product(*operands))
    return frozenset[str]().union(*answers)


def words(kinds: Kinds) -> str:
    """Name kinds in a sentence."""
    if kinds == ANY:
        return "anything"
    return " or ".join(dict.fromkeys(_NOUNS[kind] for kind in _NOUNS if kind in kinds))


@lru_cache(maxsize=10_000)
def _answer(form: str, kinds: tuple[str, ...]) -> Kinds:
    """Ask the interpreter, with examples: it is the one that knows what goes with what."""
    program = _program(form)
    found: set[str] = set()
    depends = False
    for values in product(*(_EXAMPLES[kind] for kind in kinds)):
        try:
            found.add(_kind(program.execute(dict(zip(_OPERANDS, values, strict=False)))))
        except UNDECIDED as error:
            depends |= not _is_about_kinds(error)
    if not found:
        return ANY if depends else frozenset()
    if not found & TRUTH or (form in _SAMENESS and _never_same(form, kinds, found)):
        return frozenset(found)
    return frozenset(found | TRUTH)


def _never_same(form: str, kinds: tuple[str, ...], found: Iterable[str]) -> bool:
    left, right = kinds
    if left == right or (form == "{} in {}" and right in _HOLD_ANYTHING):
        return False
    return ("false" if form == "{} != {}" else "true") not in found


@lru_cache(maxsize=500)
def _program(form: str) -> "Program":
    return compiled(form.format(*_OPERANDS))


def _is_about_kinds(error: Exception) -> bool:
    """Tell an error that every value of these kinds meets from one that depends on the value."""
    return isinstance(error, TypeError) or str(error).startswith("Undefined variable or function")


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return "int"
        case float():
            return "double"
        case str():
            return "text"
        case bytes():
            return "bytes"
        case dict():
            return "map"
        case timedelta():
            return "duration"
        case datetime():
            return "timestamp"
        case _:
            return "list"
