"""Turns that are shared in proportion, however those who take them come and go."""

from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.rotation import TURN, Entrant, claims, credits_after, owed
from tests.core.builders import uid

numbers = st.integers(0, 5)
weights = st.dictionaries(numbers, st.integers(1, 9), min_size=1)
turns = st.lists(st.sets(numbers, min_size=1), max_size=80)


def play(weights, turns):
    """Play turns, each among those of its set who exist: entitlements, turns had, and credits."""
    entitled = dict.fromkeys(weights, Fraction(0))
    had: Counter[int] = Counter()
    credit = dict.fromkeys(weights, 0)
    for present in turns:
        among = sorted(present & set(weights))
        if not among:
            continue
        entrants = {uid(each): Entrant(weights[each], credit[each]) for each in among}
        claimed = claims(entrants)
        winner = max(among, key=lambda each: (claimed[uid(each)], -each))
        after = credits_after(entrants, uid(winner))
        credit |= {each: after[uid(each)] for each in among}
        had[winner] += 1
        total = sum(weights[each] for each in among)
        for each in among:
            entitled[each] += Fraction(weights[each], total)
        yield entitled, had, credit


@given(weights, turns)
def test_nobody_is_ever_n_minus_1_turns_from_their_share_whoever_takes_part(given_weights, given):
    bound = len(given_weights) - 1
    for entitled, had, _ in play(given_weights, given):
        # Shares are rounded down to a billionth of a turn: 80 turns may make 80 of them.
        assert all(abs(entitled[each] - had[each]) <= bound + Fraction(1, 10**6) for each in had)


@given(weights, st.integers(1, 80))
def test_while_all_take_part_nobody_is_a_whole_turn_ahead(given_weights, count):
    for entitled, had, _ in play(given_weights, [set(given_weights)] * count):
        assert all(had[each] - entitled[each] < 1 for each in given_weights)


@given(weights, turns)
def test_what_one_is_owed_another_has_had(given_weights, given):
    for entitled, had, credit in play(given_weights, given):
        assert sum(credit.values()) == 0
        for each in given_weights:
            assert abs(Fraction(credit[each], TURN) - (entitled[each] - had[each])) < Fraction(
                1, 10**6
            )


def test_who_comes_back_gets_no_more_than_their_turn():
    away = [{0, 1}] * 30
    *_, (_, before, _) = play({0: 1, 1: 1, 2: 1}, away)
    assert before[2] == 0
    *_, (_, after, _) = play({0: 1, 1: 1, 2: 1}, [*away, *[{0, 1, 2}] * 6])
    assert after[2] == 2


def test_a_claim_is_said_in_turns():
    assert owed(3 * TURN // 4) == "owed 0.75 turns"
