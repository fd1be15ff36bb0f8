"""Rules as people write them: read with every problem at once, written back, and matched."""

from datetime import timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core import conditions
from leadflow.core.agents import Weights
from leadflow.core.condition_document import read_condition, write
from leadflow.core.conditions import Circle, Condition, NoneOf, OneOf, Prefix, Range, Within
from leadflow.core.distance import Point
from leadflow.core.expressions import Expression
from leadflow.core.rulebook import Rule, Rulebook, dump, parse, with_ids
from leadflow.errors import InputError, Problem
from tests.core.builders import SOURCE, rule, rulebook, uid

DESTINATIONS = {"pacific-mutual/web": uid(10), "pacific-mutual/phone": uid(11)}
NAMES = {key: name for name, key in DESTINATIONS.items()}

WRITTEN = """
default: review
exclusivity_days: 30
agent_weights: {specialization: 0.1, proximity: 0.2, performance: 0.3, availability: 0.4}
rules:
  - id: 01900000-0000-7000-8000-000000000001
    name: Everybody else
    priority: 0
    enabled: false
    to: pacific-mutual/phone
  - id: 01900000-0000-7000-8000-000000000002
    name: Toyota drivers in California
    priority: 100
    if:
      vertical: AUTO
      state: [CA, NV]
      zip: {prefix: ["941", "94"], not: "94110"}
      data.make: [Toyota, Lexus]
      score: {min: 40, max: 90}
      data.employees: {min: 10}
      data.tobacco: false
      data.year: [2020, 2021.5]
    allow_missing: [data.make]
    when: "lead.score > 50 && lead.data.accidents <= 1"
    to: pacific-mutual/web
"""


def read(document, version=1):
    return parse(document, workspace_id=SOURCE, version=version, destinations=DESTINATIONS)


def problems(document):
    with pytest.raises(InputError) as caught:
        read(document)
    return list(caught.value.problems)


def a_rule(**changes):
    return {"id": str(uid(1)), "name": "a", "priority": 1, "to": "pacific-mutual/web", **changes}


def with_rule(**changes):
    return {"default": "review", "rules": [a_rule(**changes)]}


def test_a_rulebook_is_read_as_it_is_written():
    assert read(yaml.safe_load(WRITTEN), version=7) == Rulebook(
        workspace_id=SOURCE,
        version=7,
        default="review",
        exclusivity=timedelta(days=30),
        agent_weights=Weights(specialization=0.1, proximity=0.2, performance=0.3, availability=0.4),
        rules=(
            Rule(
                id=uid(2),
                name="Toyota drivers in California",
                priority=100,
                condition=Condition(
                    tests=(
                        OneOf("vertical", ("AUTO",)),
                        OneOf("state", ("CA", "NV")),
                        Prefix("zip", ("941", "94")),
                        NoneOf("zip", ("94110",)),
                        OneOf("data.make", ("Toyota", "Lexus")),
                        Range("score", 40, 90),
                        Range("data.employees", 10, None),
                        OneOf("data.tobacco", (False,)),
                        OneOf("data.year", (2020, 2021.5)),
                    ),
                    allow_missing=("data.make",),
                    when=Expression("lead.score > 50 && lead.data.accidents <= 1"),
                ),
                destination_id=uid(10),
            ),
            Rule(
                id=uid(1),
                name="Everybody else",
                priority=0,
                condition=Condition(),
                destination_id=uid(11),
                enabled=False,
            ),
        ),
    )


def test_what_is_not_said_has_its_default():
    read_ = read({"default": "stay", "rules": []})
    assert read_.exclusivity == timedelta(days=90)
    assert read_.agent_weights == Weights()


CHOSEN = """
default: stay
exclusivity_days: 90
agent_weights: {specialization: 0.4, proximity: 0.2, performance: 0.2, availability: 0.2}
choice: highest_price
tiers: {"5": rotation, "-3": least_loaded}
rules:
  - id: 01900000-0000-7000-8000-000000000001
    name: By day
    priority: 5
    schedule: Mon-Fri 09:00-17:00, Sat 10:00-24:00
    to: pacific-mutual/web
    team: day
  - id: 01900000-0000-7000-8000-000000000002
    name: The rest
    priority: 0
    fallback: true
    to: pacific-mutual/phone
"""


def test_choices_schedules_teams_and_fallbacks_are_read_and_written_back():
    document = yaml.safe_load(CHOSEN)
    document["rules"][0]["schedule"] = "Mon-Fri 09:00-17:00, Sat 10:00-00:00"
    read_ = read(document)
    assert [read_.choice_at(priority) for priority in (5, -3, 0)] == [
        "rotation",
        "least_loaded",
        "highest_price",
    ]
    day, rest = read_.rules
    assert (day.team, day.fallback, len(day.schedule)) == ("day", False, 6)
    assert (rest.team, rest.fallback, rest.schedule) == (None, True, None)
    assert dump(read_, NAMES) == document


def test_a_fallback_needs_no_priority_and_comes_last():
    rules = [a_rule(fallback=True), a_rule(id=str(uid(2)), name="b", priority=-5)]
    del rules[0]["priority"]
    read_ = read({"default": "stay", "rules": rules})
    assert [each.name for each in read_.rules] == ["b", "a"]


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"choice": "dice"}, "choice", '"dice" is not a choice'),
        ({"choice": ["rotation"]}, "choice", "a list is not a choice"),
        ({"tiers": []}, "tiers", "a list is not a mapping"),
        ({"tiers": {"high": "rotation"}}, "tiers.high", '"high" is not a whole number'),
        ({"tiers": {3: "dice"}}, "tiers.3", '"dice" is not a choice'),
        ({"schedule": "at night"}, "rules[0].schedule", '"at night" is not a schedule'),
        ({"schedule": 9}, "rules[0].schedule", "9 is not a schedule"),
        ({"schedule": "Mon 17:00-09:00"}, "rules[0].schedule", "09:00 is not after 17:00"),
        ({"team": 7}, "rules[0].team", "7 is not a text"),
        ({"fallback": "yes"}, "rules[0].fallback", '"yes" is not true or false'),
    ],
)
def test_what_is_no_choice_schedule_or_team_is_said(change, field, reason):
    document = {"default": "stay", "rules": [a_rule()]}
    place = document["rules"][0] if field.startswith("rules") else document
    place.update(change)
    [problem] = problems(document)
    assert (problem.field, problem.reason) == (field, reason)


def test_rules_are_ordered_by_priority_and_then_by_id():
    rules = [
        a_rule(id=str(uid(number)), name=str(number), priority=priority)
        for number, priority in [(3, 1), (1, 1), (2, 5), (4, 0)]
    ]
    assert [each.id for each in read({"default": "stay", "rules": rules}).rules] == [
        uid(number) for number in (2, 1, 3, 4)
    ]


def test_a_written_rulebook_reads_as_the_same():
    document = yaml.safe_load(WRITTEN)
    document["rules"].reverse()  # by priority
    assert dump(read(document), NAMES) == document


def test_a_destination_that_is_gone_is_written_by_its_id_and_refused_when_read():
    written = dump(rulebook(rule(1, to=99)), NAMES)
    (problem,) = problems(written)
    assert problem.field == "rules[0].to"
    assert problem.reason == f'"{uid(99)}" is not a destination'


def test_rules_without_an_id_are_refused_until_they_are_given_one():
    document = {"default": "stay", "rules": [{**a_rule(), "id": None}, a_rule(name="b")]}
    assert [each.field for each in problems(document)] == ["rules[0].id"]
    ids = iter([uid(50)])
    given_ids = with_ids(document, lambda: next(ids))
    assert {each.id for each in read(given_ids).rules} == {uid(50), uid(1)}
    assert document["rules"][0]["id"] is None


@pytest.mark.parametrize("document", [None, 7, [], {}, {"rules": 7}, {"rules": [7]}])
def test_what_is_not_shaped_like_rules_is_left_for_parse_to_refuse(document):
    assert with_ids(document, lambda: uid(50)) == document
    assert problems(document)


def test_every_problem_is_found_at_once():
    document = yaml.safe_load("""
        default: keep
        exclusivity_days: -1
        agent_weights: {specialization: 0.5, proximity: 0.2, performance: 0.2, availability: 0.2}
        on: 1
        rules:
          - {name: "", priority: high, enabled: 1, if: {scor: 1}, when: 3, to: nowhere}
          - 7
          - {id: x, name: b, priority: 1, if: 3, allow_missing: state, to: pacific-mutual/web}
    """)
    assert [(each.field, each.reason) for each in problems(document)] == [
        ("True", "is not known here"),
        ("default", '"keep" is not a default'),
        ("exclusivity_days", "-1 is not from 0 to 3650"),
        ("agent_weights", "the weights add up to 1.1"),
        ("rules[0].id", "is missing"),
        ("rules[0].name", '"" is not a text'),
        ("rules[0].priority", '"high" is not a whole number'),
        ("rules[0].enabled", "1 is not true or false"),
        ("rules[0].if.scor", "there is no such attribute"),
        ("rules[0].when", "3 is not a text"),
        ("rules[0].to", '"nowhere" is not a destination'),
        ("rules[1]", "7 is not a mapping"),
        ("rules[2].id", '"x" is not an id'),
        ("rules[2].if", "3 is not a mapping"),
        ("rules[2].allow_missing", '"state" is not a list'),
    ]


@pytest.mark.parametrize(
    ("wanted", "field", "reason"),
    [
        ({"state": False}, "state", "false is not a text"),  # YAML's NO
        ({"zip": [94110]}, "zip[0]", "94110 is not a text"),
        ({"zip": 0o1234}, "zip", "668 is not a text"),  # YAML's 01234
        ({"state": ""}, "state", '"" is not a text'),
        ({"state": None}, "state", "is missing"),
        ({"state": []}, "state", "is an empty list"),
        ({"state": ["CA", ["NV"]]}, "state[1]", "a list is not a text"),
        ({"state": {}}, "state", "is empty"),
        ({"state": {"in": "CA"}}, "state.in", "is not known here"),
        ({"state": {"not": [1]}}, "state.not[0]", "1 is not a text"),
        ({"state": {"min": 1}}, "state", "the attribute is a text"),
        ({"zip": {"prefix": 941}}, "zip.prefix", "941 is not a text"),
        ({"zip": {"prefix": ["9", ""]}}, "zip.prefix[1]", '"" is not a text'),
        ({"score": "40"}, "score", '"40" is not a number'),
        ({"score": True}, "score", "true is not a number"),
        ({"score": {"prefix": "4"}}, "score.prefix", "the attribute is a number"),
        ({"score": {"min": "40"}}, "score.min", '"40" is not a number'),
        ({"score": 16**9999}, "score", "a huge number is not a number"),
        ({"score": {"max": None}}, "score.max", "is missing"),
        ({"score": {"min": 90, "max": 40}}, "score.min", "90 is above max"),
        ({"score": {"min": float("nan")}}, "score.min", "nan is not a number"),
        ({"score": {"max": float("inf")}}, "score.max", "inf is not a number"),
        ({"data.year": [[]]}, "data.year[0]", "a list is not a value"),
        ({"data.year": float("nan")}, "data.year", "nan is not a value"),
        ({"data.": 1}, "data.", "there is no such attribute"),
        ({"data": {"make": "Toyota"}}, "data", "there is no such attribute"),
        ({7: 1}, "7", "there is no such attribute"),
    ],
)
def test_a_test_that_could_never_pass_is_refused_where_it_stands(wanted, field, reason):
    (problem,) = problems(with_rule(**{"if": wanted}))
    assert (problem.field, problem.reason) == (f"rules[0].if.{field}", reason)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"name": "x" * 101}, "name", "is 101 characters long"),
        ({"name": " "}, "name", '" " is not a text'),
        ({"name": None}, "name", "is missing"),
        ({"priority": 1.5}, "priority", "1.5 is not a whole number"),
        ({"priority": True}, "priority", "true is not a whole number"),
        ({"priority": 10**7}, "priority", "10000000 is not from -1000000 to 1000000"),
        ({"priority": 16**9999}, "priority", "a huge number is not from -1000000 to 1000000"),
        ({"to": ["pacific-mutual/web"]}, "to", "a list is not a destination"),
        ({"to": {"name": "web"}}, "to", "a mapping is not a destination"),
        ({"to": "x" * 99}, "to", f'"{"x" * 59}... is not a destination'),
        ({"allow_missing": ["state"]}, "allow_missing[0]", '"state" is not tested by `if`'),
        ({"allow_missing": [["state"]]}, "allow_missing[0]", "a list is not tested by `if`"),
        ({"when": "lead.score >"}, "when", "character 13: mismatched input '<EOF>'"),
        ({"when": "true" + " " * 2000}, "when", "is 2004 characters long"),
        ({"when": "lead.scor > 1"}, "when", "there is no lead.scor"),
        ({"unless": 1}, "unless", "is not known here"),
    ],
)
def test_a_rule_is_refused_for_what_is_wrong_with_it(changes, field, reason):
    (problem,) = problems(with_rule(**changes))
    assert (problem.field, problem.reason) == (f"rules[0].{field}", reason)


def test_names_and_ids_are_used_once():
    document = {"default": "stay", "rules": [a_rule(), a_rule(priority=2), a_rule(name="b")]}
    assert problems(document) == [
        Problem("rules[1].name", "is the name of rules[0]", "one of its own"),
        Problem("rules[1].id", "is the id of rules[0]", "one of its own"),
        Problem("rules[2].id", "is the id of rules[0]", "one of its own"),
    ]


@pytest.mark.parametrize(
    ("weights", "fields"),
    [
        ({}, ["specialization", "proximity", "performance", "availability"]),
        ({"specialization": 1, "proximity": 0, "performance": 0}, ["availability"]),
        (
            {"specialization": 2, "proximity": -1, "performance": 0, "availability": 0},
            ["specialization", "proximity"],
        ),
    ],
)
def test_agent_weights_are_four_shares_of_one(weights, fields):
    found = problems({"default": "stay", "rules": [], "agent_weights": weights})
    assert [each.field for each in found] == [f"agent_weights.{name}" for name in fields]


def test_agent_weights_are_a_mapping():
    document = {"default": "stay", "rules": [], "agent_weights": [0.25] * 4}
    assert [each.field for each in problems(document)] == ["agent_weights"]


CALIFORNIA = Condition(tests=(OneOf("state", ("CA",)),))
GOOD = Condition(when=Expression("lead.score > 50"))
BOTH = Condition(tests=CALIFORNIA.tests, when=Expression("lead.data.make == 'Toyota'"))


@pytest.mark.parametrize(
    ("attributes", "matching"),
    [
        ({"state": "CA", "score": 60, "data.make": "Toyota"}, [1, 2, 3, 4]),
        ({"state": "CA", "score": 60}, [1, 2, 4]),
        ({"state": "CA"}, [1, 4]),
        ({"score": 60, "data.make": "Toyota"}, [2, 4]),
        ({}, [4]),
    ],
)
def test_the_rules_whose_conditions_hold_match_unless_they_are_off(attributes, matching):
    rules = [
        rule(1, 10, condition=CALIFORNIA, priority=9),
        rule(2, 10, condition=GOOD, priority=8),
        rule(3, 10, condition=BOTH, priority=7),
        rule(4, 10),
        rule(5, 10, enabled=False),
    ]
    found = rulebook(*rules).matching(attributes)
    assert [each.id for each in found] == [uid(number) for number in matching]


texts = st.text(min_size=1, max_size=4)
numbers = st.integers(-100, 100) | st.floats(-100, 100)
ranges = st.builds(lambda a, b: {"min": min(a, b), "max": max(a, b)}, numbers, numbers)
lists = st.lists(texts, min_size=1, max_size=3)
tests_of_text = (
    texts
    | lists
    | st.builds(lambda prefix: {"prefix": prefix}, texts | lists)
    | st.builds(lambda prefix, none: {"prefix": prefix, "not": none}, texts, lists)
)
tests_of_number = numbers | ranges | st.builds(lambda low: {"min": low}, numbers)
ifs = st.fixed_dictionaries(
    {},
    optional={
        "state": tests_of_text,
        "zip": tests_of_text,
        "score": tests_of_number,
        "data.make": tests_of_text | tests_of_number | st.booleans(),
    },
)
documents = st.builds(
    lambda rules, default, days: {
        "default": default,
        "exclusivity_days": days,
        "agent_weights": {
            "specialization": 0.25,
            "proximity": 0.25,
            "performance": 0.25,
            "availability": 0.25,
        },
        "rules": [
            a_rule(id=str(uid(index)), name=str(index), priority=priority, **{"if": tests})
            for index, (priority, tests) in enumerate(rules)
        ],
    },
    st.lists(st.tuples(st.integers(-5, 5), ifs), max_size=4),
    st.sampled_from(["stay", "review"]),
    st.integers(0, 3650),
)
leads = st.dictionaries(
    st.sampled_from(["state", "zip", "score", "data.make"]), texts | numbers | st.booleans()
)


@given(documents)
def test_what_was_read_and_written_reads_as_the_same(document):
    once = read(document)
    assert read(dump(once, NAMES)) == once


@given(documents, leads)
def test_matching_agrees_with_asking_each_rule(document, attributes):
    book = read(document)
    assert book.matching(attributes) == tuple(
        each for each in book.rules if conditions.holds(each.condition, attributes)
    )


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    [
        *("default", "rules", "agent_weights", "id", "name", "if", "when", "to", "allow_missing"),
        *("state", "score", "data.x", "min", "prefix", "not"),
    ]
)
shaped = st.recursive(
    plain, lambda inner: st.dictionaries(keys, inner) | st.lists(inner, max_size=3), max_leaves=12
)


@given(plain | shaped | st.builds(lambda each: {"default": "stay", "rules": [each]}, shaped))
def test_any_data_is_read_or_refused_with_reasons(document):
    try:
        read(document)
    except InputError as refused:
        found = refused.problems
    else:
        return
    assert found
    assert all(each.reason and each.expected for each in found)


def test_a_condition_may_stand_by_itself():
    document = {"if": {"state": "CA"}, "when": "lead.score > 5"}
    expected = Condition(tests=(OneOf("state", ("CA",)),), when=Expression("lead.score > 5"))
    assert read_condition(document, "filter") == expected


def test_what_is_wrong_with_a_condition_by_itself_is_said_by_its_place():
    with pytest.raises(InputError) as caught:
        read_condition([], "filter")
    assert [each.field for each in caught.value.problems] == ["filter"]
    with pytest.raises(InputError) as caught:
        read_condition({"if": {"state": 1}, "to": "x"}, "filter")
    assert {each.field for each in caught.value.problems} == {"filter.if.state", "filter.to"}


MISSION = Point(37.7509, -122.4153)


def centre_of(zip_code):
    return MISSION if zip_code == "94110" else None


def circle(**given):
    """Read a condition with one circle, and give the circle."""
    asked = {"if": {"position": {"within": given}}}
    [test] = read_condition(asked, "filter", centre_of).tests
    assert isinstance(test, Within)
    return test.circles[0]


def test_the_middle_of_a_circle_is_looked_up_once_and_kept():
    found = circle(miles=25, of="94110")
    assert found == Circle("94110", MISSION, 25, "miles")
    written = write(Condition((Within("position", (found,)),)))
    assert written == {
        "if": {"position": {"within": [{"miles": 25, "of": "94110", "at": [37.7509, -122.4153]}]}}
    }
    again = read_condition(written, "filter")  # without any table
    assert again.tests == (Within("position", (found,)),)


def test_there_may_be_several_circles():
    asked = {"within": [{"km": 40.5, "of": "94110"}, {"miles": 1, "of": "94110"}]}
    [test] = read_condition({"if": {"position": asked}}, "filter", centre_of).tests
    assert isinstance(test, Within)
    assert [(each.radius, each.unit) for each in test.circles] == [(40.5, "km"), (1, "miles")]


@pytest.mark.parametrize(
    ("asked", "field", "reason"),
    [
        ("94110", "position", '"94110" is not a mapping'),
        ({"within": {"km": 1, "of": "94110"}, "not": "3"}, "position.not", "is not known here"),
        ({}, "position.within", "is missing"),
        ({"within": "94110"}, "position.within", '"94110" is not a mapping'),
        ({"within": []}, "position.within", "is an empty list"),
        ({"within": {"of": "94110"}}, "position.within", "has no radius"),
        (
            {"within": {"miles": 1, "km": 1, "of": "94110"}},
            "position.within",
            "has both miles and km",
        ),
        (
            {"within": {"miles": 0, "of": "94110"}},
            "position.within.miles",
            "0 is not a number above 0, up to 12000",
        ),
        (
            {"within": {"km": 20_001, "of": "94110"}},
            "position.within.km",
            "20001 is not a number above 0, up to 20000",
        ),
        (
            {"within": {"km": True, "of": "94110"}},
            "position.within.km",
            "true is not a number above 0, up to 20000",
        ),
        ({"within": {"km": 1}}, "position.within.of", "is missing"),
        ({"within": {"km": 1, "of": 94110}}, "position.within.of", "94110 is not a zip"),
        ({"within": {"km": 1, "of": "9411"}}, "position.within.of", '"9411" is not a zip'),
        ({"within": {"km": 1, "of": "00000"}}, "position.within.of", "nobody knows where 00000 is"),
        ({"within": {"km": 1, "of": "94110", "to": 3}}, "position.within.to", "is not known here"),
        ({"within": {"km": 1, "of": "94110", "at": 3}}, "position.within.at", "3 is not a point"),
        (
            {"within": [{"km": 1, "of": "94110"}, {"km": 1, "of": "94110", "at": [91, 0]}]},
            "position.within[1].at",
            "a list is not a point",
        ),
        (
            {"within": {"km": 1, "of": "94110", "at": [0, 181]}},
            "position.within.at",
            "a list is not a point",
        ),
    ],
)
def test_a_circle_that_is_none_is_refused_by_its_place(asked, field, reason):
    with pytest.raises(InputError) as caught:
        read_condition({"if": {"position": asked}}, "filter", centre_of)
    [problem] = caught.value.problems
    assert (problem.field, problem.reason) == (f"filter.if.{field}", reason)


def test_without_a_table_nobody_knows_where_a_zip_is():
    document = yaml.safe_load(WRITTEN)
    document["rules"][1]["if"]["position"] = {"within": {"km": 1, "of": "94110"}}
    [problem] = problems(document)
    assert problem.field == "rules[1].if.position.within.of"
    assert problem.reason == "nobody knows where 94110 is"


def test_rules_are_written_with_the_places_that_were_looked_up():
    document = yaml.safe_load(WRITTEN)
    document["rules"][1]["if"]["position"] = {"within": {"km": 1, "of": "94110"}}
    through = {"workspace_id": SOURCE, "version": 1, "destinations": DESTINATIONS}
    book = parse(document, centre_of=centre_of, **through)
    assert parse(dump(book, NAMES), **through) == book


def test_only_a_position_lies_within():
    with pytest.raises(InputError) as caught:
        read_condition({"if": {"zip": {"within": {"km": 1, "of": "94110"}}}}, "filter", centre_of)
    [problem] = caught.value.problems
    assert (problem.field, problem.reason) == ("filter.if.zip.within", "is for position")
    assert problem.expected == 'position: {within: {miles: 25, of: "94110"}}'
