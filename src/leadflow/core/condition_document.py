"""Conditions as plain data: the `if`, `allow_missing` and `when` of a rule, read and written."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, assert_never

from leadflow.core import expression_types, expressions
from leadflow.core.conditions import (
    ATTRIBUTES,
    NUMBERS,
    Circle,
    Condition,
    NoneOf,
    OneOf,
    Prefix,
    Range,
    Test,
    Unit,
    Within,
)
from leadflow.core.distance import Point
from leadflow.core.document import Reader, is_number, listed, within
from leadflow.core.expressions import Expression
from leadflow.core.lead import Scalar
from leadflow.errors import InputError

KEYS = ("if", "allow_missing", "when")
OPERATORS = ("prefix", "not", "min", "max", "within")
POSITION = "position"

CentreOf = Callable[[str], Point | None]
"""Tells where the middle of a zip is; None: there is no such zip, or nobody knows."""

_UNITS: Mapping[Unit, int] = {"miles": 12_000, "km": 20_000}  # farther away there is nothing
_CIRCLE = ("miles", "km", "of", "at")

_SUCH_AS = '{within: {miles: 25, of: "94110"}}'

_ZIP = re.compile(r"\d{5}", re.ASCII)

Kind = Literal["number", "text", "any"]

_EXPECTED: Mapping[Kind, tuple[str, str]] = {
    # YAML reads 94110 as a number, and NO and ON as false and true.
    "text": ("a text", "a text; in YAML, put it in quotes"),
    "number": ("a number", "a number"),
    "any": ("a value", "a text, a number, true or false"),
}


class ConditionReader(Reader):
    """Reads the keys of a rule that make its condition.

    Args:
        centre_of: finds the middle of a zip, where a document does not say it.
    """

    def __init__(self, centre_of: CentreOf | None = None) -> None:
        super().__init__()
        self._centre_of = centre_of

    def condition(self, rule: Mapping[str, object], field: str) -> Condition:
        tests = tuple(self._tests(rule.get("if", {}), within(field, "if")))
        tested = [test.attribute for test in tests]
        allowed = rule.get("allow_missing", ())
        return Condition(
            tests=tests,
            allow_missing=tuple(self._allowed(allowed, tested, within(field, "allow_missing"))),
            when=self._expression(rule["when"], within(field, "when")) if "when" in rule else None,
        )

    def alone(self, document: object, field: str) -> Condition:
        """Read a condition that is not part of a rule."""
        return self.condition(self.mapping(document, field, KEYS) or {}, field)

    def _tests(self, value: object, field: str) -> Iterator[Test]:
        if not isinstance(value, Mapping):
            self.refuse_value(field, value, "a mapping", "a mapping of attributes to values")
            return
        for attribute, wanted in value.items():
            place = within(field, attribute)
            if kind := kind_of(attribute):
                yield from self._tests_of(attribute, kind, wanted, place)
            else:
                names = f"one of {listed(ATTRIBUTES)}, or data. with a field's name"
                self.refuse(place, "there is no such attribute", names)

    def _tests_of(self, attribute: str, kind: Kind, wanted: object, field: str) -> Iterator[Test]:
        if attribute == POSITION:
            yield from self._within(wanted, field)
            return
        if not isinstance(wanted, Mapping):
            yield OneOf(attribute, tuple(self._values(wanted, kind, field)))
            return
        self.mapping(wanted, field, OPERATORS)
        if "within" in wanted:
            self.refuse(within(field, "within"), "is for position", f"{POSITION}: {_SUCH_AS}")
        if not wanted:
            self.refuse(field, "is empty", f"one of {listed(OPERATORS)}")
        if "prefix" in wanted:
            yield Prefix(attribute, tuple(self._prefixes(wanted["prefix"], kind, field)))
        if "not" in wanted:
            place = within(field, "not")
            yield NoneOf(attribute, tuple(self._values(wanted["not"], kind, place)))
        if "min" in wanted or "max" in wanted:
            yield self._range(attribute, kind, wanted, field)

    def _within(self, wanted: object, field: str) -> Iterator[Within]:
        """Read circles: a position is a point, and nothing else can be asked of it."""
        parts = self.mapping(wanted, field, ("within",))
        if parts is None:
            return
        place = within(field, "within")
        if "within" not in parts:
            self.refuse(place, "is missing", f"{POSITION}: {_SUCH_AS}")
            return
        circles = (self._circle(each, at) for at, each in self._each(parts["within"], place))
        yield Within(POSITION, tuple(filter(None, circles)))

    def _circle(self, value: object, field: str) -> Circle | None:
        parts = self.mapping(value, field, _CIRCLE)
        if parts is None:
            return None
        units = [unit for unit in _UNITS if unit in parts]
        if len(units) != 1:
            reason = "has both miles and km" if units else "has no radius"
            self.refuse(field, reason, "one of them: miles, or km")
            return None
        [unit] = units
        radius = self._radius(parts[unit], unit, within(field, unit))
        of = parts.get("of")
        if not isinstance(of, str) or not _ZIP.fullmatch(of):
            self.refuse_value(within(field, "of"), of, "a zip", "five digits, in quotes")
            return None
        at = self._centre(of, parts.get("at"), field)
        return None if at is None else Circle(of, at, radius, unit)

    def _radius(self, value: object, unit: Unit, field: str) -> float:
        most = _UNITS[unit]
        if is_number(value) and 0 < value <= most:
            return value
        expected = f"a number above 0, up to {most}"
        self.refuse_value(field, value, expected, expected)
        return 1

    def _centre(self, of: str, at: object, field: str) -> Point | None:
        """Take the middle from the document, which is how rules are stored, or look it up."""
        if at is not None:
            return self._point(at, within(field, "at"))
        centre = None if self._centre_of is None else self._centre_of(of)
        if centre is None:
            expected = "a zip of the United States that is somewhere"
            self.refuse(within(field, "of"), f"nobody knows where {of} is", expected)
        return centre

    def _point(self, value: object, field: str) -> Point | None:
        match value:
            case [latitude, longitude] if is_number(latitude) and is_number(longitude):
                if abs(latitude) <= 90 and abs(longitude) <= 180:
                    return Point(latitude, longitude)
        expected = "latitude and longitude in degrees, or nothing: it is looked up"
        self.refuse_value(field, value, "a point", expected)
        return None

    def _values(self, value: object, kind: Kind, field: str) -> Iterator[Scalar]:
        for place, each in self._each(value, field):
            match each:
                case str() if each and kind != "number":
                    yield each
                case bool() if kind == "any":
                    yield each
                case int() | float() if is_number(each) and kind != "text":
                    yield each
                case _:
                    self.refuse_value(place, each, *_EXPECTED[kind])

    def _prefixes(self, value: object, kind: Kind, field: str) -> Iterator[str]:
        place = within(field, "prefix")
        if kind == "number":
            self.refuse(place, "the attribute is a number", "min and max")
            return
        for where, each in self._each(value, place):
            if isinstance(each, str) and each:
                yield each
            else:
                self.refuse_value(where, each, *_EXPECTED["text"])

    def _range(self, attribute: str, kind: Kind, wanted: Mapping[str, object], field: str) -> Range:
        if kind == "text":
            self.refuse(field, "the attribute is a text", "values, prefix or not")
        bounds = {
            key: self._bound(wanted[key], within(field, key))
            for key in ("min", "max")
            if key in wanted
        }
        if len(bounds) == 2 and bounds["min"] > bounds["max"]:
            expected = f"a number up to max, which is {bounds['max']}"
            self.refuse(within(field, "min"), f"{bounds['min']} is above max", expected)
        return Range(attribute, bounds.get("min"), bounds.get("max"))

    def _bound(self, value: object, field: str) -> int | float:
        if is_number(value):
            return value
        self.refuse_value(field, value, *_EXPECTED["number"])
        return 0

    def _each(self, value: object, field: str) -> Iterator[tuple[str, object]]:
        """Take one value or a list of them, each with its place."""
        if not isinstance(value, list | tuple):
            yield field, value
            return
        if not value:
            self.refuse(field, "is an empty list", "at least one value")
        for index, each in enumerate(value):
            yield f"{field}[{index}]", each

    def _allowed(self, value: object, tested: Sequence[str], field: str) -> Iterator[str]:
        expected = f"one of those that `if` tests: {listed(tested) or 'none'}"
        for index, name in enumerate(self.items(value, field, "attributes")):
            if isinstance(name, str) and name in tested:
                yield name
            else:
                self.refuse_value(f"{field}[{index}]", name, "tested by `if`", expected)

    def _expression(self, value: object, field: str) -> Expression:
        source = self.text(value, field, longest=expressions.MAX_CHARACTERS)
        if source:
            found = list(expressions.problems(source, field, ATTRIBUTES))
            self.problems.extend(found or expression_types.problems(source, field))
        return Expression(source)


def read_condition(document: object, field: str, centre_of: CentreOf | None = None) -> Condition:
    """Read a condition that stands by itself, such as what a destination asks of leads.

    Args:
        document: plain data.
        field: its path, for problems.
        centre_of: finds the middle of a zip, where the document does not say it.

    Raises:
        InputError: with all that is wrong with it, by paths such as `filter.if.score.min`.
    """
    reader = ConditionReader(centre_of)
    condition = reader.alone(document, field)
    if reader.problems:
        raise InputError("The condition does not fit", reader.problems)
    return condition


def kind_of(attribute: object) -> Kind | None:
    """Tell what the values of an attribute are; None when there is no such attribute."""
    if not isinstance(attribute, str):
        return None
    if attribute in NUMBERS:
        return "number"
    if attribute in ATTRIBUTES:
        return "text"
    group, _, name = attribute.partition(".")
    return "any" if group == "data" and name else None


def write(condition: Condition) -> dict[str, object]:
    """Write a condition as the keys `ConditionReader` reads."""
    keys: dict[str, object] = {}
    if condition.tests:
        tests: dict[str, Any] = {}
        for test in condition.tests:
            _write_test(test, tests)
        keys["if"] = tests
    if condition.allow_missing:
        keys["allow_missing"] = list(condition.allow_missing)
    if condition.when is not None:
        keys["when"] = condition.when.source
    return keys


def _write_test(test: Test, tests: dict[str, Any]) -> None:
    match test:
        case OneOf(attribute, values):
            tests[attribute] = _one_or_list(values)
            return
        case NoneOf(_, values):
            wanted: dict[str, object] = {"not": _one_or_list(values)}
        case Prefix(_, prefixes):
            wanted = {"prefix": _one_or_list(prefixes)}
        case Range(_, low, high):
            bounds = {"min": low, "max": high}
            wanted = {key: bound for key, bound in bounds.items() if bound is not None}
        case Within(_, circles):
            wanted = {"within": [_write_circle(each) for each in circles]}
        case _:
            assert_never(test)
    tests[test.attribute] = {**tests.get(test.attribute, {}), **wanted}


def _write_circle(circle: Circle) -> dict[str, object]:
    at = [circle.at.latitude, circle.at.longitude]
    return {circle.unit: circle.radius, "of": circle.of, "at": at}


def _one_or_list(values: Sequence[Scalar]) -> object:
    return values[0] if len(values) == 1 else list(values)
