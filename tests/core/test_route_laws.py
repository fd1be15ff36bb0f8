"""Laws of choosing that hold whatever the rules, the destinations and the leads."""

from collections import Counter, defaultdict
from datetime import time, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from leadflow.core.conditions import Condition, OneOf
from leadflow.core.decision import Cap, Placed, Waiting
from leadflow.core.route import after, choose, match, seed_of
from leadflow.core.schedule import Opening, WeeklyHours, is_open
from tests.core.builders import (
    NOW,
    agent,
    destination,
    profile,
    rule,
    rulebook,
    snapshot,
    uid,
)

MORNING = WeeklyHours("America/Denver", (Opening(NOW.weekday(), time(8), time(12)),))
EVENING = WeeklyHours("America/Denver", (Opening(NOW.weekday(), time(18), time(20)),))
NEVER_MATCHES = Condition(tests=(OneOf("state", ("nowhere",)),))
UNTIL = NOW + timedelta(days=90)

states = st.sampled_from(["CA", "NV"])
hours = st.sampled_from([None, MORNING, EVENING])
caps = st.lists(
    st.builds(Cap, st.just("day"), st.integers(0, 4), st.integers(0, 2), st.just(UNTIL)),
    max_size=2,
).map(tuple)
staff = st.lists(
    st.builds(
        agent,
        st.integers(50, 54),
        active=st.booleans(),
        capacity=st.integers(0, 2),
        load=st.integers(0, 1),
        licensed_states=st.sampled_from([(), ("CA",)]),
        hours=hours,
    ),
    max_size=3,
    unique_by=lambda each: each.id,
).map(lambda each: tuple(sorted(each, key=lambda one: one.id)))
numbers = st.integers(10, 14)
conditions = st.builds(
    lambda state: Condition(tests=(OneOf("state", (state,)),)), states
) | st.just(Condition())
rules = st.lists(
    st.builds(rule, st.integers(1, 9), numbers, priority=st.integers(0, 2), condition=conditions),
    max_size=5,
    unique_by=lambda each: each.id,
)
leads = st.lists(
    st.builds(
        profile,
        st.integers(1000, 9000),
        identity=st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=2).map(tuple),
        state=states,
    ),
    max_size=8,
    unique_by=lambda each: each.lead_id,
)


@st.composite
def places(draw):
    team = draw(staff)  # a partner's destinations share its agents
    return snapshot(
        *(
            destination(
                number,
                active=draw(st.booleans()),
                hours=draw(hours),
                caps=draw(caps),
                weight=draw(st.integers(1, 5)),
                max_owners=draw(st.sampled_from((1, 1, 2, 3))),
                assigns_agents=draw(st.booleans()),
                agents=team,
            )
            for number in draw(st.sets(numbers))
        )
    )


def walk(book, state, group):
    """Decide about a group, lead by lead, each with the snapshot it saw."""
    for lead in group:
        decision = choose(lead, match(lead, book), book, state, NOW, seed_of(lead.lead_id))
        yield lead, state, decision
        state = after(state, lead, decision, UNTIL)


@given(rules, places(), leads)
def test_the_same_input_gives_the_same_decision(given_rules, state, group):
    book = rulebook(*given_rules)
    once = [decision for _, _, decision in walk(book, state, group)]
    again = [decision for _, _, decision in walk(rulebook(*given_rules[::-1]), state, group)]
    assert once == again


@given(rules, places(), leads)
def test_an_owner_could_always_take_the_lead(given_rules, state, group):
    for lead, seen, decision in walk(rulebook(*given_rules), state, group):
        if not isinstance(decision.outcome, Placed):
            continue
        owner = seen.destinations[decision.outcome.destination_id]
        assert owner.active
        assert owner.hours is None or is_open(owner.hours, NOW)
        assert all(cap.used < cap.limit for cap in owner.caps)
        assert (decision.outcome.agent_id is not None) == owner.assigns_agents
        for each in owner.agents:
            if each.id == decision.outcome.agent_id:
                assert each.active
                assert each.load < each.capacity
                assert not each.licensed_states or lead.attributes["state"] in each.licensed_states


@given(rules, places(), leads)
def test_over_a_group_no_cap_and_no_agent_gets_more_than_fits(given_rules, state, group):
    placed = [
        decision.outcome
        for _, _, decision in walk(rulebook(*given_rules), state, group)
        if isinstance(decision.outcome, Placed)
    ]
    taken = Counter(each.destination_id for each in placed)
    for key, count in taken.items():
        assert all(cap.used + count <= cap.limit for cap in state.destinations[key].caps)
    given_out = Counter(each.agent_id for each in placed if each.agent_id)
    capacity = {
        each.id: each.capacity - each.load
        for place in state.destinations.values()
        for each in place.agents
    }
    assert all(count <= capacity[key] for key, count in given_out.items())


@given(rules, places(), leads)
def test_over_a_group_nobody_has_more_owners_than_each_of_them_allows(given_rules, state, group):
    placements = defaultdict(list)
    for lead, seen, decision in walk(rulebook(*given_rules), state, group):
        if isinstance(decision.outcome, Placed):
            owner = seen.destinations[decision.outcome.destination_id]
            for digest in set(lead.identity):
                placements[digest].append(owner.max_owners)
    assert all(len(most) <= min(most) for most in placements.values())


@given(rules, places(), leads)
def test_every_candidate_has_a_gate_or_a_rank_and_the_ranks_follow_the_priorities(
    given_rules, state, group
):
    for lead, _, decision in walk(rulebook(*given_rules), state, group):
        assert len(decision.candidates) == len(match(lead, rulebook(*given_rules)))
        assert all((each.gate is None) == (each.rank is not None) for each in decision.candidates)
        ranked = sorted(
            (each for each in decision.candidates if each.rank), key=lambda each: each.rank
        )
        assert [each.rank for each in ranked] == list(range(1, len(ranked) + 1))
        priorities = [each.priority for each in ranked]
        assert priorities == sorted(priorities, reverse=True)
        assert isinstance(decision.outcome, Placed) == bool(ranked)


@given(rules, places(), leads)
def test_a_lead_that_waits_waits_for_the_future(given_rules, state, group):
    for _, _, decision in walk(rulebook(*given_rules), state, group):
        if isinstance(decision.outcome, Waiting):
            assert decision.outcome.until > NOW


@given(rules, places(), leads, numbers, st.integers(0, 2))
def test_a_rule_that_does_not_match_changes_nothing_but_the_version(
    given_rules, state, group, number, priority
):
    assume(given_rules)  # without any, the sentence counts the rules
    book = rulebook(*given_rules)
    idle = rule(99, number, priority=priority, condition=NEVER_MATCHES)
    longer = rulebook(*given_rules, idle, version=2)
    for (_, _, before), (_, _, now) in zip(
        walk(book, state, group), walk(longer, state, group), strict=True
    ):
        assert now.rulebook_version == 2
        if before.candidates:  # what nothing matched is told the number of rules
            assert now == replace(before, rulebook_version=2)
        assert now.candidates == before.candidates


weights = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def picks(given_weights, count):
    book = rulebook(*(rule(10 + n, 10 + n) for n in range(len(given_weights))))
    state = snapshot(*(destination(10 + n, weight=w) for n, w in enumerate(given_weights)))
    group = [profile(1000 + number, identity=()) for number in range(count)]
    return [each.outcome.destination_id for _, _, each in walk(book, state, group)]


@given(weights, st.integers(1, 60))
def test_nobody_is_ever_a_whole_turn_ahead_of_their_share(given_weights, count):
    taken = Counter(picks(given_weights, count))
    for index, weight in enumerate(given_weights):
        assert taken[uid(10 + index)] < count * weight / sum(given_weights) + 1


@given(weights)
def test_after_a_full_round_everybody_has_had_exactly_their_share(given_weights):
    taken = Counter(picks(given_weights, sum(given_weights)))
    assert taken == {uid(10 + index): weight for index, weight in enumerate(given_weights)}


@given(rules, places(), leads, numbers)
def test_a_rule_that_loses_takes_nothing_from_those_that_win(given_rules, state, group, number):
    book = rulebook(*given_rules)
    loser = rule(99, number, priority=-1)  # below all others, and it takes every lead
    longer = rulebook(*given_rules, loser)
    for lead in group:
        matched = match(lead, book)
        before = choose(lead, matched, book, state, NOW, 1)
        now = choose(lead, match(lead, longer), longer, state, NOW, 1)
        if isinstance(before.outcome, Placed):
            assert now.outcome == before.outcome
            assert after(state, lead, now, UNTIL) == after(state, lead, before, UNTIL)
        elif isinstance(now.outcome, Placed):
            assert now.outcome.rule_id == loser.id
