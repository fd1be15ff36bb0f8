"""Free conditions over one lead, in CEL, the Common Expression Language (cel.dev).

An expression sees `lead`, whose members are the attributes, and `lead.data`, whose members are the
fields of the lead's vertical. Text is compared as it is written, capitals included.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from leadflow.core.document import listed
from leadflow.core.expression_tokens import COMMENT, TEXT
from leadflow.core.lead import Value
from leadflow.errors import Problem

if TYPE_CHECKING:
    from cel import Context, Program

# A chain of some 20,000 operators overflows the interpreter's stack and kills the process.
MAX_CHARACTERS = 2000

# A loop inside a loop lets 2,000 characters ask for billions of steps.
MAX_LOOPS = 1
LOOPS = frozenset(("all", "exists", "exists_one", "filter", "map"))

CONVERSIONS = ("bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint")
TYPES = frozenset((*CONVERSIONS, "bool", "list", "map", "null_type"))
FUNCTIONS = frozenset(
    (
        *CONVERSIONS,
        *("contains", "endsWith", "matches", "size", "startsWith"),
        *("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getMonth"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
    )
)

# Everything the interpreter may raise over values it did not expect.
UNDECIDED = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)

_NOT_CODE = re.compile(f"{COMMENT} | {TEXT}", re.VERBOSE | re.DOTALL)
# Not before a bracket: `lead.data.size()` calls a function, and reads `lead.data` as a whole.
_MEMBER = re.compile(r"\blead\s*\.\s*(data\s*\.\s*)?([A-Za-z_]\w*)\b(?!\s*\()")
_WORD = re.compile(r"[A-Za-z_]\w*")
_FAULT = re.compile(r"ERROR: <input>:(\d+):(\d+): (Syntax error: )?(.*?)(?: expecting .*)?$", re.M)


class Expression(Struct, frozen=True, dict=True):
    """An expression in which `problems` finds none."""

    source: str

    @cached_property
    def program(self) -> "Program":
        return compiled(self.source)

    @cached_property
    def mentions(self) -> frozenset[str]:
        """Name the attributes it reads, vertical's fields as `data.make`."""
        return frozenset(_mentions(_code(self.source)))


def problems(source: str, field: str, attributes: frozenset[str]) -> Iterator[Problem]:
    """Find what keeps `source` from being a condition on a lead that has these attributes.

    Every attribute has to be named in the open, as `lead.score`: then it is known beforehand what
    an expression reads, and a misspelt name is found before it silently matches nothing.
    """
    if len(source) > MAX_CHARACTERS:
        reason = f"is {len(source)} characters long"
        yield Problem(field, reason, f"at most {MAX_CHARACTERS} characters")
        return
    try:
        program = compiled(source)
    except ValueError as error:
        yield Problem(field, _fault(source, error), "a CEL expression such as `lead.score > 50`")
        return
    code = _code(source)
    yield from _unknown_names(program, code, field)
    yield from _unknown_attributes(code, field, attributes)


def context(names: Iterable[str], attributes: Mapping[str, Value]) -> "Context":
    """Lay out the named attributes for `holds`: the costly part, so name only what is mentioned.

    A text that is no Unicode, such as half a character, is not known.
    """
    known = {name: attributes[name] for name in names if name in attributes}
    try:
        return _laid_out(known)
    except ValueError:
        return _laid_out({name: value for name, value in known.items() if _is_unicode(value)})


def holds(expression: Expression, seen: "Context") -> bool:
    """Tell whether it is true. A missing attribute or a value of another type: it is not."""
    try:
        return expression.program.execute(seen) is True
    except UNDECIDED:
        return False


def failing(expression: Expression, seen: "Context") -> str | None:
    """Say in words why it does not hold; None when it does."""
    try:
        result = expression.program.execute(seen)
    except KeyError as error:
        return f"`{expression.source}` needs {error.args[0]}, which is not known"
    except UNDECIDED as error:
        return f"`{expression.source}` has no answer: {str(error).partition('. ')[0]}"
    if result is True:
        return None
    return f"`{expression.source}` is {'false' if result is False else 'neither true nor false'}"


def compiled(source: str) -> "Program":
    """Make an expression ready.

    Raises:
        ValueError: it is none.
    """
    # It brings a command line along and takes a second to import: only those who use it wait.
    import cel  # noqa: PLC0415

    return cel.compile(source)


def _laid_out(attributes: Mapping[str, Value]) -> "Context":
    import cel  # noqa: PLC0415 - see compiled

    lead: dict[str, object] = {}
    data: dict[str, Value] = {}
    for name, value in attributes.items():
        if name.startswith("data."):
            data[name.removeprefix("data.")] = value
        else:
            lead[name] = value
    return cel.Context(variables={"lead": {**lead, "data": data}})


def _is_unicode(value: Value) -> bool:
    try:
        "".join(value if isinstance(value, Sequence) else ()).encode()
    except UnicodeEncodeError:
        return False
    return True


def _code(source: str) -> str:
    """Leave out texts and comments, whose words mean nothing."""
    return _NOT_CODE.sub(" ", source)


def _mentions(code: str) -> Iterator[str]:
    for data, name in _MEMBER.findall(code):
        yield f"data.{name}" if data else name


def _unknown_names(program: "Program", code: str, field: str) -> Iterator[Problem]:
    loops = sum(word in LOOPS for word in _WORD.findall(code))
    if loops > MAX_LOOPS:
        yield Problem(field, f"has {loops} loops", f"at most {MAX_LOOPS} of {listed(LOOPS)}")
    for name in program.functions():
        if name.isidentifier() and name not in FUNCTIONS:
            yield Problem(field, f"there is no function {name}", f"one of {listed(FUNCTIONS)}")
    names = [name for name in program.variables() if name != "lead" and name not in TYPES]
    if len(names) > loops:  # a loop brings one name of its own
        yield Problem(field, f"{listed(names)} is not known here", "`lead` and its attributes")


def _unknown_attributes(code: str, field: str, attributes: frozenset[str]) -> Iterator[Problem]:
    for name in sorted(set(_mentions(code))):
        if name == "data":
            yield Problem(field, "`lead.data` as a whole is read", "a field, as `lead.data.make`")
        elif not name.startswith("data.") and name not in attributes:
            yield Problem(field, f"there is no lead.{name}", f"one of {listed(attributes)}, data")
    if "lead" in _WORD.findall(_MEMBER.sub(" ", code)):
        yield Problem(field, "`lead` as a whole is read", "an attribute, as `lead.score`")


def _fault(source: str, error: ValueError) -> str:
    """Find the first error of syntax: the others before and after it follow from it."""
    faults = _FAULT.findall(str(error)) or [("1", "1", "", "cannot be read")]
    line, character, _, what = next((fault for fault in faults if fault[2]), faults[0])
    where = f"its line {line}, " if "\n" in source.rstrip() else ""
    return f"{where}character {character}: {what}"
