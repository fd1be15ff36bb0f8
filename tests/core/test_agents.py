"""Which agents may take a lead, and who comes first."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core import agents
from leadflow.core.agents import Weights
from leadflow.core.schedule import Opening, WeeklyHours
from tests.core.builders import NOW, PARTNER, agent, profile, uid

LEAD = profile(state="CA", city="Fresno")
CLOSED = WeeklyHours("America/Denver", ())
OPEN = WeeklyHours("America/Denver", (Opening(NOW.weekday(), time(9), time(17)),))


def rank(*states, lead=LEAD, weights=None):
    return agents.rank(lead, states, NOW, weights or Weights())


def order(*states, **options):
    return [each.agent_id.int - uid(0).int for each in rank(*states, **options)]


@pytest.mark.parametrize(
    ("changes", "gate", "seen"),
    [
        ({"active": False}, "inactive", "not active"),
        (
            {"licensed_states": ("NV", "TX")},
            "not_licensed",
            "licensed in NV, TX; not in CA",
        ),
        ({"specialties": ("HOME",)}, "off_specialty", "works on HOME; not AUTO"),
        ({"hours": CLOSED}, "off_hours", "off hours in America/Denver"),
        ({"load": 10}, "at_capacity", "10 of 10 leads open"),
        ({"load": 12}, "at_capacity", "12 of 10 leads open"),
        ({"capacity": 0}, "at_capacity", "0 of 0 leads open"),
    ],
)
def test_an_agent_who_may_not_take_the_lead_is_stopped_with_the_values_seen(changes, gate, seen):
    (verdict,) = rank(agent(1, **changes))
    assert (verdict.gate, verdict.seen, verdict.rank) == (gate, seen, None)
    assert verdict.workspace_id == PARTNER


def test_the_first_of_several_gates_is_named():
    off = {"active": False, "licensed_states": ("NV",), "specialties": ("HOME",), "hours": CLOSED}
    seen = []
    for opened in (
        {},
        {"active": True},
        {"licensed_states": ()},
        {"specialties": ()},
        {"hours": None},
    ):
        off |= opened
        seen.append(rank(agent(1, load=10, **off))[0].gate)
    assert seen == ["inactive", "not_licensed", "off_specialty", "off_hours", "at_capacity"]


def test_nobody_with_a_list_of_licences_is_licensed_for_an_unknown_state():
    nowhere = profile()
    (listed, everywhere) = rank(agent(1, licensed_states=("CA",)), agent(2), lead=nowhere)[::-1]
    assert everywhere.gate is None
    assert listed.seen == "licensed in CA; the lead's state is not known"


def test_licences_specialties_and_places_are_compared_without_regard_to_capitals():
    lead = profile(vertical="AUTO", state="CA", city="FRESNO")
    (verdict,) = rank(
        agent(1, licensed_states=("ca",), specialties=("auto",), state="ca", city="Fresno"),
        lead=lead,
    )
    assert (verdict.specialization, verdict.proximity) == (1.0, 1.0)


def test_an_agent_is_free_inside_their_hours():
    assert rank(agent(1, hours=OPEN))[0].gate is None


@pytest.mark.parametrize(
    ("specialties", "term"), [((), 0.5), (("AUTO",), 1.0), (("HOME", "AUTO"), 1.0)]
)
def test_a_specialist_counts_fully_and_an_unknown_one_half(specialties, term):
    assert rank(agent(1, specialties=specialties))[0].specialization == term


@pytest.mark.parametrize(
    ("city", "state", "term"),
    [
        ("Fresno", "CA", 1.0),
        ("Oakland", "CA", 0.8),
        (None, "CA", 0.8),
        ("Fresno", "TX", 0.2),  # another Fresno
        ("Fresno", None, 0.5),
        (None, None, 0.5),
    ],
)
def test_the_nearer_agent_counts_more(city, state, term):
    assert rank(agent(1, city=city, state=state))[0].proximity == term


def test_where_the_lead_is_not_known_to_be_nobody_is_near_or_far():
    assert rank(agent(1, city="Fresno", state="CA"), lead=profile())[0].proximity == 0.5
    in_state = profile(state="CA")
    assert rank(agent(1, city="Fresno", state="CA"), lead=in_state)[0].proximity == 0.8


@pytest.mark.parametrize(
    ("rating", "conversion_rate", "term"),
    [(5, 1, 1.0), (0, 0, 0.0), (4, 0.5, 0.62), (None, None, 0.5), (5, None, 0.7), (None, 1, 0.8)],
)
def test_performance_is_two_parts_rating_and_three_parts_conversion(rating, conversion_rate, term):
    (verdict,) = rank(agent(1, rating=rating, conversion_rate=conversion_rate))
    assert verdict.performance == pytest.approx(term)


@pytest.mark.parametrize(("load", "term"), [(0, 1.0), (5, 0.5), (9, 0.1)])
def test_availability_is_the_free_share_of_the_capacity(load, term):
    assert rank(agent(1, load=load))[0].availability == term


def test_the_score_is_the_weighted_sum_of_the_terms():
    state = agent(1, specialties=("AUTO",), state="CA", rating=4, conversion_rate=0.5, load=5)
    assert rank(state)[0].rank_score == pytest.approx(0.4 + 0.2 * 0.8 + 0.2 * 0.62 + 0.2 * 0.5)
    weights = Weights(specialization=0, proximity=0, performance=0, availability=1)
    assert rank(state, weights=weights)[0].rank_score == 0.5


def test_the_highest_score_comes_first_and_the_stopped_come_last():
    states = [
        agent(1, load=10),
        agent(2, load=5),
        agent(3),
        agent(4, active=False),
        agent(5, load=2),
    ]
    assert order(*states) == [3, 5, 2, 1, 4]
    assert [each.rank for each in rank(*states)] == [1, 2, 3, None, None]


def test_equal_scores_go_to_the_lower_load():
    assert order(agent(1, load=2, capacity=4), agent(2, load=1, capacity=2)) == [2, 1]


def test_equal_scores_and_loads_go_to_who_has_waited_longest():
    long_ago, lately = NOW - timedelta(days=9), NOW - timedelta(minutes=1)
    states = [
        agent(1, last_assigned_at=lately),
        agent(2, last_assigned_at=long_ago),
        agent(3),  # never had one
    ]
    assert order(*states) == [3, 2, 1]


def test_all_else_equal_the_id_decides():
    assert order(agent(2), agent(1)) == [1, 2]


def test_a_tie_is_a_tie_whatever_the_rounding():
    # 0.2 x (0.4 x 4.5/5 + 0.6 x 0.4) and 0.2 x (0.4 x 3/5 + 0.6 x 0.6): 0.12 both.
    pair = agent(2, rating=4.5, conversion_rate=0.4), agent(1, rating=3, conversion_rate=0.6)
    assert order(*pair) == [1, 2]


def test_nobody_is_ranked_where_there_is_nobody():
    assert rank() == ()


states = st.builds(
    agent,
    st.integers(1, 5),
    active=st.booleans(),
    licensed_states=st.sampled_from([(), ("CA",), ("NV",)]),
    specialties=st.sampled_from([(), ("AUTO",), ("HOME",)]),
    state=st.sampled_from([None, "CA", "NV"]),
    city=st.sampled_from([None, "Fresno", "Reno"]),
    rating=st.none() | st.floats(0, 5),
    conversion_rate=st.none() | st.floats(0, 1),
    capacity=st.integers(0, 3),
    load=st.integers(0, 3),
    hours=st.sampled_from([None, OPEN, CLOSED]),
)
many = st.lists(states, max_size=5, unique_by=lambda each: each.id)


@given(many, st.randoms())
def test_the_order_agents_are_given_in_changes_no_rank(given_states, chance):
    shuffled = list(given_states)
    chance.shuffle(shuffled)
    assert set(map(repr, rank(*given_states))) == set(map(repr, rank(*shuffled)))


@given(many)
def test_every_agent_is_either_stopped_or_ranked_with_terms_from_0_to_1(given_states):
    verdicts = rank(*given_states)
    assert {each.agent_id for each in verdicts} == {each.id for each in given_states}
    for each in verdicts:
        terms = (each.specialization, each.proximity, each.performance, each.availability)
        if each.gate is not None:
            assert (*terms, each.rank_score, each.rank) == (None,) * 6
            continue
        assert each.rank is not None
        assert all(0 <= term <= 1 for term in (*terms, each.rank_score))
    scores = [each.rank_score for each in verdicts if each.rank]
    assert scores == sorted(scores, reverse=True)
