"""When one condition asks for all that another does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.core.conditions import (
    Circle,
    Condition,
    NoneOf,
    OneOf,
    Prefix,
    Range,
    Within,
    holds,
)
from leadflow.core.distance import Point
from leadflow.core.expressions import Expression
from leadflow.core.repeats import implies, never_reached
from tests.core.builders import rule, rulebook

CA = OneOf("state", ("CA",))
WEST = OneOf("state", ("ca", "NV"))


def within(radius, unit, *, east=0.0):
    return Within("position", (Circle("94110", Point(37.75, -122.4 + east), radius, unit),))


def only(*tests, **more):
    return Condition(tests, **more)


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (CA, WEST),
        (CA, NoneOf("state", ("TX",))),
        (CA, Prefix("state", ("c",))),
        (OneOf("score", (50, 60)), Range("score", 50, 60)),
        (OneOf("score", (50,)), NoneOf("score", (51,))),
        (NoneOf("state", ("CA", "NV")), NoneOf("state", ("ca",))),
        (Prefix("zip", ("941", "942")), Prefix("zip", ("94",))),
        (Prefix("zip", ("941",)), NoneOf("zip", ("95000",))),
        (Range("score", 50, 60), Range("score", 50, None)),
        (Range("score", None, 60), Range("score", None, 60.5)),
        (Range("score", 50, 60), NoneOf("score", (49, 61))),
        (OneOf("data.coverageTypes", ("a",)), OneOf("data.coverageTypes", ("a", "b"))),
        (OneOf("data.coverageTypes", ("a",)), Prefix("data.coverageTypes", ("a",))),
        (within(10, "miles"), within(16.1, "km")),
        (within(10, "km"), within(30, "km", east=0.2)),
    ],
)
def test_a_narrower_test_implies_a_wider_one_and_not_the_other_way_round(stronger, weaker):
    assert implies(only(stronger), only(weaker))
    assert not implies(only(weaker), only(stronger))
    assert implies(only(stronger, Range("quality", 1)), only(weaker))
    assert not implies(only(Range("quality", 1)), only(weaker))


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (OneOf("data.coverageTypes", ("a",)), NoneOf("data.coverageTypes", ("b",))),
        (Prefix("data.coverageTypes", ("a",)), NoneOf("data.coverageTypes", ("b",))),
        (NoneOf("state", ("CA",)), WEST),
        (Prefix("zip", ("94",)), NoneOf("zip", ("94110",))),
        (Range("score", 50, 60), NoneOf("score", (55,))),
        (within(10, "km"), within(20, "km", east=0.2)),
        (within(10, "km"), OneOf("position", ("37.7500,-122.4000",))),
    ],
)
def test_what_is_not_sure_is_not_implied(stronger, weaker):
    assert not implies(only(stronger), only(weaker))


def test_an_unknown_value_has_to_pass_as_well():
    allowing = only(CA, allow_missing=("state",))
    assert implies(only(CA), allowing)
    assert implies(allowing, allowing)
    assert not implies(allowing, only(CA))


def test_an_expression_is_implied_by_itself_alone():
    when = Expression("lead.score > 1")
    assert implies(only(CA, when=when), only(when=Expression("lead.score > 1")))
    assert implies(only(when=when), only())
    assert not implies(only(), only(when=when))
    assert not implies(only(when=Expression("lead.score > 2")), only(when=when))


def test_what_is_repeated_twice_is_told_of_the_first():
    west, also, california = (
        rule(number, to=10, condition=only(test), priority=-number)
        for number, test in enumerate((WEST, WEST, CA))
    )
    other = rule(9, to=11, condition=only(CA))
    book = rulebook(west, also, california, other)
    found, complete = never_reached(book.enabled)
    assert (found, complete) == ([(also, west), (california, west)], True)


NAMES = st.sampled_from(["state", "zip", "data.coverageTypes"])
TEXTS = st.lists(st.sampled_from(["a", "A", "ab", "abc", "b"]), min_size=1, max_size=3).map(tuple)
NUMBERS = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)
BOUNDS = st.none() | st.integers(0, 4)
EAST = st.sampled_from([0.0, 0.1, 0.4])
tests = st.one_of(
    st.builds(OneOf, NAMES, TEXTS),
    st.builds(NoneOf, NAMES, TEXTS),
    st.builds(Prefix, NAMES, TEXTS),
    st.builds(OneOf, st.just("score"), NUMBERS),
    st.builds(NoneOf, st.just("score"), NUMBERS),
    st.builds(Range, st.just("score"), BOUNDS, BOUNDS),
    st.builds(within, st.integers(1, 40), st.sampled_from(["km", "miles"]), east=EAST),
)
conditions = st.builds(
    Condition,
    st.lists(tests, max_size=2).map(tuple),
    st.lists(NAMES | st.just("score"), max_size=1).map(tuple),
)
leads = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["a", "ab", "c"]),
        "zip": st.sampled_from(["abc", "b"]),
        "score": st.integers(0, 4),
        "position": st.sampled_from(
            ["37.7500,-122.4000", "37.8000,-122.3000", "37.7500,-121.9000"]
        ),
        "data.coverageTypes": TEXTS | st.just(()),
    },
)


@settings(max_examples=1000)
@given(conditions, conditions, st.lists(leads, min_size=5, max_size=15))
def test_a_lead_that_meets_a_condition_meets_what_that_implies(stronger, weaker, many):
    if implies(stronger, weaker):
        for lead in many:
            assert holds(weaker, lead) >= holds(stronger, lead)
