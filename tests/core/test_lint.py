"""What is allowed in rules, and is probably a mistake."""

import pytest

from leadflow.core import repeats
from leadflow.core.lint import findings
from leadflow.core.rulebook import parse, with_ids
from tests.core.builders import SOURCE, uid

DESTINATIONS = {"summit/auto": uid(10), "harbor/auto": uid(11)}


def lint(*rules, default="review"):
    numbers = iter(range(100, 100_000))
    given = [
        {"name": f"rule {index}", "priority": -index, "to": "summit/auto", **rule}
        for index, rule in enumerate(rules)
    ]
    document = with_ids({"default": default, "rules": given}, lambda: uid(next(numbers)))
    book = parse(document, workspace_id=SOURCE, version=1, destinations=DESTINATIONS)
    return findings(book, document)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"vertical": "AUT0"}, '"AUT0" is no value of vertical; did you mean AUTO?'),
        ({"state": ["CA", "Cali"]}, '"Cali" is no value of state; did you mean CA?'),
        ({"state": "California"}, '"California" is no value of state; did you mean CA?'),
        ({"country": "USA"}, '"USA" is no value of country; did you mean US?'),
        ({"phone_region": "Deutschland"}, '"Deutschland" is no value of phone_region'),
        ({"priority": "urgent"}, '"urgent" is no value of priority; it is one of cold, hot, warm'),
        ({"size": "huge"}, '"huge" is no value of size; it is one of enterprise, mid, small'),
        ({"region": "west coast"}, '"west coast" is no value of region; it is one of Midwest, No'),
        ({"channel": "apis"}, '"apis" is no value of channel; did you mean api?'),
        ({"industry": "insurer"}, "did you mean Finance and Insurance?"),
        ({"territory": "Soth"}, "did you mean South?"),
        ({"email_kind": {"not": "disposible"}}, "did you mean disposable?"),
        ({"phone_kind": {"prefix": ["fixed", "cell"]}}, 'of phone_kind begins with "cell"'),
        ({"data.primaryUse": "comute"}, "it is one of business, personal, rideshare"),
        ({"data.interest": "trade in"}, "did you mean trade-in?"),
        ({"vertical": "B2B", "data.country": "UK"}, "did you mean GB?"),
        ({"data.make": 5}, "5 is no value of data.make, which is a text"),
        ({"data.tobacco": "yes"}, '"yes" is no value of data.tobacco, which is true or false'),
        ({"data.drivers": True}, "true is no value of data.drivers, which is a whole number"),
    ],
)
def test_a_value_that_is_never_there_is_found(wanted, message):
    (found,) = lint({"if": wanted})
    assert (found.code, found.field) == ("unknown_value", f"rules[0].if.{list(wanted)[-1]}")
    assert message in found.message


@pytest.mark.parametrize(
    "wanted",
    [
        {"vertical": "auto", "state": ["ca", "PR", "AE"], "country": "us", "size": "MID"},
        {"country": "CA", "state": "ON"},  # of other countries there is no table
        {"territory": ["West", "DE"], "industry": "Finance and Insurance"},
        {"phone_kind": {"prefix": "fixed"}, "zip": "9411", "city": {"prefix": "x"}},
        {"data.coverageType": "full"},  # a choice of HEALTH, and any text of AUTO
        {"data.yearsInBusiness": [2, 2.5], "data.tobacco": False},
        {"data.coverageTypes": {"prefix": "lia", "not": "liability"}},
        {"score": {"min": 100}, "quality": {"max": 0}, "budget_minor": {"min": 10**15}},
        {"data.vehicleYear": {"min": 3000}},  # no clock here
        {"data.propertyValue": {"min": 300_000}},  # who knows
        {"data.accidents": {"min": 0.5, "max": 1.5}, "data.yearsInBusiness": {"min": 0.5}},
        {"score": {"min": 50, "max": 50, "not": 51}},
        {"position": {"within": {"km": 1, "of": "94110", "at": [37.75, -122.42]}}},
    ],
)
def test_what_may_be_meant_is_let_be(wanted):
    assert lint({"if": wanted}) == ()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"data.mke": "Toyota"}, "no vertical has a field mke; did you mean make?"),
        ({"data.qqq": 1}, "no vertical has a field qqq"),
        ({"data.vin": "x"}, "vin is private: no rule ever sees it"),
        ({"vertical": "AUTO", "data.squareFeet": 1}, "squareFeet is a field of HOME, not of AUTO"),
        ({"vertical": {"not": "HOME"}, "data.roofAge": 1}, "roofAge is a field of HOME, not"),
    ],
)
def test_a_field_that_no_rule_sees_is_found(wanted, message):
    (found, *_) = lint({"if": wanted})
    assert (found.code, found.field) == ("unknown_field", f"rules[0].if.{list(wanted)[-1]}")
    assert message in found.message


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"score": {"min": 101}}, "score is a whole number from 0 to 100"),
        ({"quality": {"max": -1}}, "quality is a whole number from 0 to 100"),
        ({"data.drivers": {"min": 10}}, "data.drivers is a whole number from 1 to 9"),
        ({"score": {"min": 50.2, "max": 50.8}}, "and none lies from 50.2 to 50.8"),
        ({"score": {"min": 50, "max": 50, "not": [49, 50]}}, "min and max leave 50, which is ex"),
        ({"data.make": {"min": 1}}, "min and max are for numbers, and data.make is a text"),
        ({"data.drivers": {"prefix": "1"}}, "prefix is for texts, and data.drivers is a whole"),
    ],
)
def test_what_no_value_passes_is_found(wanted, message):
    (found,) = lint({"if": wanted})
    assert (found.code, found.field) == ("never_matches", f"rules[0].if.{list(wanted)[-1]}")
    assert message in found.message


def test_expressions_are_looked_at_as_well():
    when = "has(lead.data.mke) || lead.data.vin == 'x' || lead.state > 5 || lead.score > 1"
    assert [(each.code, each.field, each.message) for each in lint({"when": when})] == [
        ("unknown_field", "rules[0].when", "no vertical has a field mke; did you mean make?"),
        ("unknown_field", "rules[0].when", "vin is private: no rule ever sees it"),
        ("no_answer", "rules[0].when", "`lead.state > 5` has no answer: a text > a whole number"),
    ]
    assert lint({"when": "lead.data.make == 'Toyota' && lead.score > 1"}) == ()


def test_rules_that_are_all_disabled_or_none_at_all_are_found():
    for rules in ([], [{"enabled": False}]):
        (found,) = lint(*rules)
        assert (found.code, found.field) == ("nothing_enabled", "rules")


def test_a_vertical_is_missed_where_rules_are_about_it_and_none_can_match():
    home = {"if": {"vertical": ["HOME", "RENTERS"]}, "enabled": False}
    rooms = {"if": {"vertical": "LIFE", "data.roofAge": 5}}
    (field, found) = lint({"if": {"vertical": "AUTO"}}, home, rooms)
    assert field.code == "unknown_field"
    assert (found.code, found.field) == ("unserved_vertical", "rules")
    assert "rules about HOME, LIFE, RENTERS, and none" in found.message
    assert lint(home, {"to": "harbor/auto"}) == ()
    allowing = {"if": {"vertical": "LIFE", "data.income": 5}, "allow_missing": ["data.income"]}
    assert lint(allowing) == ()


def test_a_rule_that_is_never_reached_names_the_one_that_comes_first():
    west = {"if": {"vertical": "AUTO", "state": ["CA", "NV", "AZ"]}}
    stricter = {"if": {"vertical": "AUTO", "state": ["nv", "ca"], "score": {"min": 40}}}
    (found,) = lint(west, stricter)
    assert (found.code, found.field) == ("never_reached", "rules[1]")
    assert 'rules[0], "rule 0", comes first' in found.message
    (found,) = lint({**stricter, "priority": 1}, {**west, "priority": 2})
    assert (found.field, found.message.partition(",")[0]) == ("rules[0]", "never reached: rules[1]")


def test_a_rule_is_reached_where_the_earlier_one_is_not_sure_to_count():
    rule = {"if": {"state": "CA"}}
    assert lint(rule, {**rule, "to": "harbor/auto"}) == ()
    assert lint({**rule, "enabled": False}, rule) == ()
    assert lint({**rule, "when": "lead.score > 1"}, rule) == ()
    assert lint(rule, {"if": {"state": ["CA", "NV"]}}) == ()
    assert lint({"if": {"state": "CA", "score": {"min": 5}}}, rule) == ()
    assert len(lint(rule, {**rule, "when": "lead.score > 1"})) == 1


def test_a_search_among_too_many_rules_that_are_alike_says_that_it_ended(monkeypatch):
    monkeypatch.setattr(repeats, "MAX_COMPARED", 3)
    rules = [{"if": {"score": {"min": score}}} for score in (50, 40, 30)]
    assert lint(*rules) == ()
    (found,) = lint(*rules, {"if": {"score": {"min": 20}}})
    assert (found.code, found.field) == ("not_compared", "rules")
