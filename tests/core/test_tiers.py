"""In which order those who can take a lead come to have it."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leadflow.core.conditions import Condition, OneOf
from leadflow.core.decision import Cap, NoCandidate, Placed, SentToReview, Waiting
from leadflow.core.normalise.money import in_words
from leadflow.core.route import after, choose, match, seed_of
from leadflow.core.schedule import Leave, Opening
from leadflow.core.tiers import load_of
from tests.core.builders import NOW, agent, destination, profile, rule, rulebook, snapshot, uid

UNTIL = NOW + timedelta(days=90)
MORNING = (Opening(NOW.weekday(), time(8), time(12)),)
EVENING = (Opening(NOW.weekday(), time(18), time(20)),)
FULL = (Cap("day", 1, 1, NOW + timedelta(hours=7)),)


def decide(book, *places, lead=None):
    lead = lead or profile(state="CA")
    return choose(lead, match(lead, book), book, snapshot(*places), NOW, seed_of(lead.lead_id))


def number_of(placed, what):
    """Give the number an id was made of."""
    return getattr(placed, what).int - uid(0).int


def owners(book, *places, count=1):
    """Decide about one lead after the other, and name the destinations they go to."""
    state, found = snapshot(*places), []
    for number in range(count):
        lead = profile(1000 + number, identity=())
        decision = choose(lead, match(lead, book), book, state, NOW, seed_of(lead.lead_id))
        state = after(state, lead, decision, UNTIL)
        found.append(number_of(decision.outcome, "destination_id"))
    return found


def said(decision):
    return [each.seen for each in decision.candidates]


BOTH = (rule(1, 10), rule(2, 11))


def test_the_highest_price_gets_every_lead_it_can_take():
    book = rulebook(*BOTH, choice="highest_price")
    cheap, dear = destination(10, price_minor=2500), destination(11, price_minor=3000)
    assert owners(book, cheap, dear, count=3) == [11, 11, 11]
    assert owners(book, cheap, replace(dear, caps=(Cap("day", 2, 0, UNTIL),)), count=3) == [
        11,
        11,
        10,
    ]
    assert said(decide(book, cheap, dear)) == [
        "pays 25.00 USD",
        "pays 30.00 USD",
    ]


def test_equal_prices_take_turns():
    book = rulebook(*BOTH, rule(3, 12), choice="highest_price")
    places = [destination(number, price_minor=100) for number in (10, 11)]
    places.append(destination(12, price_minor=99))
    assert owners(book, *places, count=4) == [10, 11, 10, 11]
    assert said(decide(book, *places)) == [
        *["pays 1.00 USD, owed 0.50 turns"] * 2,
        "pays 0.99 USD",
    ]


def test_the_least_loaded_gets_the_lead():
    book = rulebook(*BOTH, choice="least_loaded")
    half, third = (
        destination(number, caps=(Cap("day", limit, 5, UNTIL),))
        for number, limit in ((10, 10), (11, 15))
    )
    assert owners(book, half, third) == [11]
    assert said(decide(book, half, third)) == [
        "50 % loaded",
        "33 % loaded",
    ]


@pytest.mark.parametrize(
    ("changes", "load"),
    [
        ({}, 0),
        ({"caps": (Cap("hour", 4, 1, UNTIL), Cap("total", 10, 7, None))}, 700_000),
        ({"assigns_agents": True, "agents": (agent(50, load=5), agent(51))}, 250_000),
        ({"assigns_agents": True, "agents": (agent(50, load=5), agent(51, active=False))}, 500_000),
        ({"assigns_agents": True}, 0),
        ({"caps": (Cap("day", 0, 0, UNTIL),)}, 0),
    ],
)
def test_load_is_the_fullest_of_all_that_fills(changes, load):
    assert load_of(destination(10, **changes)) == load


def test_a_tier_may_choose_otherwise():
    rules = (rule(1, 10, priority=5), rule(2, 11, priority=5), rule(3, 12), rule(4, 13))
    book = rulebook(*rules, tiers={5: "highest_price"})
    places = [destination(10), destination(11, price_minor=1), destination(12), destination(13)]
    assert owners(book, *places, count=2) == [11, 11]
    assert owners(book, *places[2:], count=2) == [12, 13]


def test_a_fallback_gets_what_nobody_else_can_take():
    book = rulebook(rule(1, 10, priority=-9), rule(2, 11, priority=9, fallback=True))
    assert owners(book, destination(10), destination(11)) == [10]
    assert owners(book, destination(10, caps=FULL), destination(11)) == [11]
    first, second = decide(book, destination(10), destination(11)).candidates
    assert (first.fallback, second.fallback) == (True, False)  # the builder orders by priority
    assert (first.seen, second.seen) == ("fallback", "")


def test_a_rule_out_of_its_schedule_is_as_if_it_were_not_there():
    book = rulebook(rule(1, 10, schedule=EVENING))
    decision = decide(book, destination(10, time_zone="America/Denver"))
    assert isinstance(decision.outcome, SentToReview)
    (verdict,) = decision.candidates
    assert verdict.gate == "off_schedule"
    assert verdict.seen == "it is 10:00 in Denver, and the rule holds Wed 18:00-20:00"


def test_a_schedule_is_read_off_the_destinations_clock():
    book = rulebook(rule(1, 10, schedule=MORNING))
    assert isinstance(
        decide(book, destination(10, time_zone="America/Denver")).outcome, Placed
    )  # 10:00
    assert isinstance(decide(book, destination(10)).outcome, SentToReview)  # 17:00


def test_another_rule_may_lead_to_the_same_place_at_another_hour():
    rules = (rule(1, 10, priority=2, schedule=EVENING), rule(2, 10, schedule=MORNING))
    decision = decide(rulebook(*rules), destination(10, time_zone="America/Denver"))
    assert decision.outcome.rule_id == uid(2)


def test_only_the_team_a_rule_names_may_have_the_lead():
    staff = (agent(50, teams=("Day",)), agent(51, teams=("night",), load=9), agent(52))
    place = destination(10, assigns_agents=True, agents=staff)
    decision = decide(rulebook(rule(1, 10, team="NIGHT")), place)
    assert decision.outcome.agent_id == uid(51)
    stopped = {each.agent_id: each.seen for each in decision.agents if each.gate}
    assert stopped == dict.fromkeys((uid(50), uid(52)), "not in the team NIGHT")


def test_a_team_without_anybody_has_nobody_and_a_busy_one_is_waited_for():
    staff = (agent(50, teams=("day",), load=10),)
    place = destination(10, assigns_agents=True, agents=staff)
    assert isinstance(decide(rulebook(rule(1, 10, team="night")), place).outcome, NoCandidate)
    assert isinstance(decide(rulebook(rule(1, 10, team="day")), place).outcome, Waiting)


def test_when_one_team_is_busy_the_next_rule_asks_another_and_the_same_team_only_once():
    staff = (agent(50, teams=("day",), load=10), agent(51, teams=("night",)))
    place = destination(10, assigns_agents=True, agents=staff)
    rules = (
        rule(1, 10, priority=3, team="day"),
        rule(2, 10, priority=2, team="day"),
        rule(3, 10, priority=1, team="night"),
        rule(4, 10, priority=0),
    )
    decision = decide(rulebook(*rules), place)
    assert [each.gate for each in decision.candidates] == ["no_agent", "repeated", None, "repeated"]
    assert decision.outcome.agent_id == uid(51)


def test_who_is_on_leave_is_waited_for_until_they_are_back():
    back = NOW + timedelta(days=2)
    staff = (agent(50, leave=(Leave(NOW - timedelta(days=1), back),)),)
    decision = decide(rulebook(rule(1, 10)), destination(10, assigns_agents=True, agents=staff))
    assert decision.outcome == Waiting(back)
    assert decision.agents[0].seen == "on leave until 2026-03-06 17:00 UTC"


def test_a_destination_is_asked_what_it_wants():
    wants = Condition(tests=(OneOf("state", ("NV",)),))
    decision = decide(rulebook(rule(1, 10)), destination(10, filter=wants))
    (verdict,) = decision.candidates
    assert (verdict.gate, verdict.seen) == ("filtered", "state is CA, not NV")
    assert isinstance(decision.outcome, NoCandidate)
    assert "does not want such leads" in decision.sentence
    lead = profile(state="NV")
    assert isinstance(
        decide(rulebook(rule(1, 10)), destination(10, filter=wants), lead=lead).outcome, Placed
    )


def test_money_is_a_cap_as_well():
    cap = Cap("day", 10_000, 8_000, UNTIL, "money")
    place = destination(10, price_minor=2_001, caps=(cap,), time_zone="America/Denver")
    (verdict,) = decide(rulebook(rule(1, 10)), place).candidates
    assert verdict.gate == "capped"
    assert verdict.seen == (
        "day spend 80.00 USD of 100.00 USD, and a lead costs 20.01 USD at 10:00 in Denver"
    )
    fits = replace(place, price_minor=1_000)
    assert owners(
        rulebook(rule(1, 10), rule(2, 11, priority=-1)), fits, destination(11), count=3
    ) == [
        10,
        10,
        11,
    ]


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [(2500, "USD", "25.00 USD"), (2500, "JPY", "2500 JPY"), (5, "KWD", "0.005 KWD")],
)
def test_money_is_written_with_its_code(minor, currency, written):
    assert in_words(minor, currency) == written


def agents_chosen(*staff, count, choice="rotation"):
    state = snapshot(destination(10, assigns_agents=True, agent_choice=choice, agents=staff))
    book, found = rulebook(rule(1, 10)), []
    for number in range(count):
        lead = profile(1000 + number, identity=())
        decision = choose(lead, match(lead, book), book, state, NOW, seed_of(lead.lead_id))
        state = after(state, lead, decision, UNTIL)
        found.append(number_of(decision.outcome, "agent_id"))
    return found


def test_agents_take_turns_by_their_weights():
    staff = (agent(50, capacity=99, weight=2), agent(51, capacity=99, rating=5.0))
    assert sorted(agents_chosen(*staff, count=6)) == [50, 50, 50, 50, 51, 51]
    assert set(agents_chosen(*staff, count=6, choice="rank")) != {50}


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(1, 40))
def test_no_agent_is_a_whole_turn_ahead_of_their_share(weights, count):
    staff = [agent(50 + n, capacity=99, weight=weight) for n, weight in enumerate(weights)]
    chosen = agents_chosen(*staff, count=count)
    for one in staff:
        share = count * one.weight / sum(weights)
        assert chosen.count(one.id.int - uid(0).int) < share + 1


def test_the_sentence_says_whose_turn_it_is():
    place = destination(
        10, assigns_agents=True, agent_choice="rotation", agents=(agent(50), agent(51))
    )
    decision = decide(rulebook(rule(1, 10)), place)
    assert decision.sentence.endswith("It is the turn of one agent, of 2 who are free.")
