"""Rules that are never reached, because one before them leads to the same place."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Sized
from math import inf

from msgspec.structs import replace

from leadflow.core.conditions import Circle, Condition, NoneOf, OneOf, Prefix, Range, Test, Within
from leadflow.core.distance import km_between
from leadflow.core.kinds import kinds_of
from leadflow.core.rulebook import Rule

MAX_COMPARED = 200_000  # pairs of rules, a second's work; real rulebooks need a few thousand

_LISTS = frozenset(("list", "texts"))


def never_reached(rules: Sequence[Rule]) -> tuple[list[tuple[Rule, Rule]], bool]:
    """Find rules that can never count, each with the one that always counts in its place.

    Args:
        rules: the enabled ones, in the order they are tried.

    Returns:
        The pairs, and whether all rules could be looked at.
    """
    known: dict[Hashable, list[Rule]] = defaultdict(list)
    found: list[tuple[Rule, Rule]] = []
    compared = 0
    for rule in rules:
        for earlier in (each for mark in _marks_of(rule) for each in known[mark]):
            compared += 1
            if compared > MAX_COMPARED:
                return found, False
            if _counts_for(earlier, rule):
                found.append((rule, earlier))
                break
        else:
            for mark in _marks_to_find(rule, known):
                known[mark].append(rule)
    return found, True


def implies(stronger: Condition, weaker: Condition) -> bool:
    """Tell whether every lead that meets the one is sure to meet the other. No: it is not sure."""
    if weaker.when not in (None, stronger.when):
        return False
    return all(_is_met(stronger, asked, weaker) for asked in weaker.tests)


def _marks_of(rule: Rule) -> Iterator[Hashable]:
    """Mark a rule by where it leads, and by a value of each test that takes some values only.

    A rule that it repeats stands under one of these marks.
    """
    yield rule.destination_id
    for test in _narrow(rule):
        yield _mark(rule, test, test.values[0])


def _marks_to_find(rule: Rule, known: Mapping[Hashable, Sized]) -> list[Hashable]:
    """Choose the marks a rule is found by: all values of that test which tells most apart."""
    choices = [[_mark(rule, test, value) for value in test.values] for test in _narrow(rule)]
    return min(choices, key=lambda marks: _crowd(marks, known), default=[rule.destination_id])


def _crowd(marks: Iterable[Hashable], known: Mapping[Hashable, Sized]) -> int:
    return sum(len(known.get(mark, ())) for mark in marks)


def _narrow(rule: Rule) -> list[OneOf]:
    return [test for test in rule.condition.tests if isinstance(test, OneOf)]


def _mark(rule: Rule, test: OneOf, value: object) -> Hashable:
    return rule.destination_id, test.attribute, _folded(value)


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _counts_for(earlier: Rule, rule: Rule) -> bool:
    """Tell whether a rule does all that another does, and comes first."""
    same = replace(
        rule,
        id=earlier.id,
        name=earlier.name,
        priority=earlier.priority,
        condition=earlier.condition,
    )
    return same == earlier and implies(rule.condition, earlier.condition)


def _is_met(stronger: Condition, asked: Test, weaker: Condition) -> bool:
    name = asked.attribute
    own = [test for test in stronger.tests if test.attribute == name]
    missing_fits = name in weaker.allow_missing or name not in stronger.allow_missing
    return missing_fits and any(_includes(asked, test) for test in own)


def _includes(weaker: Test, stronger: Test) -> bool:
    """Tell whether every value that passes one test passes the other, too."""
    if weaker == stronger:
        return True
    passes = Condition((weaker,)).checks[0][1]
    is_list = bool(kinds_of(weaker.attribute) & _LISTS)
    match stronger, weaker:
        case OneOf(values=values), NoneOf():
            # Of a list, one item is among the values, and another may be what is excluded.
            return not is_list and all(map(passes, values))
        case OneOf(values=values), _:
            return all(map(passes, values))
        case NoneOf(values=values), NoneOf(attribute, excluded):
            among = Condition((OneOf(attribute, values),)).checks[0][1]
            return all(map(among, excluded))
        case Prefix(prefixes=prefixes), Prefix():
            return all(map(passes, prefixes))
        case Prefix(), NoneOf(values=excluded):
            begins = Condition((stronger,)).checks[0][1]
            return not is_list and not any(map(begins, excluded))
        case Range(min=low, max=high), Range(min=lowest, max=highest):
            return _or(lowest, -inf) <= _or(low, -inf) and _or(high, inf) <= _or(highest, inf)
        case Within(circles=circles), Within(circles=larger):
            return all(any(_surrounds(outer, each) for outer in larger) for each in circles)
        case Range(), NoneOf(values=excluded):
            lies_in = Condition((stronger,)).checks[0][1]
            return not any(map(lies_in, excluded))
        case _:
            return False


def _surrounds(outer: Circle, inner: Circle) -> bool:
    return km_between(outer.at, inner.at) + inner.km <= outer.km


def _or(bound: float | None, without: float) -> float:
    return without if bound is None else bound
