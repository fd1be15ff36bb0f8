"""Conditions as plain data: the `if`, `allow_missing` and `when` of a rule, read and written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, assert_never

from leadflow.core import expression_types, expressions
from leadflow.core.conditions import (
    ATTRIBUTES,
    NUMBERS,
    Condition,
    NoneOf,
    OneOf,
    Prefix,
    Range,
    Test,
)
from leadflow.core.document import Reader, is_number, listed, within
from leadflow.core.expressions import Expression
from leadflow.core.lead import Scalar
from leadflow.errors import InputError, Problem

KEYS = ("if", "allow_missing", "when")
OPERATORS = ("prefix", "not", "min", "max")

Kind = Literal["number", "text", "any"]

_EXPECTED: Mapping[Kind, tuple[str, str]] = {
    # YAML reads 94110 as a number, and NO and ON as false and true.
    "text": ("a text", "a text; in YAML, put it in quotes"),
    "number": ("a number", "a number"),
    "any": ("a value", "a text, a number, true or false"),
}


class ConditionReader(Reader):
    """Reads the keys of a rule that make its condition."""

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
        if not isinstance(wanted, Mapping):
            yield OneOf(attribute, tuple(self._values(wanted, kind, field)))
            return
        self.mapping(wanted, field, OPERATORS)
        if not wanted:
            self.refuse(field, "is empty", f"one of {listed(OPERATORS)}")
        if "prefix" in wanted:
            yield Prefix(attribute, tuple(self._prefixes(wanted["prefix"], kind, field)))
        if "not" in wanted:
            place = within(field, "not")
            yield NoneOf(attribute, tuple(self._values(wanted["not"], kind, place)))
        if "min" in wanted or "max" in wanted:
            yield self._range(attribute, kind, wanted, field)

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


def read_condition(document: object, field: str) -> Condition:
    """Read a condition that stands by itself, such as what a destination asks of leads.

    Raises:
        InputError: with all that is wrong with it, by paths such as `filter.if.score.min`.
    """
    reader = ConditionReader()
    condition = reader.alone(document, field)
    if reader.problems:
        raise InputError("The condition does not fit", reader.problems)
    return condition


def condition_problems(document: object, field: str) -> Sequence[Problem]:
    """Find all that is wrong with a condition that stands by itself."""
    reader = ConditionReader()
    reader.alone(document, field)
    return reader.problems


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
        case _:
            assert_never(test)
    tests[test.attribute] = {**tests.get(test.attribute, {}), **wanted}


def _one_or_list(values: Sequence[Scalar]) -> object:
    return values[0] if len(values) == 1 else list(values)
