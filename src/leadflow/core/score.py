"""Score a lead by its vertical's card: what it seems worth while no model has learned it."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, assert_never

from leadflow.core.amounts import dollars, is_number
from leadflow.core.features import DERIVED, Read
from leadflow.core.lead import JSON, Facts, Lead, Reason, Score
from leadflow.core.scorecards import (
    CARDS,
    PLAIN_CARD,
    AtLeast,
    AtMost,
    Card,
    Feature,
    Given,
    Is,
    OneOf,
    Test,
)


def fallback(lead: Lead, facts: Facts) -> Score:
    """Add up the points of the lead's card.

    The points of the reasons are the value, exactly: a last one says what was cut off where their
    sum would leave 0 to 100.
    """
    card = _CARDS.get(lead.vertical, _PLAIN_CARD)
    total = card.base.points
    reasons = [card.base]
    for read, grades in card.features:
        seen = read(lead, facts)
        if seen is None:
            continue
        for holds, reason in grades:
            if holds(seen):
                total += reason.points
                reasons.append(_filled_in(reason, seen) if "{" in reason.because else reason)
                break
    value = round(min(max(total, 0), 100))
    if value != total:
        reasons.append(Reason("limit", value - total, f"a score ends at {value}"))
    return Score(value=value, source="fallback", reasons=tuple(reasons))


@lru_cache(maxsize=8192, typed=True)  # few values make most sentences; 1 counts as 1, not as yes
def _filled_in(reason: Reason, seen: JSON) -> Reason:
    return Reason(reason.feature, reason.points, reason.because.format(seen))


Check = Callable[[JSON], bool]


class _ReadyCard(NamedTuple):
    """A card whose tests are functions: matching on the data for each lead would take 60 us."""

    base: Reason
    features: tuple[tuple[Read, tuple[tuple[Check, Reason], ...]], ...]


def _make_ready(card: Card) -> _ReadyCard:
    features = tuple(
        (
            _reader(feature),
            tuple(
                (_check(grade.test), Reason(feature.name, grade.points, grade.because))
                for grade in feature.grades
            ),
        )
        for feature in card.features
    )
    return _ReadyCard(Reason("base", card.base, "where every such lead starts"), features)


def _reader(feature: Feature) -> Read:
    name = feature.name
    if feature.money:
        return lambda lead, _facts: dollars(lead.data, name)
    return DERIVED.get(name) or (lambda lead, _facts: lead.data.get(name))


def _check(test: Test) -> Check:
    match test:
        case AtLeast(bound=bound):
            return lambda seen: is_number(seen) and seen >= bound
        case AtMost(bound=bound):
            return lambda seen: is_number(seen) and seen <= bound
        case OneOf(words=words):
            return lambda seen: isinstance(seen, str) and seen.casefold() in words
        case Is(truth=truth):
            return lambda seen: seen is truth
        case Given():
            return bool
        case _:
            assert_never(test)


_CARDS = {vertical: _make_ready(card) for vertical, card in CARDS.items()}
_PLAIN_CARD = _make_ready(PLAIN_CARD)
