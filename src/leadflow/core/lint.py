"""What is allowed in rules, and is probably a mistake."""

from collections.abc import Iterator, Sequence
from math import ceil, floor, inf, isfinite
from typing import Any, Literal, assert_never
from uuid import UUID

from msgspec import Struct

from leadflow.core.conditions import (
    Condition,
    NoneOf,
    OneOf,
    Prefix,
    Range,
    Test,
    Within,
    tests_hold,
)
from leadflow.core.document import listed, quoted
from leadflow.core.expected import Expected, expected, fields, is_field, meant, public
from leadflow.core.expression_types import typed_of
from leadflow.core.kinds import TRUTH, Kinds, words
from leadflow.core.lead import Scalar
from leadflow.core.repeats import never_reached
from leadflow.core.rulebook import Rule, Rulebook
from leadflow.core.verticals import REGISTRY, Vertical

Code = Literal[
    "never_matches",  # no value passes
    "never_reached",  # an earlier rule always counts in its place
    "unknown_field",  # a vertical's field that is not there, or private
    "unknown_value",  # a value that the attribute never has
    "no_answer",  # a part of an expression that does nothing
    "nothing_enabled",  # no rule is
    "unserved_vertical",  # rules are about it, and none that is enabled can match
    "not_compared",  # too many rules to find all that are never reached
]


class Finding(Struct, frozen=True):
    """One thing that is probably a mistake."""

    code: Code
    field: str  # path, as in a problem: `rules[3].if.state`
    message: str  # a sentence about what stands there, without its full stop


_ALL = tuple(REGISTRY.values())
_INT: Kinds = frozenset(("int",))
_NUMBERS: Kinds = frozenset(("int", "double"))
_TEXTS: Kinds = frozenset(("text", "texts"))


def findings(rulebook: Rulebook, document: Any) -> tuple[Finding, ...]:
    """Find what is probably a mistake in a rulebook, in the order of its document.

    Args:
        rulebook: what was read.
        document: the plain data it was read from, which knows the places of the rules.
    """
    ids = [UUID(str(rule["id"])) for rule in document["rules"]]
    places = {id_: f"rules[{index}]" for index, id_ in enumerate(ids)}
    found = {id_: list(_of_rule(rulebook.by_id[id_], place)) for id_, place in places.items()}
    repeats, complete = never_reached(rulebook.enabled)
    for rule, earlier in repeats:
        first = f'{places[earlier.id]}, "{earlier.name}", comes first'
        message = f"never reached: {first} and takes all of its leads to the same destination"
        found[rule.id].append(Finding("never_reached", places[rule.id], message))
    inside = (finding for each in found.values() for finding in each)
    return (*inside, *_of_all(rulebook, complete=complete))


def _of_all(rulebook: Rulebook, *, complete: bool) -> Iterator[Finding]:
    if not rulebook.enabled:
        message = "no rule is enabled: every lead goes by `default`"
        yield Finding("nothing_enabled", "rules", message)
        return
    meant_for = {each.name for rule in rulebook.rules for each in _meant_for(rule.condition)}
    served = {each.name for rule in rulebook.enabled for each in _served(rule.condition)}
    if unserved := meant_for - served:
        message = f"there are rules about {listed(unserved)}, and none that is enabled can match"
        yield Finding("unserved_vertical", "rules", message)
    if not complete:
        message = "too many rules ask alike: not all that are never reached were found"
        yield Finding("not_compared", "rules", message)


def _of_rule(rule: Rule, place: str) -> Iterator[Finding]:
    condition = rule.condition
    about = _about(condition) or _ALL
    abroad = _is_abroad(condition)
    for test in condition.tests:
        at = f"{place}.if.{test.attribute}"
        allowed = expected(test.attribute, about, abroad=abroad)
        if allowed is None:
            yield _unknown_field(test.attribute, about, at)
        else:
            yield from _of_test(test, allowed, at)
            yield from _contradicted(test, condition.tests, at)
    if condition.when is None:
        return
    for name in sorted(condition.when.mentions):
        if expected(name, about, abroad=abroad) is None:
            yield _unknown_field(name, about, f"{place}.when")
    for fault in typed_of(condition.when.source).faults:
        yield Finding("no_answer", f"{place}.when", fault.reason)


def _about(condition: Condition) -> tuple[Vertical, ...]:
    """Find the verticals that pass what is asked of `vertical`."""
    asked = Condition(tuple(test for test in condition.tests if test.attribute == "vertical"))
    return tuple(each for each in _ALL if tests_hold(asked, {"vertical": each.name}))


def _meant_for(condition: Condition) -> tuple[Vertical, ...]:
    """Find the verticals that are named; none where any will do."""
    named = any(test.attribute == "vertical" for test in condition.tests)
    return _about(condition) if named else ()


def _served(condition: Condition) -> Iterator[Vertical]:
    """Find the verticals that have every field that must be known."""
    asked = {test.attribute for test in condition.tests if is_field(test.attribute)}
    for vertical in _about(condition):
        if all(public(name, (vertical,)) for name in asked - set(condition.allow_missing)):
            yield vertical


def _is_abroad(condition: Condition) -> bool:
    """Tell whether the rule asks for countries at all: then its states may be theirs."""
    asked = [test for test in condition.tests if test.attribute == "country"]
    return any(test != OneOf("country", ("US",)) for test in asked)


def _unknown_field(attribute: str, about: Sequence[Vertical], at: str) -> Finding:
    name = attribute.removeprefix("data.")
    elsewhere = [vertical.name for vertical in _ALL if public(attribute, (vertical,))]
    if fields(attribute, about):
        message = f"{name} is private: no rule ever sees it"
    elif elsewhere:
        without = listed(vertical.name for vertical in about)
        message = f"{name} is a field of {listed(elsewhere)}, not of {without}"
    else:
        names = {field.name for vertical in about for field in vertical.fields if not field.private}
        message = f"no vertical has a field {name}{meant(attribute, name, names)}"
    return Finding("unknown_field", at, message)


def _of_test(test: Test, allowed: Expected, at: str) -> Iterator[Finding]:
    match test:
        case OneOf(values=values) | NoneOf(values=values):
            for value in values:
                yield from _of_value(test.attribute, value, allowed, at)
        case Prefix(prefixes=prefixes):
            yield from _of_prefixes(test.attribute, prefixes, allowed, at)
        case Range():
            yield from _of_range(test, allowed, at)
        case Within():
            pass  # every circle that can be read has leads in it, for all we know
        case _:
            assert_never(test)


def _of_value(attribute: str, value: Scalar, allowed: Expected, at: str) -> Iterator[Finding]:
    never = f"{quoted(value)} is no value of {attribute}"
    kinds = TRUTH if isinstance(value, bool) else _TEXTS if isinstance(value, str) else _NUMBERS
    if not kinds & allowed.kinds:
        yield Finding("unknown_value", at, f"{never}, which is {words(allowed.kinds)}")
    elif isinstance(value, str) and not _is_there(value, allowed.texts):
        hint = meant(attribute, value, allowed.texts)
        yield Finding("unknown_value", at, f"{never}{hint}")


def _is_there(value: str, texts: frozenset[str]) -> bool:
    return not texts or value.casefold() in {text.casefold() for text in texts}


def _of_prefixes(
    attribute: str, prefixes: Sequence[str], allowed: Expected, at: str
) -> Iterator[Finding]:
    if not allowed.kinds & _TEXTS:
        message = f"no value passes: prefix is for texts, and {attribute} is {words(allowed.kinds)}"
        yield Finding("never_matches", at, message)
        return
    for prefix in prefixes:
        begins = Condition((Prefix(attribute, (prefix,)),))
        if allowed.texts and not any(tests_hold(begins, {attribute: t}) for t in allowed.texts):
            message = f"no value of {attribute} begins with {quoted(prefix)}"
            yield Finding("unknown_value", at, message)


def _of_range(test: Range, allowed: Expected, at: str) -> Iterator[Finding]:
    low = -inf if test.min is None else test.min
    high = inf if test.max is None else test.max
    is_ = f"{test.attribute} is {words(allowed.kinds)}"
    if not allowed.kinds & _NUMBERS:
        message = f"no value passes: min and max are for numbers, and {is_}"
    elif low > allowed.high or high < allowed.low:
        message = f"no value passes: {is_} from {allowed.low:g} to {allowed.high:g}"
    elif allowed.kinds == _INT and isfinite(low) and isfinite(high) and ceil(low) > floor(high):
        message = f"no value passes: {is_}, and none lies from {low} to {high}"
    else:
        return
    yield Finding("never_matches", at, message)


def _contradicted(test: Test, tests: Sequence[Test], at: str) -> Iterator[Finding]:
    """Find a number that is the only one to pass one test, and does not pass the others."""
    if isinstance(test, Range) and test.min is not None and test.min == test.max:
        others = tuple(each for each in tests if each.attribute == test.attribute)
        if not tests_hold(Condition(others), {test.attribute: test.min}):
            message = f"no value passes: min and max leave {test.min}, which is excluded"
            yield Finding("never_matches", at, message)
