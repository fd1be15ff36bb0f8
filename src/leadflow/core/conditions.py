"""What a rule asks of a lead: tests of single attributes, and a free expression over them all.

All tests must hold. An attribute that is not known holds no test, unless the rule allows it to be
missing. Text is compared without regard to capitals; an attribute with several values passes when
one of them does.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property, partial
from math import inf
from typing import Literal, assert_never

from msgspec import Struct

from leadflow.core import expressions
from leadflow.core.distance import KM_PER_MILE, Point, km_between, read
from leadflow.core.expressions import Expression
from leadflow.core.lead import Scalar, Value

NUMBERS = frozenset(("budget_minor", "quality", "score"))
TEXTS = frozenset(
    (
        *("channel", "source", "traffic_source", "vertical"),
        *("country", "region", "state", "county", "city", "zip", "position", "time_zone"),
        *("email_kind", "phone_kind", "phone_region"),
        *("priority", "size", "industry", "territory", "company"),
    )
)
ATTRIBUTES = NUMBERS | TEXTS  # and `data.` with any field of any vertical

Unit = Literal["miles", "km"]

_SHOWN = 5  # values of a long list that a sentence names


class OneOf(Struct, frozen=True, tag="one_of"):
    attribute: str
    values: tuple[Scalar, ...]


class NoneOf(Struct, frozen=True, tag="none_of"):
    """No value of the attribute is one of these."""

    attribute: str
    values: tuple[Scalar, ...]


class Prefix(Struct, frozen=True, tag="prefix"):
    """The text begins with one of these."""

    attribute: str
    prefixes: tuple[str, ...]


class Range(Struct, frozen=True, tag="range"):
    """The number lies between these, both included."""

    attribute: str
    min: int | float | None = None
    max: int | float | None = None


class Circle(Struct, frozen=True):
    """All places up to so far from the middle of a zip."""

    of: str  # the zip, as people know the middle
    at: Point  # where that is
    radius: float  # in the unit
    unit: Unit

    @property
    def km(self) -> float:
        return self.radius * (KM_PER_MILE if self.unit == "miles" else 1)


class Within(Struct, frozen=True, tag="within"):
    """The point lies in one of these circles."""

    attribute: str
    circles: tuple[Circle, ...]


Test = OneOf | NoneOf | Prefix | Range | Within
Check = Callable[[Value], bool]


class Condition(Struct, frozen=True, dict=True):
    """All a rule asks. Without tests and expression, every lead will do."""

    tests: tuple[Test, ...] = ()
    allow_missing: tuple[str, ...] = ()  # attributes whose tests hold when they are not known
    when: Expression | None = None

    @cached_property
    def checks(self) -> tuple[tuple[str, Check, bool], ...]:
        """The tests made ready: attribute, check of its value, answer when there is none."""
        return tuple(
            (test.attribute, _check(test), test.attribute in self.allow_missing)
            for test in self.tests
        )


def holds(condition: Condition, attributes: Mapping[str, Value]) -> bool:
    """Tell whether the lead meets the condition."""
    if not tests_hold(condition, attributes):
        return False
    when = condition.when
    return when is None or expressions.holds(when, expressions.context(when.mentions, attributes))


def tests_hold(condition: Condition, attributes: Mapping[str, Value]) -> bool:
    """Tell whether all tests of single attributes hold, whatever the expression says."""
    for attribute, check, when_missing in condition.checks:
        value = attributes.get(attribute)
        if not (when_missing if value is None else check(value)):
            return False
    return True


def failing(condition: Condition, attributes: Mapping[str, Value]) -> str | None:
    """Say in words which test fails first, with the value seen; None when all hold."""
    for test, (attribute, check, when_missing) in zip(
        condition.tests, condition.checks, strict=True
    ):
        value = attributes.get(attribute)
        if value is None and not when_missing:
            return f"{attribute} is not known"
        if value is not None and not check(value):
            return f"{attribute} is {shown(value)}, {_missed(test, value)}"
    when = condition.when
    if when is None:
        return None
    return expressions.failing(when, expressions.context(when.mentions, attributes))


def seen(condition: Condition, attributes: Mapping[str, Value]) -> str:
    """Name the values that the condition looks at: `state is CA, data.make is not known`."""
    names = [test.attribute for test in condition.tests]
    if condition.when is not None:
        names += sorted(condition.when.mentions)
    return ", ".join(
        f"{name} is {shown(attributes[name]) if name in attributes else 'not known'}"
        for name in dict.fromkeys(names)
    )


def shown(value: Value) -> str:
    """Write a value as people would."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case _:
            return ", ".join(value) or "empty"


def _check(test: Test) -> Check:
    match test:
        case OneOf(values=values):
            return partial(_is_one_of, frozenset(map(folded, values)))
        case NoneOf(values=values):
            return partial(_is_none_of, frozenset(map(folded, values)))
        case Prefix(prefixes=prefixes):
            return partial(_begins_with, tuple(prefix.casefold() for prefix in prefixes))
        case Range(min=low, max=high):
            return partial(_lies_in, -inf if low is None else low, inf if high is None else high)
        case Within(circles=circles):
            return partial(_is_within, circles)
        case _:
            assert_never(test)


def folded(value: Scalar) -> Hashable:
    """Bring a value into the form in which it is compared."""
    if isinstance(value, str):
        return value.casefold()
    # True equals 1 in Python, and "yes" is not the number one.
    return (value,) if isinstance(value, bool) else value


def _is_one_of(wanted: frozenset[Hashable], value: Value) -> bool:
    if isinstance(value, str):  # nearly always
        return value.casefold() in wanted
    if isinstance(value, int | float):
        return folded(value) in wanted
    return any(each.casefold() in wanted for each in value)


def _is_none_of(excluded: frozenset[Hashable], value: Value) -> bool:
    return not _is_one_of(excluded, value)


def _begins_with(prefixes: tuple[str, ...], value: Value) -> bool:
    if isinstance(value, str):
        return value.casefold().startswith(prefixes)
    if isinstance(value, int | float):
        return False
    return any(each.casefold().startswith(prefixes) for each in value)


def _lies_in(low: float, high: float, value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _is_within(circles: tuple[Circle, ...], value: Value) -> bool:
    point = read(value) if isinstance(value, str) else None
    return point is not None and any(
        km_between(point, circle.at) <= circle.km for circle in circles
    )


def _missed(test: Test, value: Value) -> str:
    match test:
        case OneOf(values=values):
            return f"not {_either(map(shown, values))}"
        case NoneOf():
            return "which is excluded"
        case Prefix(prefixes=prefixes):
            return f"which does not begin with {_either(prefixes)}"
        case Range(min=low, max=high):
            return _missed_range(low, high, value)
        case Within(circles=circles):
            return _missed_circles(circles, value)
        case _:
            assert_never(test)


def _missed_range(low: float | None, high: float | None, value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "which is not a number"
    if low is None:
        return f"not {high} or less"
    return f"not {low} or more" if high is None else f"not from {low} to {high}"


def _missed_circles(circles: tuple[Circle, ...], value: Value) -> str:
    point = read(value) if isinstance(value, str) else None
    if point is None:
        return "which is no point"
    away = (
        f"{km_between(point, circle.at) * circle.radius / circle.km:.1f} {circle.unit} "
        f"from {circle.of}, not {circle.radius:g} or less"
        for circle in circles
    )
    return " and ".join(away)


def _either(names: Iterable[str]) -> str:
    names = list(names)
    if len(names) > _SHOWN:
        return f"{', '.join(names[:_SHOWN])} or {len(names) - _SHOWN} others"
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
