"""The reference pages agree with the code: nothing is left out, and nothing is made up."""

from typing import get_args

import pytest
import yaml

from leadflow import settings
from leadflow.cli.output import in_words
from leadflow.core import condition_document, gates, rulebook
from leadflow.core.classify import classify
from leadflow.core.conditions import ATTRIBUTES, NUMBERS
from leadflow.core.explain import AGENT_GATES, GATES
from leadflow.core.expressions import FUNCTIONS, LOOPS, MAX_CHARACTERS, MAX_LOOPS
from leadflow.core.lead import (
    URGENCY,
    Channel,
    EmailKind,
    Facts,
    PhoneKind,
    Priority,
    Quality,
    Score,
)
from leadflow.core.lifecycle import WAYS
from leadflow.core.lint import Code
from leadflow.core.verticals import REGISTRY, Kind
from leadflow.errors import InputError
from leadflow.sources.yaml import pointing_to_lines
from leadflow.work.routing import LEASE
from tests.core.leads import lead
from tests.core.submissions import accepted, problems, with_contact, with_data
from tests.docs.pages import blocks, code, names, parsed, rows, section, text
from tools.reference import BLOCKS, PAGES, filled

RULES = text("reference/rules.md")
LIFECYCLE = text("reference/lifecycle.md")
SCORING = text("reference/scoring.md")
VERTICALS = text("reference/verticals.md")


# Tables that the code writes.


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_what_the_code_says(name):
    page = text(f"reference/{name}")
    assert filled(page) == page


def test_everything_the_code_can_write_is_on_some_page():
    pages = "".join(text(f"reference/{name}") for name in PAGES)
    assert [name for name in BLOCKS if f"<!-- code: {name} -->" not in pages] == []


# Verticals.


def test_every_vertical_has_a_section():
    assert [name for name in REGISTRY if f"\n## {name}\n" not in VERTICALS] == []


def test_every_kind_of_field_is_described():
    assert [row[0] for row in rows(section(VERTICALS, "Kinds"))] == list(get_args(Kind))


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("roofAge", "1,200", None), ("squareFeet", "1,200", 1200), ("squareFeet", 2020.0, 2020),
        ("propertyValue", 1250.5, 125050), ("propertyValue", "$1,250.50", 125050),
        ("propertyValue", "1250.50 USD", 125050), ("propertyValue", "1250.50 EUR", None),
        ("securitySystem", "y", True), ("securitySystem", 0, False),
    ],
)  # fmt: skip
def test_kinds_take_what_the_page_shows(field, sent, kept):
    body = with_data("HOME", **{field: sent})
    if kept is None:
        assert f"vertical_data.{field}" in problems(body)
    else:
        assert accepted(body).data[field] == kept


def test_bands_take_words_and_lenient_fields_keep_what_they_cannot_read():
    read = accepted(with_data("B2B", employees="11-50", revenue="over $1M", country="Narnia"))
    assert read.data["employeesBand"] == "11-50"
    assert read.data["revenueBand"] == "over $1M"
    assert read.extra == {"vertical_data.country": "Narnia"}


def test_one_way_to_know_a_lead_is_enough():
    for contact in ({"email": "ann@acme.example"}, {"phone": "4155552671"}):
        body = with_contact(**contact)
        del body["external_id"]
        accepted(body)
    accepted({"vertical": "HEALTH", "external_id": "1"})
    assert problems({"vertical": "HEALTH"})


# Scoring.


@pytest.mark.parametrize(
    ("data", "size"),
    [
        ({"employees": 49}, "small"), ({"employees": 50}, "mid"), ({"employees": 999}, "mid"),
        ({"employees": 1000}, "enterprise"), ({"employeesBand": "mid-size"}, "mid"),
        ({"revenue": 9_999_999_00}, "small"), ({"revenue": 10_000_000_00}, "mid"),
        ({"revenue": 999_999_999_00}, "mid"), ({"revenue": 1_000_000_000_00}, "enterprise"),
    ],
)  # fmt: skip
def test_sizes_end_where_the_page_says(data, size):
    found = classify(
        lead("B2B", data), Facts(), Score(50, "fallback", ()), Quality(50, 0.5, 0.5, 0.5, 0.5)
    )
    assert found.size == size


def test_an_agents_gates_are_those_there_are_in_their_order():
    assert names(section(SCORING, "An agent's rank"), table=1) == list(AGENT_GATES)


def test_the_agents_gates_that_make_a_lead_wait_are_the_last_three():
    assert set(list(AGENT_GATES)[-3:]) == {"on_leave", "off_hours", "at_capacity"}
    assert "one of the last three" in SCORING


# Rules.


def test_the_example_has_every_key_and_is_accepted():
    [document] = blocks(RULES, "yaml")
    book = yaml.safe_load(document)
    assert set(book) == set(rulebook.KEYS)
    assert set(book["rules"][0]) == set(rulebook.RULE_KEYS) - {"id"}
    parsed(document)


def test_keys_are_those_that_are_read():
    assert names(section(RULES, "The rulebook")) == list(rulebook.KEYS)
    assert names(section(RULES, "A rule")) == list(rulebook.RULE_KEYS)
    assert set(condition_document.KEYS) <= set(rulebook.RULE_KEYS)


@pytest.mark.parametrize(
    ("heading", "whole"),
    [("The rulebook", "rulebook"), ("A rule", "rule")],
)
def test_what_the_page_calls_refused_is_refused_when_it_is_missing(heading, whole):
    for row in rows(section(RULES, heading)):
        [key] = code(row[0])
        rule = {"name": "a", "priority": 1, "to": "summit/auto"}
        book = {"default": "review", "rules": [rule]}
        (book if whole == "rulebook" else rule).pop(key, None)
        if row[2] == "refused":
            with pytest.raises(InputError) as refused:
                parsed(yaml.safe_dump(book))
            assert key in refused.value.problems[0].field
        else:
            parsed(yaml.safe_dump(book))


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"exclusivity_days": 3650}, True), ({"exclusivity_days": 3651}, False),
        ({"exclusivity_days": -1}, False), ({"default": "drop"}, False), ({"other": 1}, False),
    ],
)  # fmt: skip
def test_the_rulebook_takes_what_the_page_says(change, fits):
    document = yaml.safe_dump({"default": "review", "rules": [], **change})
    if fits:
        parsed(document)
    else:
        with pytest.raises(InputError):
            parsed(document)


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"priority": 1_000_000}, True), ({"priority": 1_000_001}, False),
        ({"name": "a" * 100}, True), ({"name": "a" * 101}, False),
        ({"to": "nowhere/at-all"}, False), ({"other": 1}, False),
        ({"if": {"zip": 94110}}, False), ({"if": {"zip": "94110"}}, True),
        ({"if": {"state": {"min": 1}}}, False), ({"if": {"score": {"prefix": "4"}}}, False),
        ({"if": {"scoer": 1}}, False), ({"if": {"data.scoer": 1}}, True),
        ({"allow_missing": ["state"]}, False), ({"when": "lead.scoer > 1"}, False),
        ({"when": "lead.data.scoer > 1"}, True), ({"when": 'lead["score"] > 1'}, False),
        ({"when": "has(lead.score)"}, True), ({"when": "now > 1"}, False),
    ],
)  # fmt: skip
def test_a_rule_takes_what_the_page_says(change, fits):
    rule = {"name": "a", "priority": 1, "to": "summit/auto", **change}
    document = yaml.safe_dump({"default": "review", "rules": [rule]})
    if fits:
        parsed(document)
    else:
        with pytest.raises(InputError):
            parsed(document)


def test_operators_are_those_that_are_read():
    found = names(section(RULES, "Conditions"))
    assert sorted(found) == sorted(condition_document.OPERATORS)


@pytest.mark.parametrize(
    ("condition", "attributes", "matches"),
    [
        ({"if": {"state": ["ca", "nv"]}}, {"state": "CA"}, True),
        ({"if": {"state": {"not": "CA"}}}, {}, False),
        ({"if": {"state": {"not": "CA"}}, "allow_missing": ["state"]}, {}, True),
        ({"if": {"score": {"min": 40, "max": 80}}}, {"score": 80}, True),
        ({"if": {"score": {"min": 40, "max": 80, "not": 80}}}, {"score": 80}, False),
        ({"if": {"zip": {"prefix": ["941", "940"]}}}, {"zip": "94110"}, True),
        ({"if": {"data.coverageTypes": "fire"}}, {"data.coverageTypes": ["fire", "flood"]}, True),
        (
            {"if": {"data.coverageTypes": {"not": "fire"}}},
            {"data.coverageTypes": ["fire", "flood"]},
            False,
        ),
        ({"when": 'lead.state == "ca"'}, {"state": "CA"}, False),
        ({"when": "lead.score > 1"}, {}, False),
        ({"when": "!has(lead.score) || lead.score > 60"}, {}, True),
        ({}, {}, True),
    ],
)
def test_conditions_mean_what_the_page_says(condition, attributes, matches):
    rule = {"name": "a", "priority": 1, "to": "summit/auto", **condition}
    book = parsed(yaml.safe_dump({"default": "review", "rules": [rule]}))
    assert bool(book.matching(attributes)) is matches


def test_attributes_are_those_that_rules_know():
    told = {code(row[0])[0]: row[1] for row in rows(section(RULES, "Attributes"))}
    assert told.pop("data.FIELD") == "as the field"
    assert set(told) == ATTRIBUTES
    assert {name for name, kind in told.items() if kind == "number"} == NUMBERS


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        ("channel", get_args(Channel)), ("email_kind", get_args(EmailKind)),
        ("phone_kind", get_args(PhoneKind)), ("priority", get_args(Priority)),
    ],
)  # fmt: skip
def test_an_attribute_with_few_values_lists_them(attribute, values):
    [row] = [each for each in rows(section(RULES, "Attributes")) if code(each[0]) == [attribute]]
    assert code(row[2]) == list(values)


def test_every_warning_about_rules_is_listed():
    assert names(section(RULES, "Problems and warnings")) == list(get_args(Code))


@pytest.mark.parametrize(
    ("heading", "lines_before", "rules"),
    [
        ("Expressions", 7, '- when: lead.score > "50"'),
        ("Problems and warnings", 8, "- {}\n- {}\n- {}\n- if: {score: {max: 40,\n\nmin: 90}}"),
    ],
)
def test_the_problem_that_is_shown_is_said_in_these_words(heading, lines_before, rules):
    document = "\n" * (lines_before - 2) + f"default: stay\nrules:\n{rules}\n"
    [shown] = blocks(section(RULES, heading), "text")
    with pytest.raises(InputError) as caught, pointing_to_lines(document):
        parsed(document)
    assert shown.strip() in [in_words(each) for each in caught.value.problems]


def test_expressions_may_use_what_the_page_lists():
    part = section(RULES, "Expressions")
    functions = part.partition("- Functions:")[2].partition("\n\n")[0]
    assert code(functions) == sorted(FUNCTIONS)
    [loops] = [line for line in part.splitlines() if "of the loops" in line]
    assert code(loops) == sorted(LOOPS)
    assert f"At most {MAX_CHARACTERS:,} characters, and at most {MAX_LOOPS} of" in loops


# The life of a lead.


def test_every_way_is_explained():
    told = {
        name.strip()
        for row in rows(section(LIFECYCLE, "From one state to another"))
        for name in row[0].split(",")
    }
    named = {way.name for way in WAYS} - {"routed by hand"}
    assert told == named | {"routed"}  # `routed, reassigned by hand`


def test_gates_are_those_there_are_and_say_at_which_a_lead_waits():
    told = {code(row[0])[0]: row[2] for row in rows(section(LIFECYCLE, "Gates"))}
    assert list(told) == list(GATES)
    assert {gate for gate, then in told.items() if then.startswith("waits")} == gates.WAITING


def test_the_numbers_are_the_defaults():
    default = settings.read({})
    told = section(LIFECYCLE, "Waiting and trying")
    assert f"`RETRY_DELAY` ({default.retry_delay.total_seconds():.0f} s)" in told
    assert f"`MAX_RETRIES` tries ({default.max_retries})" in told
    assert f"`LEADFLOW_LEAD_LIFETIME` days ({default.lead_lifetime.days})" in told
    assert f"after {LEASE.seconds // 60} minutes" in told
    assert sorted(URGENCY, key=lambda priority: -URGENCY[priority]) == ["hot", "warm", "cold"]
