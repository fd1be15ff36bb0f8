"""Matching: which of many conditions a lead meets, without asking one after the other.

Conditions are numbered, and a set of them is an integer with a bit for each. For every attribute
that is tested there are such sets by value, made beforehand: of one value those conditions which do
not mind it. What a lead meets is the intersection over all attributes: a look-up and an `&` each,
whatever the number of conditions. Expressions are not in here: they are asked of who is left.

With n conditions a set takes n / 8 bytes. There is one for each distinct value, prefix or bound
that is named: 10,000 rules that name all 40,000 zips of the United States take 50 MB.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import accumulate, chain
from math import floor, inf
from operator import and_, or_
from typing import assert_never

from msgspec import Struct

from leadflow.core.conditions import (
    Circle,
    Condition,
    NoneOf,
    OneOf,
    Prefix,
    Range,
    Test,
    Within,
    folded,
)
from leadflow.core.distance import Point, box_around, km_between, read
from leadflow.core.lead import Scalar, Value

# Degrees that a field is high and wide. Fine ones tell the circles of a town apart; one of
# 20,000 km reaches into 65,000 of these (25 ms, half a megabyte), and into 300 coarse ones.
_FINE, _COARSE = 1, 15

_SLACK = 1e-6  # degrees, some 10 cm: what rounding may make of the edge of a circle

Bits = int
"""A set of conditions: bit i stands for the i-th."""

_Field = tuple[int, int, int]
"""A field of a map: its size in degrees, its row north of the equator, its column east of 0."""

Passing = Callable[[Value], Bits]
"""Tells which conditions a value passes: also all that do not test it."""


class _Column(Struct, frozen=True):
    """All tests of one kind that conditions make of one attribute."""

    attribute: str
    passing: Passing
    when_missing: Bits


class Index:
    """Finds, for any lead, the conditions whose tests all hold.

    Args:
        conditions: in their order. What holds is what `conditions.tests_hold` says.
    """

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._all: Bits = (1 << len(conditions)) - 1
        self._columns = tuple(_columns(conditions, self._all))

    def holding(self, attributes: Mapping[str, Value]) -> Iterator[int]:
        """Find the numbers of the conditions whose tests all hold, in their order."""
        left = self._all
        for column in self._columns:
            value = attributes.get(column.attribute)
            left &= column.when_missing if value is None else column.passing(value)
            if not left:
                return
        # Written out it is searched as text: each operation on the set itself would copy all of it.
        written = f"{left:b}"[::-1]
        number = written.find("1")
        while number >= 0:
            yield number
            number = written.find("1", number + 1)


def _columns(conditions: Sequence[Condition], everybody: Bits) -> Iterator[_Column]:
    """Sort the tests by attribute and kind; of a condition at most one test is in a column."""
    tests: dict[tuple[str, type[Test], int], dict[int, Test]] = defaultdict(dict)
    for number, condition in enumerate(conditions):
        repeated: dict[tuple[str, type[Test]], int] = defaultdict(int)
        for test in condition.tests:
            kind = test.attribute, type(test)
            tests[(*kind, repeated[kind])][number] = test
            repeated[kind] += 1
    for (attribute, _, _), asked in tests.items():
        indifferent = everybody & ~_bits(asked)
        allowed = _bits(n for n in asked if attribute in conditions[n].allow_missing)
        yield _Column(attribute, _passing(asked, everybody, indifferent), indifferent | allowed)


def _passing(asked: Mapping[int, Test], everybody: Bits, indifferent: Bits) -> Passing:
    first = next(iter(asked.values()))
    match first:
        case OneOf():
            return _one_of(asked, indifferent)
        case NoneOf():
            return _none_of(asked, everybody)
        case Prefix():
            return _prefix(asked, indifferent)
        case Range():
            return _range(asked, indifferent)
        case Within():
            return _within(asked, indifferent)
        case _:
            assert_never(first)


def _one_of(asked: Mapping[int, Test], indifferent: Bits) -> Passing:
    values = {n: test.values for n, test in asked.items() if isinstance(test, OneOf)}
    named = {value: bits | indifferent for value, bits in _by_value(values).items()}

    def passing(value: Value) -> Bits:
        if isinstance(value, str):  # nearly always
            return named.get(value.casefold(), indifferent)
        return reduce(or_, (named.get(each, indifferent) for each in _each(value)), indifferent)

    return passing


def _none_of(asked: Mapping[int, Test], everybody: Bits) -> Passing:
    values = {n: test.values for n, test in asked.items() if isinstance(test, NoneOf)}
    others = {value: everybody & ~bits for value, bits in _by_value(values).items()}

    def passing(value: Value) -> Bits:
        return reduce(and_, (others.get(each, everybody) for each in _each(value)), everybody)

    return passing


def _prefix(asked: Mapping[int, Test], indifferent: Bits) -> Passing:
    prefixes = {n: test.prefixes for n, test in asked.items() if isinstance(test, Prefix)}
    named = _by_value(prefixes)
    lengths = sorted({len(prefix) for prefix in named if isinstance(prefix, str)})

    def passing(value: Value) -> Bits:
        found = indifferent
        for text in _each(value):
            if isinstance(text, str):
                for length in lengths:
                    found |= named.get(text[:length], 0)
        return found

    return passing


def _range(asked: Mapping[int, Test], indifferent: Bits) -> Passing:
    """Keep, for each bound, the conditions whose minimum is up to it, or whose maximum from it."""
    lows, begun = _bounds({n: test.min for n, test in asked.items() if isinstance(test, Range)})
    highs, ended = _bounds(
        {
            n: None if test.max is None else -test.max
            for n, test in asked.items()
            if isinstance(test, Range)
        }
    )

    def passing(value: Value) -> Bits:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return indifferent
        if not -inf <= value <= inf:  # not a number after all: it lies in no order
            return indifferent
        within = begun[bisect_right(lows, value)] & ended[bisect_right(highs, -value)]
        return indifferent | within

    return passing


def _within(asked: Mapping[int, Test], indifferent: Bits) -> Passing:
    """Keep, for each field of a map, the circles that reach into it."""
    reaching: dict[_Field, list[tuple[Circle, Bits]]] = defaultdict(list)
    for circle, numbers in _by_circle(asked).items():
        entry = circle, _bits(numbers)
        for field in _fields(circle):
            reaching[field].append(entry)

    def passing(value: Value) -> Bits:
        point = read(value) if isinstance(value, str) else None
        if point is None:
            return indifferent
        fields = (_field(point, size) for size in (_FINE, _COARSE))
        near = chain.from_iterable(reaching.get(field, ()) for field in fields)
        inside = (bits for circle, bits in near if km_between(point, circle.at) <= circle.km)
        return reduce(or_, inside, indifferent)

    return passing


def _by_circle(asked: Mapping[int, Test]) -> dict[Circle, set[int]]:
    naming: dict[Circle, set[int]] = defaultdict(set)
    named = {n: test.circles for n, test in asked.items() if isinstance(test, Within)}
    for number, circles in named.items():
        for circle in circles:
            naming[circle].add(number)
    return naming


def _fields(circle: Circle) -> Iterator[_Field]:
    """Name the fields that a circle may reach into: coarse ones, if it is wider than these."""
    south, north, sideways = box_around(circle.at, circle.km)
    size = _FINE if sideways <= _COARSE else _COARSE
    middle, around = circle.at.longitude, 360 // size
    west = floor((middle - sideways - _SLACK) / size)
    east = floor((middle + sideways + _SLACK) / size)
    for row in range(floor((south - _SLACK) / size), floor((north + _SLACK) / size) + 1):
        for column in range(west, min(east, west + around - 1) + 1):
            yield size, row, column % around


def _field(point: Point, size: int) -> _Field:
    return size, floor(point.latitude / size), floor(point.longitude / size) % (360 // size)


def _bounds(bounds: Mapping[int, float | None]) -> tuple[list[float], list[Bits]]:
    """Sort bounds; with the i lowest of them come all conditions whose own is among these."""
    at: dict[float, Bits] = defaultdict(int)
    for number, bound in bounds.items():
        if bound is not None:
            at[bound] |= 1 << number
    ordered = sorted(at)
    unbounded = _bits(number for number, bound in bounds.items() if bound is None)
    return ordered, list(accumulate((at[bound] for bound in ordered), or_, initial=unbounded))


def _by_value(named: Mapping[int, Sequence[Scalar]]) -> dict[Hashable, Bits]:
    """Turn around which conditions name which values."""
    naming: dict[Hashable, set[int]] = defaultdict(set)
    for number, values in named.items():
        for value in values:
            naming[folded(value)].add(number)
    return {value: _bits(numbers) for value, numbers in naming.items()}


def _each(value: Value) -> Iterable[Hashable]:
    """Take one value, or several texts, as they are compared."""
    if isinstance(value, str | int | float):
        return (folded(value),)
    return map(str.casefold, value)


def _bits(numbers: Iterable[int]) -> Bits:
    """Make a set; by its bytes, for to add bit by bit copies the whole each time."""
    listed = list(numbers)
    if not listed:
        return 0
    packed = bytearray(max(listed) // 8 + 1)
    for number in listed:
        packed[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(packed, "little")
