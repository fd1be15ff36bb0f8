"""When a delivery is tried again, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.deliver import Attempt, Done, Patience, Wait, next_move

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
STEADY = Patience(jitter=0)
OUTCOMES = ["delivered", "refused", "failed", "unknown"]

failures = st.sampled_from(["failed", "unknown"])
asked = st.none() | st.timedeltas(timedelta(0), timedelta(days=9_000))
unfinished = st.lists(st.builds(Attempt, failures, asked), min_size=1, max_size=7)
seeds = st.integers(0, 2**128)


def after(*outcomes, patience=STEADY):
    return next_move([Attempt(outcome) for outcome in outcomes], patience, NOW, seed=1)


def until(attempts, patience, seed):
    move = next_move(attempts, patience, NOW, seed)
    assert isinstance(move, Wait)
    return move.until


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        (["delivered"], "delivered"),
        (["failed", "delivered"], "delivered"),
        (["unknown", "failed", "delivered"], "delivered"),
        (["refused"], "dead"),
        (["failed", "refused"], "dead"),
        (["failed"] * 8, "dead"),
        (["unknown", "refused"], "unknown"),
        (["unknown", "failed", "refused"], "unknown"),
        (["unknown"] + ["failed"] * 7, "unknown"),
        (["failed"] * 7 + ["unknown"], "unknown"),
    ],
)
def test_a_delivery_is_over_when_it_is_settled_or_tries_are_used_up(outcomes, state):
    match after(*outcomes):
        case Done(state=ended):
            assert ended == state
        case other:
            pytest.fail(f"not over: {other}")


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        (["failed"], "pending"),
        (["failed", "failed"], "pending"),
        (["unknown"], "unknown"),
        (["failed", "unknown"], "unknown"),
        (["unknown", "failed"], "unknown"),
    ],
)
def test_once_unsure_a_delivery_waits_as_unsure(outcomes, state):
    assert isinstance(after(*outcomes), Wait)
    assert after(*outcomes).state == state


@pytest.mark.parametrize(
    ("failed", "seconds"),
    [(1, 10), (2, 40), (3, 160), (4, 640), (5, 2560), (6, 10240), (7, 14400)],
)
def test_waits_grow_fourfold_up_to_the_longest(failed, seconds):
    assert after(*["failed"] * failed).until == NOW + timedelta(seconds=seconds)


def test_a_great_many_attempts_wait_no_longer_than_the_longest():
    patient = Patience(max_attempts=2_000, factor=100, jitter=0)
    assert after(*["failed"] * 1_999, patience=patient).until == NOW + patient.longest_wait


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        (timedelta(seconds=3), timedelta(seconds=10)),
        (timedelta(minutes=7), timedelta(minutes=7)),
        (timedelta(hours=9), timedelta(hours=9)),
        (timedelta(days=400), timedelta(hours=24)),
    ],
)
def test_a_longer_wait_the_receiver_asked_for_wins_up_to_a_day(retry_after, wait):
    move = next_move([Attempt("failed", retry_after)], STEADY, NOW, seed=1)
    assert move == Wait(NOW + wait, "pending")


@given(unfinished, seeds)
def test_chance_only_ever_adds_its_part_to_a_wait(attempts, seed):
    wait = until(attempts, STEADY, seed) - NOW
    longest = wait * 1.2 + timedelta(microseconds=1)
    assert NOW + wait <= until(attempts, Patience(), seed) <= NOW + longest


@given(unfinished, seeds)
def test_the_same_seed_gives_the_same_move(attempts, seed):
    assert next_move(attempts, Patience(), NOW, seed) == next_move(attempts, Patience(), NOW, seed)


def test_deliveries_that_failed_together_do_not_return_together():
    returns = {until([Attempt("failed")], Patience(), seed) for seed in range(100)}
    assert len(returns) == 100


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=10))
def test_a_delivery_that_may_have_arrived_never_dies(outcomes):
    if "unknown" in outcomes:
        assert after(*outcomes).state in ("unknown", "delivered")


@given(st.lists(st.sampled_from(OUTCOMES), min_size=8, max_size=10))
def test_nothing_is_tried_for_ever(outcomes):
    assert isinstance(after(*outcomes), Done)
