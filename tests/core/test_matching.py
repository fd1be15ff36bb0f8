"""The index over conditions says what asking each of them says."""

from hypothesis import given
from hypothesis import strategies as st

from leadflow.core import conditions
from leadflow.core.conditions import Circle, Condition, NoneOf, OneOf, Prefix, Range, Within
from leadflow.core.distance import Point
from leadflow.core.matching import Index
from tests.core.test_conditions import anything, leads


def around(latitude, longitude, km):
    circle = Circle("x", Point(latitude, longitude), km, "km")
    return Condition((Within("position", (circle,)),))


def naive(asked, attributes):
    return [n for n, each in enumerate(asked) if conditions.tests_hold(each, attributes)]


@given(st.lists(anything, max_size=12), leads)
def test_the_index_agrees_with_asking_each_condition(asked, attributes):
    assert list(Index(asked).holding(attributes)) == naive(asked, attributes)


@given(st.lists(anything, min_size=1, max_size=3), leads)
def test_it_agrees_where_there_are_many_more_than_fit_into_a_word(asked, attributes):
    many = asked * 70
    assert list(Index(many).holding(attributes)) == naive(many, attributes)


def test_without_conditions_nothing_holds():
    assert list(Index([]).holding({"state": "CA"})) == []


def test_conditions_that_ask_for_nothing_always_hold():
    assert list(Index([Condition(), Condition()]).holding({})) == [0, 1]


def test_several_tests_of_one_attribute_must_all_hold():
    asked = [
        Condition((Prefix("zip", ("94",)), NoneOf("zip", ("94110",)), OneOf("zip", ("94110",)))),
        Condition((Prefix("zip", ("94",)), Prefix("zip", ("941",)))),
        Condition((Range("zip", 1), Prefix("zip", ("9",)))),
    ]
    assert list(Index(asked).holding({"zip": "94110"})) == [1]


def test_one_text_of_several_is_enough():
    asked = [
        Condition((OneOf("data.types", ("a", "b")),)),
        Condition((Prefix("data.types", ("c",)),)),
        Condition((NoneOf("data.types", ("d",)),)),
    ]
    for value, found in {("x", "B"): [0, 2], ("x", "Cd"): [1, 2], ("a", "D"): [0], (): [2]}.items():
        assert list(Index(asked).holding({"data.types": value})) == found
    assert list(Index(asked).holding({"data.types": 7})) == [2]


def test_what_is_no_number_lies_in_no_range():
    asked = [Condition((Range("score", 0),)), Condition((Range("score", None, 9),)), Condition()]
    for value in (float("nan"), True, "5", ("5",)):
        assert list(Index(asked).holding({"score": value})) == [2] == naive(asked, {"score": value})
    assert list(Index(asked).holding({"score": 5.5})) == [0, 1, 2]


def test_a_point_is_found_in_every_circle_that_holds_it():
    asked = [
        around(37.75, -122.42, 5),  # inside one field of a degree
        around(37.0, -122.0, 300),  # over some
        around(0, 179.99, 50),  # over the date line
        around(89, 10, 500),  # around the pole
        around(37.75, -122.42, 0.1),
        Condition(),
    ]
    index = Index(asked)
    for position, found in {
        "37.7700,-122.4200": [0, 1, 5],
        "36.9999,-121.9999": [1, 5],
        "0.1000,-179.9000": [2, 5],
        "88.0000,-170.0000": [3, 5],
        "37.7500,-122.4200": [0, 1, 4, 5],
        "no point": [5],
    }.items():
        assert list(index.holding({"position": position})) == found
        assert naive(asked, {"position": position}) == found
    assert list(index.holding({"position": 37})) == [5]
    assert list(index.holding({})) == [5]


def test_circles_may_reach_around_the_world():
    # Kept by fields of a degree, as small ones are, these would take a gigabyte.
    asked = [around(37 + n / 1000, -122, 20_000 - n) for n in range(2_000)]
    index = Index([*asked, around(40, -74, 30)])
    assert list(index.holding({"position": "40.0000,-74.0000"})) == list(range(2_001))
    assert list(index.holding({"position": "no point"})) == []
    far = {"position": "-37.5000,57.0000"}  # some 19,900 km away
    assert list(index.holding(far)) == naive(asked, far)
    assert 0 < len(naive(asked, far)) < 2_000
