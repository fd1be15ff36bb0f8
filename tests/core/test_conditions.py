"""What a rule asks of a lead, and what it says when the lead does not meet it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core import conditions
from leadflow.core.conditions import Circle, Condition, NoneOf, OneOf, Prefix, Range, Within
from leadflow.core.distance import Point, written
from leadflow.core.expressions import Expression


def only(test, *, allow_missing=()):
    return Condition(tests=(test,), allow_missing=allow_missing)


STATES = OneOf("state", ("CA", "nv"))
NOT_STATES = NoneOf("state", ("CA", "nv"))
ZIPS = Prefix("zip", ("941", "0"))
SCORES = Range("score", 40, 90)
TYPES = OneOf("data.coverageTypes", ("liability",))
MISSION = Point(37.7509, -122.4153)
NEAR = Within("position", (Circle("94110", MISSION, 10, "miles"),))
EITHER = Within(
    "position",
    (Circle("94110", MISSION, 1, "km"), Circle("10001", Point(40.7484, -73.9967), 5, "miles")),
)


@pytest.mark.parametrize(
    ("test", "value"),
    [
        (STATES, "CA"),
        (STATES, "ca"),
        (STATES, "NV"),
        (OneOf("data.note", ("STRASSE",)), "Straße"),
        (OneOf("data.year", (2020,)), 2020),
        (OneOf("data.year", (2020,)), 2020.0),
        (OneOf("data.tobacco", (True,)), True),
        (OneOf("data.tobacco", (False, "unknown")), False),
        (TYPES, ("property", "Liability")),
        (NOT_STATES, "TX"),
        (NoneOf("data.coverageTypes", ("liability",)), ("property",)),
        (NoneOf("data.coverageTypes", ("liability",)), ()),
        (ZIPS, "94110"),
        (ZIPS, "01234"),
        (Prefix("data.codes", ("A",)), ("b1", "a1")),
        (SCORES, 40),
        (SCORES, 90),
        (Range("score", 40, None), 10**400),
        (Range("score", None, 90), -1),
        (Range("data.rate", 0.5, 0.5), 0.5),
        (NEAR, "37.7509,-122.4153"),
        (NEAR, "37.8044,-122.2697"),  # 8.8 miles
        (EITHER, "40.7306,-73.9866"),
    ],
)
def test_a_value_that_was_asked_for_passes(test, value):
    attributes = {test.attribute: value}
    assert conditions.holds(only(test), attributes)
    assert conditions.failing(only(test), attributes) is None


@pytest.mark.parametrize(
    ("test", "value", "why"),
    [
        (STATES, "TX", "state is TX, not CA or nv"),
        (OneOf("data.year", (2020,)), "2020", "data.year is 2020, not 2020"),
        (OneOf("data.flag", (1,)), True, "data.flag is yes, not 1"),
        (OneOf("data.flag", (False,)), 0, "data.flag is 0, not no"),
        (TYPES, ("property", "fire"), "data.coverageTypes is property, fire, not liability"),
        (TYPES, (), "data.coverageTypes is empty, not liability"),
        (NOT_STATES, "Ca", "state is Ca, which is excluded"),
        (
            NoneOf("data.coverageTypes", ("liability",)),
            ("liability", "fire"),
            "data.coverageTypes is liability, fire, which is excluded",
        ),
        (ZIPS, "10001", "zip is 10001, which does not begin with 941 or 0"),
        (ZIPS, 94110, "zip is 94110, which does not begin with 941 or 0"),
        (Prefix("data.x", ("a",)), ("b",), "data.x is b, which does not begin with a"),
        (
            NEAR,
            "37.3382,-121.8863",
            "position is 37.3382,-121.8863, 40.7 miles from 94110, not 10 or less",
        ),
        (
            EITHER,
            "37.8044,-122.2697",
            "position is 37.8044,-122.2697, 14.1 km from 94110, not 1 or less "
            "and 2557.3 miles from 10001, not 5 or less",
        ),
        (NEAR, "somewhere", "position is somewhere, which is no point"),
        (NEAR, 37, "position is 37, which is no point"),
        (SCORES, 39, "score is 39, not from 40 to 90"),
        (SCORES, 90.5, "score is 90.5, not from 40 to 90"),
        (Range("score", 40), 39, "score is 39, not 40 or more"),
        (Range("score", None, 90), 91, "score is 91, not 90 or less"),
        (SCORES, float("nan"), "score is nan, not from 40 to 90"),
        (SCORES, "50", "score is 50, which is not a number"),
        (Range("data.flag", 0, 1), True, "data.flag is yes, which is not a number"),
        (
            OneOf("state", ("A", "B", "C", "D", "E", "F", "G")),
            "TX",
            "state is TX, not A, B, C, D, E or 2 others",
        ),
    ],
)
def test_another_value_does_not_pass_and_is_named(test, value, why):
    attributes = {test.attribute: value}
    assert not conditions.holds(only(test), attributes)
    assert conditions.failing(only(test), attributes) == why


@pytest.mark.parametrize("test", [STATES, NOT_STATES, ZIPS, SCORES])
def test_a_missing_attribute_passes_only_where_the_rule_allows_it(test):
    assert not conditions.holds(only(test), {})
    assert conditions.failing(only(test), {}) == f"{test.attribute} is not known"
    allowing = only(test, allow_missing=(test.attribute,))
    assert conditions.holds(allowing, {})
    assert conditions.failing(allowing, {}) is None


def test_an_attribute_that_may_be_missing_must_still_be_right_when_it_is_there():
    allowing = only(STATES, allow_missing=("state",))
    assert not conditions.holds(allowing, {"state": "TX"})


def test_all_tests_must_hold_and_the_first_that_does_not_is_named():
    condition = Condition(tests=(STATES, SCORES))
    assert conditions.holds(condition, {"state": "CA", "score": 50})
    assert not conditions.holds(condition, {"state": "CA", "score": 10})
    assert conditions.failing(condition, {"state": "TX", "score": 10}) == (
        "state is TX, not CA or nv"
    )


def test_the_expression_is_asked_when_the_tests_hold():
    condition = Condition(tests=(STATES,), when=Expression("lead.data.accidents <= 1"))
    assert conditions.holds(condition, {"state": "CA", "data.accidents": 1})
    assert not conditions.holds(condition, {"state": "CA", "data.accidents": 2})
    assert not conditions.holds(condition, {"state": "TX", "data.accidents": 1})
    why = conditions.failing(condition, {"state": "CA"})
    assert why == "`lead.data.accidents <= 1` needs accidents, which is not known"


def test_without_tests_every_lead_will_do():
    assert conditions.holds(Condition(), {})
    assert conditions.failing(Condition(), {}) is None
    assert conditions.seen(Condition(), {}) == ""


def test_the_values_a_condition_looks_at_are_named_once_each():
    condition = Condition(
        tests=(STATES, Prefix("zip", ("9",)), NoneOf("zip", ("94110",)), TYPES),
        allow_missing=("zip",),
        when=Expression("lead.score > 1 && lead.state != ''"),
    )
    seen = conditions.seen(
        condition, {"state": "CA", "score": 50, "data.coverageTypes": ("a", "b")}
    )
    assert seen == "state is CA, zip is not known, data.coverageTypes is a, b, score is 50"


names = st.sampled_from(["state", "zip", "score", "data.a"])
degrees = st.floats(-90, 90) | st.sampled_from([-90.0, 0.0, 89.5])
points = st.builds(Point, degrees, st.floats(-180, 180) | st.sampled_from([-180.0, 179.9, 180.0]))
circles = st.builds(
    Circle, st.just("94110"), points, st.floats(0.1, 12_000), st.sampled_from(["miles", "km"])
)
within = st.builds(
    Within, st.just("position"), st.lists(circles, min_size=1, max_size=2).map(tuple)
)
scalars = st.one_of(st.text(max_size=3), st.integers(-3, 3), st.booleans(), st.floats())
numbers = st.none() | st.integers(-3, 3)
tests = st.one_of(
    st.builds(OneOf, names, st.lists(scalars, min_size=1, max_size=3).map(tuple)),
    st.builds(NoneOf, names, st.lists(scalars, min_size=1, max_size=3).map(tuple)),
    st.builds(Prefix, names, st.lists(st.text(max_size=2), min_size=1, max_size=2).map(tuple)),
    st.builds(Range, names, numbers, numbers),
    within,
)
values = scalars | st.lists(st.text(max_size=3), max_size=2).map(tuple)
places = st.fixed_dictionaries({}, optional={"position": points.map(written)})
leads = st.builds(lambda lead, place: lead | place, st.dictionaries(names, values), places)
whens = st.none() | st.sampled_from(["lead.score > 0", "lead.data.a == 'a'"]).map(Expression)
anything = st.builds(
    Condition,
    st.lists(tests, max_size=3).map(tuple),
    st.lists(names | st.just("position"), max_size=2).map(tuple),
    whens,
)


@given(anything, leads)
def test_a_condition_gives_a_reason_exactly_when_it_does_not_hold(condition, attributes):
    assert conditions.holds(condition, attributes) is (
        conditions.failing(condition, attributes) is None
    )


@given(names, st.lists(scalars, min_size=1, max_size=3).map(tuple), values)
def test_what_is_known_is_either_one_of_them_or_none_of_them(name, wanted, value):
    attributes = {name: value}
    assert conditions.holds(only(OneOf(name, wanted)), attributes) is not conditions.holds(
        only(NoneOf(name, wanted)), attributes
    )


@given(anything, tests, leads)
def test_one_more_test_never_lets_more_leads_through(condition, test, attributes):
    stricter = Condition((*condition.tests, test), condition.allow_missing, condition.when)
    assert conditions.holds(condition, attributes) >= conditions.holds(stricter, attributes)


@given(st.text(max_size=5), leads)
def test_capitals_make_no_difference(text, attributes):
    attributes = {**attributes, "state": text}
    assert conditions.holds(only(OneOf("state", (text.upper(),))), attributes) is (
        text.upper().casefold() == text.casefold()
    )
