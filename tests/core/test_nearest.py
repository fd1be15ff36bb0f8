"""What would have had to be otherwise for a rule to get the lead."""

from datetime import time, timedelta

import pytest
from hypothesis import given

from leadflow.core.conditions import Circle, Condition, OneOf, Range, Within
from leadflow.core.decision import Cap
from leadflow.core.distance import Point
from leadflow.core.expressions import Expression
from leadflow.core.nearest import miss_of
from leadflow.core.schedule import Leave, Opening, WeeklyHours
from tests.core.builders import (
    NOW,
    agent,
    destination,
    holding,
    profile,
    rule,
    rulebook,
    snapshot,
    uid,
)
from tests.core.test_route_laws import leads, places, rules

LEAD = profile(state="CA", score=40, position="37.3382,-121.8863")
NEAR = Within("position", (Circle("94110", Point(37.7509, -122.4153), 10, "miles"),))
EVENING = (Opening(NOW.weekday(), time(18), time(20)),)
CLOSED = WeeklyHours("UTC", EVENING)
UNTIL = NOW + timedelta(days=1)


def missed(named, *others, place=None, **state):
    """Work out the miss of a rule to `place`, with rules to a destination that takes all."""
    places = [*([destination(10)] if place is None else [place]), destination(11)]
    found = miss_of(named.id, LEAD, rulebook(named, *others), snapshot(*places, **state), NOW)
    return None if found is None else list(found.changes)


def test_who_has_the_lead_has_missed_nothing():
    assert missed(rule(1, 10)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"enabled": False}, "it were switched on"),
        ({"schedule": EVENING}, "it held at that hour"),
        (
            {"condition": Condition(tests=(OneOf("state", ("NV",)),))},
            "it did not ask for that: state is CA, not NV",
        ),
        (
            {"condition": Condition(tests=(Range("score", 40), NEAR))},
            "it did not ask for that: position is 37.3382,-121.8863, "
            "40.7 miles from 94110, not 10 or less",
        ),
        (
            {"condition": Condition(when=Expression("lead.score > 50"))},
            "it did not ask for that: `lead.score > 50` is false",
        ),
    ],
)
def test_a_rule_may_have_asked_for_something_else(changes, said):
    assert missed(rule(1, 10, **changes)) == [said]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"active": False}, "partner/10 were not paused"),
        ({"failing_until": UNTIL}, "partner/10 took deliveries then"),
        ({"hours": CLOSED}, "partner/10 were open then"),
        (
            {"filter": Condition(tests=(Range("score", 60),))},
            "partner/10 wanted it: score is 40, not 60 or more",
        ),
        ({"caps": (Cap("day", 20, 20, UNTIL),)}, "its day cap were 21 and not 20"),
        (
            {
                "caps": (
                    Cap("hour", 9, 1, UNTIL),
                    Cap("day", 500, 450, UNTIL, "money"),
                    Cap("week", 3, 5, UNTIL),
                ),
                "price_minor": 100,
            },
            "its day cap were 5.50 USD and not 5.00 USD and its week cap were 6 and not 3",
        ),
    ],
)
def test_a_destination_may_have_been_able_to_take_it(changes, said):
    assert missed(rule(1, 10), place=destination(10, **changes)) == [said]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"active": False}, "were active"),
        ({"teams": ("day",)}, "were in night"),
        ({"licensed_states": ("NV",)}, "were licensed for it"),
        ({"specialties": ("HOME",)}, "worked on such leads"),
        ({"leave": (Leave(NOW, UNTIL),)}, "were not on leave"),
        ({"hours": CLOSED}, "were on duty"),
        ({"load": 10}, "had a capacity of 11 and not 10"),
    ],
)
def test_the_agent_of_whom_the_least_is_missing_is_named(changes, said):
    best = agent(51, **{"teams": ("night",), **changes})
    worse = agent(50, active=False, load=10)
    place = destination(10, assigns_agents=True, agents=(worse, best))
    assert missed(rule(1, 10, team="night"), place=place) == [f"agent {uid(51)} {said}"]


def test_a_lead_may_not_have_come_back():
    returned = {LEAD.lead_id: (uid(10),)}
    assert missed(rule(1, 10), returned=returned) == ["it had not come back from partner/10"]
    place = destination(10, assigns_agents=True, agents=(agent(50),))
    returned = {LEAD.lead_id: (uid(50),)}
    assert missed(rule(1, 10), place=place, returned=returned) == [
        f"agent {uid(50)} had not had the lead before"
    ]


def test_where_a_rule_leads_that_did_not_match_nobody_has_looked():
    houses = rule(1, 99, condition=Condition((OneOf("state", ("NV",)),)))
    assert missed(houses, rule(2, 11)) == [
        "it did not ask for that: state is CA, not NV",
        "its destination could have taken it, which nobody looked at then",
    ]


def test_without_agents_or_destination_nothing_helps():
    assert missed(rule(1, 10), place=destination(10, assigns_agents=True)) is None
    assert missed(rule(1, 99)) is None


def test_whoever_is_first_has_to_be_passed():
    assert missed(rule(1, 10), rule(2, 11, priority=7)) == ["its priority were 8 and not 0"]
    assert missed(rule(2, 10), rule(1, 11)) == []  # it is its turn: its id comes first
    other = rule(2, 11)
    assert missed(rule(1, 10, fallback=True), other) == ["it were no fallback"]
    assert missed(rule(1, 10), rule(2, 10, priority=3)) == ["its priority were 4 and not 0"]


def test_a_person_may_be_with_somebody_else():
    taken = {(b"somebody's mail.", "AUTO"): holding()}
    assert missed(rule(1, 10), held=taken) == [
        "the person might have one more partner: "
        "the person is exclusively placed until 2026-03-05 17:00 UTC"
    ]


def test_all_that_has_to_change_is_said():
    place = destination(10, active=False, caps=(Cap("total", 1, 1, None),))
    asks = Condition(tests=(OneOf("state", ("NV",)), Range("score", 50)))
    assert missed(rule(1, 10, condition=asks), rule(2, 11, priority=1), place=place) == [
        "it did not ask for that: state is CA, not NV",
        "it did not ask for that: score is 40, not 50 or more",
        "partner/10 were not paused",
        "its total cap were 2 and not 1",
        "its priority were 2 and not 0",
    ]


@given(rules, places(), leads)
def test_it_always_comes_to_an_end_and_says_something_of_every_loser(given_rules, state, group):
    book = rulebook(*given_rules)
    for lead in group:
        winners = 0
        for each in book.rules:
            found = miss_of(each.id, lead, book, state, NOW)
            winners += found is not None and not found.changes
        assert winners <= 1
