"""Who gets a lead, why the others do not, and what becomes of it when nobody can."""

from datetime import time, timedelta

import pytest
from msgspec.structs import replace

from leadflow.core.agents import Weights
from leadflow.core.conditions import Condition, OneOf
from leadflow.core.decision import (
    Candidate,
    Cap,
    Decision,
    DuplicateOf,
    Holding,
    Kept,
    NoCandidate,
    Placed,
    SentToReview,
    Waiting,
)
from leadflow.core.route import UNKNOWN_REOPENING, after, choose, match, seed_of
from leadflow.core.schedule import Opening, WeeklyHours
from tests.core.builders import (
    NOW,
    PARTNER,
    PERSON,
    SOURCE,
    agent,
    destination,
    held,
    holding,
    profile,
    rule,
    rulebook,
    snapshot,
    uid,
)

LEAD = profile(state="CA")
AFTERNOON = WeeklyHours("America/Denver", (Opening(NOW.weekday(), time(14), time(18)),))
MORNINGS, AFTERNOONS = (
    WeeklyHours("America/Denver", tuple(Opening(day, opens, closes) for day in range(7)))
    for opens, closes in ((time(8), time(12)), (time(14), time(18)))
)
AT_TWO = NOW + timedelta(hours=4)
MIDNIGHT = NOW + timedelta(hours=14)
NEVER = WeeklyHours("America/Denver", ())
DAY = timedelta(days=1)


def decide(book, *destinations, lead=LEAD, **state):
    return choose(lead, match(lead, book), book, snapshot(*destinations, **state), NOW, 5)


def gates(decision):
    return [each.gate for each in decision.candidates]


def ranks(decision):
    return [each.rank for each in decision.candidates]


def placed_with(decision):
    assert isinstance(decision.outcome, Placed)
    return number_of(decision.outcome.destination_id)


def number_of(key):
    return key.int - uid(0).int


def full(limit=20, *, window="day", ends_at=NOW + DAY):
    return Cap(window, limit, limit, ends_at)


def test_matching_rules_become_candidates_in_their_order():
    california = Condition(tests=(OneOf("state", ("CA",)),))
    nevada = Condition(tests=(OneOf("state", ("NV",)),))
    book = rulebook(
        rule(1, 10, condition=nevada, priority=9),
        rule(2, 11),
        rule(3, 12, condition=california, priority=5),
    )
    assert match(LEAD, book) == (
        Candidate(rule_id=uid(3), rule_name="rule 3", priority=5, destination_id=uid(12)),
        Candidate(rule_id=uid(2), rule_name="rule 2", priority=0, destination_id=uid(11)),
    )


def test_the_highest_priority_that_can_take_the_lead_gets_it():
    california = Condition(tests=(OneOf("state", ("CA",)),))
    book = rulebook(
        rule(1, 10, priority=1), rule(2, 11, priority=9, condition=california), version=7
    )
    decision = decide(book, destination(10), destination(11))
    assert decision == Decision(
        lead_id=LEAD.lead_id,
        outcome=Placed(uid(11), PARTNER, uid(2), None),
        sentence='Rule "rule 2" places it with partner/11: state is CA.',
        candidates=decision.candidates,
        agents=(),
        rulebook_version=7,
        seed=5,
        decided_at=NOW,
    )
    assert ranks(decision) == [1, 2]


def test_the_next_tier_gets_the_lead_when_the_first_is_stopped():
    book = rulebook(rule(1, 10, priority=9), rule(2, 11, priority=1))
    decision = decide(book, destination(10, active=False), destination(11))
    assert placed_with(decision) == 11
    assert ranks(decision) == [None, 1]
    assert decision.sentence.endswith("with partner/11: it takes every lead.")


@pytest.mark.parametrize(
    ("changes", "gate", "seen", "reopens_at"),
    [
        ({"active": False}, "inactive", "paused", None),
        (
            {"hours": AFTERNOON},
            "closed",
            "closed in America/Denver, opens 2026-03-04 21:00 UTC",
            AT_TWO,
        ),
        ({"hours": NEVER}, "closed", "closed in America/Denver, never opens", None),
        ({"caps": (full(),)}, "capped", "day cap 20 of 20 at 17:00 in UTC", NOW + DAY),
        (
            {"caps": (full(2, window="hour", ends_at=AT_TWO), full(), Cap("week", 99, 40, NOW))},
            "capped",
            "hour cap 2 of 2, day cap 20 of 20 at 17:00 in UTC",
            NOW + DAY,  # when both have rolled over
        ),
        (
            {"caps": (full(), full(100, window="total", ends_at=None))},
            "capped",
            "day cap 20 of 20, total cap 100 of 100 at 17:00 in UTC",
            None,
        ),
        (
            {"hours": MORNINGS, "caps": (full(ends_at=MIDNIGHT),)},
            "capped",
            "day cap 20 of 20 at 17:00 in UTC",
            MIDNIGHT + timedelta(hours=8),  # when it opens; the cap has rolled over before
        ),
        (
            {"hours": AFTERNOONS, "caps": (full(40, window="week", ends_at=AT_TWO + 2 * DAY),)},
            "closed",
            "closed in America/Denver, opens 2026-03-04 21:00 UTC",
            AT_TWO + 2 * DAY,  # until then it is full
        ),
        (
            {"hours": AFTERNOON, "caps": (full(100, window="total", ends_at=None),)},
            "closed",
            "closed in America/Denver, opens 2026-03-04 21:00 UTC",
            None,  # it opens, and takes nothing
        ),
        (
            {"assigns_agents": True, "agents": (agent(50, load=10), agent(51, load=10))},
            "no_agent",
            "2 agents: 2 at capacity",
            None,
        ),
        (
            {
                "assigns_agents": True,
                "agents": (
                    agent(50, hours=AFTERNOON),
                    agent(51, hours=NEVER),
                    agent(52, active=False),
                    agent(53, licensed_states=("NV",)),
                ),
            },
            "no_agent",
            "4 agents: 2 off hours, 1 inactive, 1 not licensed",
            AT_TWO,
        ),
    ],
)
def test_a_lead_waits_for_a_destination_that_is_only_stopped_for_now(
    changes, gate, seen, reopens_at
):
    decision = decide(rulebook(rule(1, 10)), destination(10, **changes))
    (verdict,) = decision.candidates
    assert (verdict.gate, verdict.seen, verdict.reopens_at) == (gate, seen, reopens_at)
    assert decision.outcome == Waiting(reopens_at or NOW + UNKNOWN_REOPENING)


def test_the_first_of_several_gates_is_named():
    stopped = {"active": False, "hours": NEVER, "caps": (full(),), "assigns_agents": True}
    seen = []
    for opened in ({}, {"active": True}, {"hours": None}, {"caps": ()}):
        stopped |= opened
        seen += gates(decide(rulebook(rule(1, 10)), destination(10, **stopped)))
    assert seen == ["inactive", "closed", "capped", "nobody"]


def test_a_lead_waits_until_the_earliest_opening_that_is_known():
    book = rulebook(rule(1, 10), rule(2, 11), rule(3, 12))
    decision = decide(
        book,
        destination(10, caps=(full(),)),
        destination(11, hours=AFTERNOON),
        destination(12, active=False),
    )
    assert decision.outcome == Waiting(AT_TWO)
    assert decision.sentence == (
        "It waits until 2026-03-04 21:00 UTC: partner/10 is full, partner/11 is closed, "
        "partner/12 is paused."
    )


def test_a_destination_with_room_is_open():
    roomy = destination(10, caps=(Cap("day", 20, 19, NOW + DAY),))
    assert placed_with(decide(rulebook(rule(1, 10)), roomy)) == 10


@pytest.mark.parametrize(
    ("agents", "seen"),
    [
        ((), "no agents"),
        ((agent(50, active=False),), "1 agent: 1 inactive"),
        (
            (agent(50, licensed_states=("NV",), load=10), agent(51, specialties=("HOME",))),
            "2 agents: 1 not licensed, 1 off specialty",
        ),
    ],
)
def test_a_lead_that_no_agent_fits_finds_nobody(agents, seen):
    decision = decide(rulebook(rule(1, 10)), destination(10, assigns_agents=True, agents=agents))
    assert (gates(decision), decision.candidates[0].seen) == (["nobody"], seen)
    assert decision.outcome == NoCandidate(
        "No agents found for lead: partner/10 has no agent for it"
    )


def test_a_lead_waits_when_one_place_has_nobody_and_another_is_closed():
    book = rulebook(rule(1, 10), rule(2, 11))
    decision = decide(book, destination(10, assigns_agents=True), destination(11, hours=AFTERNOON))
    assert decision.outcome == Waiting(AT_TWO)


def test_destinations_that_are_gone_are_no_candidates():
    decision = decide(rulebook(rule(1, 10), rule(2, 11)))
    assert gates(decision) == ["gone", "gone"]
    assert decision.outcome == NoCandidate(
        "No destination can take the lead: the destination of rule "
        '"rule 1" is no longer there, the destination of rule "rule 2" is no longer there'
    )


def test_no_agents_are_blamed_only_when_nothing_else_is():
    decision = decide(rulebook(rule(1, 10), rule(2, 11)), destination(10, assigns_agents=True))
    assert gates(decision) == ["nobody", "gone"]
    assert decision.outcome.reason.startswith("No destination can take the lead")


def test_a_sentence_names_no_more_than_three_destinations():
    book = rulebook(*(rule(number, number + 10) for number in range(1, 6)))
    places = [destination(number + 10, active=False) for number in range(1, 6)]
    assert decide(book, *places).sentence == (
        "It waits until 2026-03-04 18:00 UTC: partner/11 is paused, partner/12 is paused, "
        "partner/13 is paused, and 2 more."
    )


def test_the_top_ranked_agent_gets_the_lead():
    agents = (agent(50, load=5), agent(51), agent(52, active=False))
    decision = decide(rulebook(rule(1, 10)), destination(10, assigns_agents=True, agents=agents))
    assert decision.outcome == Placed(uid(10), PARTNER, uid(1), uid(51))
    assert [each.agent_id for each in decision.agents] == [uid(51), uid(50), uid(52)]
    assert decision.sentence.endswith("The top-ranked free agent, of 2, gets it.")


def test_the_weights_of_the_rulebook_rank_the_agents():
    agents = (agent(50, load=5, specialties=("AUTO",)), agent(51))
    place = destination(10, assigns_agents=True, agents=agents)
    busy_first = Weights(specialization=1, proximity=0, performance=0, availability=0)
    free_first = Weights(specialization=0, proximity=0, performance=0, availability=1)
    chosen = [
        decide(rulebook(rule(1, 10), agent_weights=weights), place).outcome.agent_id
        for weights in (busy_first, free_first)
    ]
    assert chosen == [uid(50), uid(51)]


def test_a_destination_without_agents_of_its_own_gets_the_lead_itself():
    place = destination(10, agents=(agent(50),))
    assert decide(rulebook(rule(1, 10)), place).outcome.agent_id is None


def test_agents_of_several_destinations_of_a_partner_are_listed_once():
    agents = (agent(50), agent(51))
    decision = decide(
        rulebook(rule(1, 10), rule(2, 11, priority=1)),
        destination(10, assigns_agents=True, agents=agents),
        destination(11, assigns_agents=True, agents=agents),
    )
    assert [each.agent_id for each in decision.agents] == [uid(50), uid(51)]


def test_of_two_rules_to_one_destination_the_first_stands_and_both_are_recorded():
    book = rulebook(rule(1, 10, priority=1), rule(2, 10, priority=2), rule(3, 11))
    decision = decide(book, destination(10), destination(11))
    assert decision.outcome.rule_id == uid(2)
    assert gates(decision) == [None, "repeated", None]
    assert ranks(decision) == [1, None, 2]
    assert decision.candidates[1].seen == 'rule "rule 2" leads there too'


def test_a_repeated_destination_changes_nothing_about_why_a_lead_waits():
    decision = decide(rulebook(rule(1, 10), rule(2, 10)), destination(10, hours=AFTERNOON))
    assert decision.outcome == Waiting(AT_TWO)
    assert decision.sentence == "It waits until 2026-03-04 21:00 UTC: partner/10 is closed."


@pytest.mark.parametrize(
    ("default", "outcome", "sentence"),
    [
        ("stay", Kept(SOURCE), "No rule of 1 matched, and the source keeps such leads."),
        (
            "review",
            SentToReview("No rule of 1 matched, and the source wants a person to look"),
            "No rule of 1 matched, and the source wants a person to look.",
        ),
    ],
)
def test_without_a_matching_rule_the_default_of_the_source_decides(default, outcome, sentence):
    nevada = Condition(tests=(OneOf("state", ("NV",)),))
    decision = decide(rulebook(rule(1, 10, condition=nevada), default=default), destination(10))
    assert (decision.outcome, decision.sentence) == (outcome, sentence)
    assert decision.candidates == decision.agents == ()


# --- people who are already placed ---


HELD = {(PERSON, "AUTO"): holding()}
SHARED = {(PERSON, "AUTO"): holding(held(most=2))}


def test_a_person_who_is_exclusively_placed_is_a_duplicate():
    book = rulebook(rule(1, 10), rule(2, 11), rule(3, 12))
    decision = decide(book, destination(10), destination(11, max_owners=2), held=HELD)
    assert decision.outcome == DuplicateOf(uid(900), uid(3))
    assert gates(decision) == ["held", "held", "held"]
    assert decision.sentence == (
        "Through an earlier lead the person is exclusively placed until 2026-03-05 17:00 UTC."
    )


def test_a_person_who_is_shared_is_a_duplicate_for_an_exclusive_destination():
    decision = decide(rulebook(rule(1, 10), rule(2, 99)), destination(10), held=SHARED)
    assert gates(decision) == ["held", "gone"]
    assert decision.candidates[0].seen == "the person is placed until 2026-03-05 17:00 UTC"
    assert decision.outcome == DuplicateOf(uid(900), uid(3))


def test_a_person_who_is_shared_goes_on_to_a_destination_that_shares():
    book = rulebook(rule(1, 10, priority=1), rule(2, 11))
    decision = decide(book, destination(10), destination(11, max_owners=2), held=SHARED)
    assert gates(decision) == ["held", None]
    assert placed_with(decision) == 11


def test_a_person_who_is_shared_waits_for_a_destination_that_shares():
    book = rulebook(rule(1, 10), rule(2, 11))
    sharing = destination(11, max_owners=2, hours=AFTERNOON)
    assert decide(book, destination(10), sharing, held=SHARED).outcome == Waiting(AT_TWO)


def test_a_person_who_is_shared_is_no_duplicate_while_an_agent_could_be_found():
    book = rulebook(rule(1, 10), rule(2, 11))
    sharing = destination(11, max_owners=2, assigns_agents=True)
    decision = decide(book, destination(10), sharing, held=SHARED)
    assert decision.outcome == NoCandidate(
        "No destination can take the lead: partner/10 would share a person who is placed, "
        "partner/11 has no agent for it"
    )


def days(*ends, most):
    """Have a person placed so many times, each until another day."""
    return holding(
        *(held(900 + place, most=most, until=NOW + end * DAY) for place, end in enumerate(ends))
    )


@pytest.mark.parametrize(
    ("placed", "most", "seen"),
    [
        (days(1, most=3), 2, None),
        (days(3, 1, most=3), 3, None),
        (days(3, 1, 2, most=3), 9, "placed with 3 of at most 3 partners until 2026-03-05"),
        (days(3, 1, most=9), 2, "placed with 2 of at most 2 partners until 2026-03-05"),
        (days(3, 1, 5, most=9), 2, "placed with 3 of at most 2 partners until 2026-03-07"),
        (days(3, 1, 5, most=9), 1, "placed until 2026-03-09"),
        (holding(held(901, most=9), held(902, most=1)), 9, "exclusively placed until 2026-03-05"),
    ],
)
def test_a_person_has_as_many_partners_as_each_of_them_allows(placed, most, seen):
    destinations = [destination(10, max_owners=most)]
    decision = decide(rulebook(rule(1, 10)), *destinations, held={(PERSON, "AUTO"): placed})
    [verdict] = decision.candidates
    if seen is None:
        assert placed_with(decision) == 10
    else:
        assert verdict.gate == "held"
        assert verdict.seen.startswith(f"the person is {seen}")


@pytest.mark.parametrize(
    "holds",
    [
        {},
        {(PERSON, "HOME"): holding()},  # the same person may ask for something else
        {(b"another person", "AUTO"): holding()},
        {(PERSON, "AUTO"): holding(held(until=NOW))},  # it has ended
        {(PERSON, "AUTO"): holding(held(lead=1000))},  # this very lead, moved by hand
    ],
)
def test_a_person_who_is_not_placed_now_is_no_duplicate(holds):
    assert placed_with(decide(rulebook(rule(1, 10)), destination(10), held=holds)) == 10


def test_a_person_shared_through_several_leads_is_held_for_each_of_them():
    holds = {(PERSON, "AUTO"): holding(held(lead=1000, most=2), held(most=2))}
    decision = decide(
        rulebook(rule(1, 10), rule(2, 11)),
        destination(10),
        destination(11, max_owners=2),
        held=holds,
    )
    assert gates(decision) == ["held", None]


def test_any_key_of_a_person_is_enough_and_an_exclusive_placement_counts_first():
    lead = profile(identity=(b"mail", b"phone"))
    holds = {
        (b"mail", "AUTO"): holding(held(lead=901, most=2)),
        (b"phone", "AUTO"): holding(held(lead=902)),
    }
    decision = decide(rulebook(rule(1, 10)), destination(10), lead=lead, held=holds)
    assert decision.outcome == DuplicateOf(uid(902), uid(3))


def test_a_lead_that_has_a_person_by_several_keys_counts_once():
    lead = profile(identity=(b"mail", b"phone"))
    holds = {(key, "AUTO"): holding(held(lead=901, most=2)) for key in (b"mail", b"phone")}
    decision = decide(rulebook(rule(1, 10)), destination(10, max_owners=2), lead=lead, held=holds)
    assert placed_with(decision) == 10


def test_a_lead_without_identity_is_nobodys_duplicate():
    lead = profile(identity=())
    assert placed_with(decide(rulebook(rule(1, 10)), destination(10), lead=lead, held=HELD)) == 10


def test_a_person_who_is_placed_is_still_decided_by_the_default_where_no_rule_matches():
    assert decide(rulebook(default="stay"), held=HELD).outcome == Kept(SOURCE)


# --- destinations whose deliveries fail ---


def test_a_destination_that_fails_gets_nothing_until_its_pause_is_over():
    until = NOW + timedelta(minutes=10)
    failing = destination(10, failing_until=until)
    decision = decide(rulebook(rule(1, 10)), failing)
    assert gates(decision) == ["failing"]
    assert decision.candidates[0].seen == "paused until 2026-03-04 17:10 UTC: deliveries fail"
    assert decision.outcome == Waiting(until)
    again = destination(10, failing_until=NOW)
    assert placed_with(decide(rulebook(rule(1, 10)), again)) == 10


# --- leads that came back ---


def came_back_from(*numbers):
    return {LEAD.lead_id: tuple(map(uid, numbers)), uid(1): (uid(11), uid(12))}


def test_a_destination_is_not_asked_again_and_the_next_one_is():
    book = rulebook(rule(1, 10, priority=1), rule(2, 11))
    decision = decide(book, destination(10), destination(11), returned=came_back_from(10))
    assert gates(decision) == ["returned", None]
    assert decision.candidates[0].seen == "the lead was there, and came back"
    assert placed_with(decision) == 11


def test_an_agent_is_not_asked_again_and_the_next_one_is():
    place = destination(10, assigns_agents=True, agents=(agent(50, rating=5), agent(51)))
    decision = decide(rulebook(rule(1, 10)), place, returned=came_back_from(50))
    assert decision.outcome.agent_id == uid(51)
    assert [(each.agent_id, each.gate) for each in decision.agents] == [
        (uid(51), None),
        (uid(50), "returned"),
    ]


def test_a_lead_that_came_back_from_everybody_costs_a_try():
    place = destination(11, assigns_agents=True, agents=(agent(50),))
    decision = decide(
        rulebook(rule(1, 10), rule(2, 11)), destination(10), place, returned=came_back_from(10, 50)
    )
    assert decision.outcome == NoCandidate(
        "No destination can take the lead: partner/10 has had it already, "
        "partner/11 has no agent for it"
    )
    assert decision.candidates[1].seen == "1 agent: 1 had it already"


def test_a_lead_that_came_back_waits_for_an_agent_who_has_not_had_it():
    team = (agent(50), agent(51, load=10))
    place = destination(10, assigns_agents=True, agents=team)
    decision = decide(rulebook(rule(1, 10)), place, returned=came_back_from(50))
    assert isinstance(decision.outcome, Waiting)
    assert decision.candidates[0].seen == "2 agents: 1 had it already, 1 at capacity"


def test_a_lead_that_came_back_is_a_duplicate_where_only_people_s_owners_stop_it():
    book = rulebook(rule(1, 10), rule(2, 11))
    decision = decide(
        book, destination(10), destination(11), held=HELD, returned=came_back_from(10)
    )
    assert gates(decision) == ["returned", "held"]
    assert decision.outcome == DuplicateOf(uid(900), uid(3))


def test_what_came_back_is_known_to_the_next_lead_of_the_group():
    before = snapshot(destination(10), returned=came_back_from(11))
    decision = decide(rulebook(rule(1, 10)), destination(10))
    assert after(before, LEAD, decision, NOW + DAY).returned == before.returned


# --- what the next lead of a group sees ---

UNTIL = NOW + 90 * DAY


def test_a_placement_uses_caps_and_agent_and_holds_the_person():
    place = destination(
        10,
        assigns_agents=True,
        agents=(agent(50, load=1), agent(51, load=9)),
        caps=(Cap("day", 20, 7, NOW), Cap("total", 90, 70, None)),
        max_owners=2,
    )
    before = snapshot(place, destination(11, caps=(Cap("day", 5, 0, NOW),)), held=dict(SHARED))
    book = rulebook(rule(1, 10))
    lead = profile(identity=(b"mail", b"phone"))
    decision = choose(lead, match(lead, book), book, before, NOW, 5)
    later = after(before, lead, decision, UNTIL)
    used = later.destinations[uid(10)]
    assert [cap.used for cap in used.caps] == [8, 71]
    assert [(each.load, each.last_assigned_at) for each in used.agents] == [(2, NOW), (9, None)]
    assert later.destinations[uid(11)] == before.destinations[uid(11)]
    placed = held(lead=1000, most=2, until=UNTIL, where=10)
    for digest in (b"mail", b"phone"):
        assert later.held[digest, "AUTO"].by == (replace(placed, workspace_id=place.workspace_id),)
        assert later.held[digest, "AUTO"].revision == 0
    assert later.held[PERSON, "AUTO"] is SHARED[PERSON, "AUTO"]


@pytest.mark.parametrize(
    ("earlier", "leads"),
    [
        ((), (1000,)),
        ((held(most=3),), (900, 1000)),
        ((held(901, most=3), held(902, most=3, until=NOW)), (901, 1000)),  # the second is over
        ((held(1000, most=3),), (1000,)),  # the same lead, once more
        ((held(1000, most=3), held(most=3)), (900, 1000)),
    ],
)
def test_a_person_placed_again_is_held_through_all_of_their_leads(earlier, leads):
    before = snapshot(
        destination(10, max_owners=3), held={(PERSON, "AUTO"): Holding(earlier, revision=7)}
    )
    book = rulebook(rule(1, 10))
    decision = choose(LEAD, match(LEAD, book), book, before, NOW, 5)
    now_held = after(before, LEAD, decision, UNTIL).held[PERSON, "AUTO"]
    assert tuple(each.lead_id for each in now_held.by) == tuple(map(uid, leads))
    assert now_held.by[-1].until == UNTIL
    assert now_held.revision == 7


def test_an_agent_who_got_a_lead_is_busier_in_every_destination_of_the_partner():
    agents = (agent(50, capacity=1),)
    before = snapshot(
        destination(10, assigns_agents=True, agents=agents),
        destination(11, assigns_agents=True, agents=agents),
        destination(12, workspace_id=uid(3), agents=agents),
    )
    book = rulebook(rule(1, 10))
    decision = choose(LEAD, match(LEAD, book), book, before, NOW, 5)
    later = after(before, LEAD, decision, UNTIL)
    assert later.destinations[uid(11)].agents[0].load == 1
    assert later.destinations[uid(12)] == before.destinations[uid(12)]


@pytest.mark.parametrize("places", [[], [destination(10, active=False)]])
def test_a_lead_without_an_owner_leaves_everything_as_it_was(places):
    before = snapshot(*places)
    book = rulebook(rule(1, 10))
    decision = choose(LEAD, match(LEAD, book), book, before, NOW, 5)
    assert after(before, LEAD, decision, UNTIL) is before


def by_hand(*, destination_id, agent_id):
    return Decision(
        lead_id=LEAD.lead_id,
        outcome=Placed(destination_id, PARTNER, None, agent_id),
        sentence="Placed by hand.",
        candidates=(),
        agents=(),
        rulebook_version=1,
        seed=5,
        decided_at=NOW,
    )


def test_a_placement_by_hand_is_nobodys_turn():
    before = snapshot(destination(10, weight=3), destination(11))
    decision = by_hand(destination_id=uid(10), agent_id=None)
    later = after(before, LEAD, decision, UNTIL)
    assert [each.credit for each in later.destinations.values()] == [0, 0]
    assert later.held[PERSON, "AUTO"].by[-1].destination_id == uid(10)


def test_an_agent_by_hand_is_busier_though_no_destination_holds_the_person():
    before = snapshot(destination(10, agents=(agent(50),)), held={})
    decision = by_hand(destination_id=None, agent_id=uid(50))
    later = after(before, LEAD, decision, UNTIL)
    assert later.destinations[uid(10)].agents[0].load == 1
    assert later.held == {}


# --- turns ---


def turns(weights, count, *, below=()):
    """Place so many people, one after the other; `below` are the weights of a lower tier."""
    tier = [destination(10 + index, weight=weight) for index, weight in enumerate(weights)]
    lower = [destination(50 + index, weight=weight) for index, weight in enumerate(below)]
    book = rulebook(
        *(rule(10 + index, 10 + index, priority=1) for index in range(len(tier))),
        *(rule(50 + index, 50 + index) for index in range(len(lower))),
    )
    state, taken = snapshot(*tier, *lower), []
    for number in range(count):
        lead = profile(lead=1000 + number, identity=())
        decision = choose(lead, match(lead, book), book, state, NOW, seed_of(lead.lead_id))
        state = after(state, lead, decision, UNTIL)
        taken.append(placed_with(decision))
    return taken, state


def test_equal_weights_take_turns():
    assert turns([1, 1, 1], 6)[0] == [10, 11, 12, 10, 11, 12]


def test_turns_are_spread_by_weight():
    assert turns([5, 1, 1], 7)[0] == [10, 10, 11, 10, 12, 10, 10]  # the example nginx gives


def test_turns_of_one_tier_do_not_move_those_of_another():
    _, state = turns([2, 1], 2, below=[1])
    assert state.destinations[uid(50)].credit == 0


def test_the_order_of_turns_does_not_depend_on_the_lead():
    lead, other = profile(lead=2000), profile(lead=3000)
    book = rulebook(rule(1, 11), rule(2, 10))
    assert placed_with(decide(book, destination(10), destination(11), lead=lead)) == 10
    assert placed_with(decide(book, destination(10), destination(11), lead=other)) == 10


def test_a_seed_is_the_random_end_of_the_leads_id():
    assert seed_of(uid(7)) == 7
    assert 0 <= seed_of(uid(2**62 - 1)) < 2**63
