"""Find expressions that no lead can make true, because kinds of values do not go together.

An expression is read from left to right, and for each part it is known of what kinds its value may
be. It is refused when true is not among those of the whole: so one that is refused holds for no
lead. What is not understood may be anything. A part without an answer is no reason to refuse the
whole, for `a || b` is true when one side is, whatever becomes of the other.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from leadflow.core.expression_tokens import Token, tokens
from leadflow.core.expressions import LOOPS, TYPES
from leadflow.core.kinds import ANY, TRUTH, Kinds, combined, kinds_of, words
from leadflow.errors import Problem

MAX_DEPTH = 25  # brackets in brackets; what is deeper is not looked at

_STRENGTH: Mapping[str, int] = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
_WORDS: Mapping[str, Kinds] = {
    **{word: frozenset((word,)) for word in ("true", "false", "null")},
    **dict.fromkeys(TYPES, ANY),
}
_NEVER: Kinds = frozenset()
_TEXT, _BYTES, _TEXTS, _LIST, _MAP = (
    frozenset((kind,)) for kind in ("text", "bytes", "texts", "list", "map")
)
_FALSE: Kinds = frozenset(("false",))
_HOLDERS: Kinds = _TEXTS | _LIST | _MAP

_TRUTH_WANTED = "an expression that is true or false, such as `lead.score > 50`"
_GO_TOGETHER = "kinds that go together; `int()`, `double()` and `string()` convert"


class Fault(Struct, frozen=True):
    """A part of an expression that cannot do what it is there for."""

    reason: str
    expected: str


class Typed(Struct, frozen=True):
    """What is known of an expression before there is a lead."""

    kinds: Kinds
    faults: tuple[Fault, ...] = ()  # from left to right, the innermost first


def problems(source: str, field: str) -> Iterator[Problem]:
    """Say why an expression in which `expressions.problems` finds none can never be true."""
    typed = typed_of(source)
    if "true" in typed.kinds:
        return
    for fault in typed.faults:
        yield Problem(field, fault.reason, fault.expected)
    if not typed.faults:
        told = f"is {words(typed.kinds)}, neither true nor false"
        never = not typed.kinds - TRUTH
        yield Problem(field, "is never true" if never else told, _TRUTH_WANTED)


@lru_cache(maxsize=2000)
def typed_of(source: str) -> Typed:
    """Work out what an expression may be."""
    reader = _Reader(source)
    try:
        kinds = reader.whole()
    except _NotUnderstoodError:
        return Typed(ANY)
    return Typed(kinds, tuple(reader.faults))


class _NotUnderstoodError(Exception):
    """The expression has something in it that is not read here."""


class _Reader:
    """Reads one expression, and works out the kinds of each part on the way."""

    def __init__(self, source: str) -> None:
        self.faults: list[Fault] = []
        self._source = source
        self._tokens = tuple(tokens(source))
        self._at = 0
        self._depth = 0
        self._loop: Mapping[str, Kinds] = {}  # the name that a loop brings

    def whole(self) -> Kinds:
        kinds = self._expression()
        if self._next.kind != "end":
            raise _NotUnderstoodError
        return kinds

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, sign: str) -> bool:
        if self._next.kind != "sign" or self._next.text != sign:
            return False
        self._at += 1
        return True

    def _need(self, sign: str) -> None:
        if not self._takes(sign):
            raise _NotUnderstoodError

    def _quoted(self, began: int) -> str:
        """Quote what was read since a place."""
        return f"`{self._source[began : self._tokens[self._at - 1].ended]}`"

    def _expression(self) -> Kinds:
        """Read a whole one: operators, and a choice between two."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _NotUnderstoodError
        began = self._next.began
        kinds = self._operators(1)
        if self._next.text == "?":
            kinds = self._choice(self._truth(kinds, self._quoted(began)))
        self._depth -= 1
        return kinds

    def _choice(self, asked: Kinds) -> Kinds:
        self._need("?")
        yes = self._operators(1)
        self._need(":")
        no = self._expression()
        return (yes if "true" in asked else _NEVER) | (no if "false" in asked else _NEVER)

    def _operators(self, weakest: int) -> Kinds:
        """Read operands joined by operators that bind at least as strongly as `weakest`."""
        began = self._next.began
        left = self._operand()
        while (strength := _STRENGTH.get(self._next.text, 0)) >= weakest:
            quoted, operator, middle = self._quoted(began), self._take().text, self._next.began
            right = self._operators(strength + 1)
            if operator in ("||", "&&"):
                left = self._truth(left, quoted)
                left = _joined(operator, left, self._truth(right, self._quoted(middle)))
            else:
                left = self._applied(began, f"{{}} {operator} {{}}", left, right)
        return left

    def _operand(self) -> Kinds:
        """Read a value with its sign. Two of a kind do nothing, not even fail."""
        sign, odd = self._next, False
        if sign.text not in ("!", "-"):
            return self._member()
        while self._takes(sign.text):
            odd = not odd
        began = self._next.began
        kinds = self._member()
        if not odd:
            return kinds
        if sign.text == "-":
            return self._applied(sign.began, "-{}", kinds)
        return _denied(self._truth(kinds, self._quoted(began)))

    def _member(self) -> Kinds:
        """Read a value and what is asked of it: `.name`, `.function()`, `[index]`."""
        began = self._next.began
        kinds = self._primary()
        while True:
            if self._takes("["):
                index = self._expression()
                self._need("]")
                known = not kinds & (_LIST | _MAP)
                kinds = self._applied(began, "{}[{}]", kinds, index) if known else ANY
            elif self._takes("."):
                name = self._name()
                called = self._takes("(")
                kinds = self._method(began, name, kinds) if called else self._selected(began, kinds)
            else:
                return kinds

    def _primary(self) -> Kinds:
        token = self._take()
        match token.kind, token.text:
            case "text", text:
                return _BYTES if "b" in text[:2].lower().partition(text[-1])[0] else _TEXT
            case "int" | "double" as kind, _:
                return frozenset((kind,))
            case "name", name:
                return self._named(token.began, name)
            case "sign", "(":
                kinds = self._expression()
                self._need(")")
                return kinds
            case "sign", "[":
                items = self._items("]")
                return _TEXTS if items and all(item == _TEXT for item in items) else _LIST
            case "sign", "{":
                self._entries()
                return _MAP
            case _:
                raise _NotUnderstoodError

    def _named(self, began: int, name: str) -> Kinds:
        if name in self._loop:
            return self._loop[name]
        if name == "lead":
            return self._attribute()
        if self._takes("("):
            return self._function(began, name, self._items(")"))
        if name in _WORDS:
            return _WORDS[name]
        raise _NotUnderstoodError

    def _attribute(self) -> Kinds:
        self._need(".")
        name = self._name()
        if name == "data":
            self._need(".")
            name = f"data.{self._name()}"
        return kinds_of(name)

    def _name(self) -> str:
        token = self._take()
        if token.kind != "name":
            raise _NotUnderstoodError
        return token.text

    def _items(self, end: str) -> list[Kinds]:
        """Read what stands between commas, the last of which may be followed by one."""
        items: list[Kinds] = []
        while not self._takes(end):
            items.append(self._expression())
            if not self._takes(","):
                self._need(end)
                break
        return items

    def _entries(self) -> None:
        while not self._takes("}"):
            self._expression()
            self._need(":")
            self._expression()
            if not self._takes(","):
                self._need("}")
                break

    def _selected(self, began: int, kinds: Kinds) -> Kinds:
        return ANY if kinds & _MAP else self._applied(began, "{}.member", kinds)

    def _function(self, began: int, name: str, operands: list[Kinds]) -> Kinds:
        if name == "has":
            return TRUTH
        if name == "type":  # a type is of a kind of its own
            return ANY
        places = ", ".join(["{}"] * len(operands))
        return self._applied(began, f"{name}({places})", *operands)

    def _method(self, began: int, name: str, kinds: Kinds) -> Kinds:
        if name in LOOPS:
            return self._looped(began, name, kinds)
        operands = self._items(")")
        places = ", ".join(["{}"] * len(operands))
        return self._applied(began, f"{{}}.{name}({places})", kinds, *operands)

    def _looped(self, began: int, name: str, over: Kinds) -> Kinds:
        """Read a loop. Only one that runs may find what it looks for."""
        each = self._name()
        if each == "lead":
            raise _NotUnderstoodError
        self._need(",")
        self._loop = {each: _TEXT if over == _TEXTS else ANY}
        bodies = [
            body if name == "map" else self._truth(body, "what the loop asks")
            for body in self._items(")")
        ]
        self._loop = {}
        if over and not over & _HOLDERS:
            self._blame(began, "has no answer", f"{words(over)} is no list")
            return _NEVER
        match name:
            case "map":
                return _LIST
            case "filter":
                return _LIST | (over & _TEXTS)
            case "exists" | "exists_one" if not any("true" in body for body in bodies):
                return _FALSE
            case _:
                return TRUTH

    def _applied(self, began: int, form: str, *operands: Kinds) -> Kinds:
        kinds = combined(form, *operands)
        told = form.format(*map(words, operands))
        if not kinds and all(operands):
            self._blame(began, "has no answer", told)
        elif len(kinds) == 1 and kinds <= TRUTH and len({words(each) for each in operands}) == 2:
            self._blame(began, "is never true" if kinds == _FALSE else "is always true", told)
        return kinds

    def _truth(self, kinds: Kinds, quoted: str) -> Kinds:
        """Take what has to be true or false to decide anything."""
        if kinds and not kinds & TRUTH:
            reason = f"{quoted} is {words(kinds)}, neither true nor false"
            self.faults.append(Fault(reason, _TRUTH_WANTED))
        return kinds & TRUTH

    def _blame(self, began: int, what: str, why: str) -> None:
        self.faults.append(Fault(f"{self._quoted(began)} {what}: {why}", _GO_TOGETHER))


def _joined(operator: str, left: Kinds, right: Kinds) -> Kinds:
    """Join two sides: for `&&` false decides, for `||` true, even if the other has no answer."""
    decides, other = ("false", "true") if operator == "&&" else ("true", "false")
    found = {decides} & (left | right) | {other} & left & right
    return frozenset(found)


def _denied(kinds: Kinds) -> Kinds:
    return frozenset("false" if kind == "true" else "true" for kind in kinds)
