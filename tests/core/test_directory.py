"""Who there is, and what choosing among them depends on."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from leadflow.core.capacity import FOR_EVER, Counter, CounterKey, Limit, open_key
from leadflow.core.decision import Cap, Decision, Kept, Placed
from leadflow.core.directory import (
    DestinationEntry,
    Directory,
    Move,
    caps_of,
    counters_moved,
    counters_of,
    on_duty,
    snapshot,
    turn_takers,
)
from tests.core.builders import NOW, PARTNER, agent, destination, holding, uid

MIDNIGHT = NOW.replace(hour=0)
ANN, BOB = agent(50, capacity=3), agent(51)


def entry(number, limits=None, **changes):
    return DestinationEntry(
        at_rest=destination(number, **changes),
        limits=tuple(Limit(window, most) for window, most in (limits or {}).items()),
    )


def directory(*entries, agents=(ANN, BOB), flags=None):
    return Directory(
        version=1,
        workspaces={},
        destinations={each.at_rest.id: each for each in entries},
        agents={PARTNER: agents},
        flags=flags or {},
    )


@pytest.mark.parametrize(
    ("flags", "enabled"),
    [
        ({}, True),
        ({"enableAutoRouting": True}, True),
        ({"enableAutoRouting": False}, False),
        ({"enableWebhooks": False}, True),
    ],
)
def test_a_flag_is_on_until_somebody_turns_it_off(flags, enabled):
    assert directory(flags=flags).enabled("enableAutoRouting") is enabled


def test_an_agent_is_found_by_id_wherever_they_work():
    everybody = replace(directory(), agents={uid(1): (), uid(2): (ANN,), uid(3): (BOB,)})
    assert everybody.agent(BOB.id) == BOB


def test_an_agent_nobody_knows_is_an_error():
    with pytest.raises(KeyError):
        directory().agent(uid(99))


@pytest.mark.parametrize(
    ("where", "who"),
    [
        (entry(10, assigns_agents=True), (ANN, BOB)),
        (entry(10, assigns_agents=False), ()),
        (entry(10, assigns_agents=True, workspace_id=uid(77)), ()),  # it has nobody yet
    ],
)
def test_leads_go_to_the_agents_of_a_destination_that_assigns_them(where, who):
    assert directory(where).agents_of(where) == who


def test_a_placement_counts_against_each_cap_of_its_destination():
    assert caps_of(entry(10, {"day": 5, "total": 50}), NOW) == {
        CounterKey(uid(10), "day", MIDNIGHT): Limit("day", 5),
        CounterKey(uid(10), "total", FOR_EVER): Limit("total", 50),
    }


def test_turns_are_taken_by_destinations_and_by_agents_where_they_rotate():
    there = directory(
        entry(10, assigns_agents=True),
        entry(11, assigns_agents=True, agent_choice="rotation"),
        entry(12, agent_choice="rotation"),
    )
    assert turn_takers(there, [uid(10)]) == {uid(10)}
    assert turn_takers(there, [uid(11), uid(12)]) == {uid(11), uid(12), ANN.id, BOB.id}


def test_counters_are_named_once_and_in_lock_order():
    there = directory(
        entry(11, {"day": 5}, assigns_agents=True), entry(10, {"total": 2}, assigns_agents=True)
    )
    needed = counters_of(there, [uid(11), uid(10), uid(11)], NOW)
    assert needed == {
        CounterKey(uid(10), "total", FOR_EVER): 2,
        CounterKey(uid(11), "day", MIDNIGHT): 5,
        open_key(ANN.id): 3,
        open_key(BOB.id): 10,
    }
    assert list(needed) == sorted(needed)


def test_a_destination_that_is_gone_needs_no_counters_and_is_in_no_snapshot():
    there = directory(entry(10))
    assert counters_of(there, [uid(12)], NOW) == {}
    assert snapshot(there, [uid(12)], {}, {}, {}, {}, NOW).destinations == {}


def test_a_snapshot_shows_the_set_up_with_what_has_been_counted():
    where = entry(10, {"day": 5}, assigns_agents=True)
    lately = NOW - timedelta(minutes=5)
    persons = {(b"somebody", "AUTO"): holding()}
    seen = snapshot(
        directory(where),
        [uid(10)],
        {
            CounterKey(uid(10), "day", MIDNIGHT): Counter(cap=5, used=4),
            open_key(ANN.id): Counter(cap=3, used=2, last_used_at=lately),
        },
        {uid(10): 7, BOB.id: -3},
        persons,
        {uid(1000): (BOB.id,)},
        NOW,
    )
    assert (seen.held, seen.returned) == (persons, {uid(1000): (BOB.id,)})
    assert seen.destinations == {
        uid(10): replace(
            where.at_rest,
            credit=7,
            caps=(Cap("day", 5, 4, MIDNIGHT + timedelta(days=1)),),
            agents=(replace(ANN, load=2, last_assigned_at=lately), replace(BOB, credit=-3)),
        )
    }


def test_only_the_destinations_asked_for_are_in_a_snapshot():
    seen = snapshot(directory(entry(10), entry(11)), [uid(11)], {}, {}, {}, {}, NOW)
    assert list(seen.destinations) == [uid(11)]


def decided(outcome):
    return Decision(
        lead_id=uid(1000),
        outcome=outcome,
        sentence="",
        candidates=(),
        agents=(),
        rulebook_version=1,
        seed=5,
        decided_at=NOW,
    )


def test_a_placement_is_counted_in_every_cap_and_with_its_agent():
    where = entry(10, {"day": 5}, assigns_agents=True, price_minor=700)
    where = replace(where, limits=(*where.limits, Limit("total", 9000, "money")))
    moved = counters_moved(directory(where), decided(Placed(uid(10), PARTNER, uid(1), ANN.id)), NOW)
    assert moved == {
        CounterKey(uid(10), "day", MIDNIGHT): Move(1, 5),
        CounterKey(uid(10), "total_spend", FOR_EVER): Move(700, 9000),
        open_key(ANN.id): Move(1, 3),
    }


def test_an_agent_by_hand_is_all_that_is_counted():
    moved = counters_moved(directory(), decided(Placed(None, PARTNER, None, ANN.id)), NOW)
    assert moved == {open_key(ANN.id): Move(1, 3)}
    alone = counters_moved(
        directory(entry(10)), decided(Placed(uid(10), PARTNER, uid(1), None)), NOW
    )
    assert alone == {}
    assert counters_moved(directory(), decided(Kept(PARTNER)), NOW) == {}


def test_an_agent_who_never_had_a_lead_is_as_set_up():
    assert on_duty(ANN, None) is ANN


def test_an_agent_on_duty_carries_what_was_counted_and_keeps_their_own_capacity():
    seen = on_duty(ANN, Counter(cap=99, used=1, last_used_at=NOW))
    assert seen == replace(ANN, load=1, last_assigned_at=NOW)
