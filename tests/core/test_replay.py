"""Decisions taken again from what was kept of them."""

import msgspec
from hypothesis import given
from msgspec.structs import replace

from leadflow.core.by_hand import placed_by_hand
from leadflow.core.decision import Decision
from leadflow.core.replay import ByHand, Different, Entry, InputsGone, Same, replay, seen_by
from leadflow.core.route import after
from leadflow.store.records import pack_snapshot, unpack_snapshot
from tests.core.builders import NOW, agent, destination, profile, rule, rulebook, snapshot
from tests.core.test_route_laws import UNTIL, leads, places, rules, walk


def entries(book, state, group):
    """Decide about a group, and keep what is stored of it."""
    return [
        Entry(
            position=position,
            decision=msgspec.json.decode(msgspec.json.encode(decision), type=Decision),
            profile=lead,
            rulebook=book,
        )
        for position, (lead, _, decision) in enumerate(walk(book, state, group))
    ]


@given(rules, places(), leads)
def test_from_what_was_kept_every_decision_comes_out_the_same(given_rules, state, group):
    kept = entries(rulebook(*given_rules), state, group)
    assert replay(unpack_snapshot(pack_snapshot(state)), kept) == [Same()] * len(kept)


BOOK = rulebook(rule(1, 10), rule(2, 11))
STATE = snapshot(destination(10), destination(11))
GROUP = [profile(number, identity=()) for number in (1000, 1001, 1002)]


def kept():
    return entries(BOOK, STATE, GROUP)


def test_a_difference_is_named_by_its_place_with_both_values():
    first, second, third = kept()
    wrong = replace(second.decision, sentence="x" * 300)
    [_, found, _] = replay(STATE, [first, replace(second, decision=wrong), third])
    assert isinstance(found, Different)
    assert found.what.startswith(f'sentence was {"x" * 200}..., and is Rule "rule 2" places it')
    verdicts = (replace(second.decision.candidates[0], rank=None), second.decision.candidates[1])
    wrong = replace(second.decision, candidates=verdicts)
    [_, found, _] = replay(STATE, [first, replace(second, decision=wrong), third])
    assert found == Different("candidates[0].rank was None, and is 2 when it is decided again")
    wrong = replace(second.decision, candidates=second.decision.candidates[:1])
    [_, found, _] = replay(STATE, [first, replace(second, decision=wrong), third])
    assert isinstance(found, Different)
    assert found.what.startswith("candidates was ({")


def test_what_is_erased_cannot_be_decided_again_nor_what_came_after_it_in_its_group():
    first, second, third = kept()
    gone = InputsGone("what an earlier lead of its group was like")
    assert replay(STATE, [first, replace(second, profile=None), third]) == [
        Same(),
        InputsGone("what the lead was like"),
        gone,
    ]
    assert replay(STATE, [first, replace(second, rulebook=None), third])[1:] == [
        InputsGone("version 1 of the rules"),
        gone,
    ]
    assert replay(STATE, [first, third]) == [Same(), gone]


def test_what_a_person_chose_is_not_decided_again():
    lead, staff = GROUP[0], agent(50)
    decision = placed_by_hand(lead, staff, STATE.destinations[destination(10).id], BOOK, NOW)
    one = Entry(position=0, decision=decision, profile=lead, rulebook=BOOK)
    assert replay(STATE, [one]) == [ByHand()]


def test_what_a_decision_saw_is_worked_out_from_the_ones_before_it():
    first, second, third = kept()
    assert seen_by(STATE, [first, second, third], 0) == STATE
    assert seen_by(STATE, [first, second, third], 1) == after(
        STATE, GROUP[0], first.decision, UNTIL
    )
    assert seen_by(STATE, [replace(first, profile=None), second, third], 2) is None
