"""The states of a lead, the ways between them, and how long a retry waits."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.decision import (
    DuplicateOf,
    Kept,
    NoCandidate,
    Placed,
    SentToReview,
    Waiting,
)
from leadflow.core.lifecycle import (
    DUPLICATE,
    EXPIRED,
    RECEIVED,
    REJECTED,
    REVIEW,
    ROUTED,
    ROUTING,
    STATES,
    WAITING,
    WAYS,
    jitter_of,
    may_become,
    next_try,
    state_after,
)
from tests.core.builders import NOW, uid

PLACED = Placed(uid(1), uid(2), None, None)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RECEIVED, ("received", "pending", None)),
        (WAITING, ("processed", "pending", None)),
        (ROUTING, ("processed", "routing", None)),
        (ROUTED, ("routed", "routed", "success")),
        (DUPLICATE, ("duplicate", "failed", "duplicate")),
        (REVIEW, ("review", "failed", "failed")),
        (EXPIRED, ("expired", "expired", None)),
        (REJECTED, ("rejected", "failed", "failed")),
    ],
)
def test_a_state_is_stored_in_three_words(state, words):
    assert (state.status, state.routing_status, state.routing_result) == words


@pytest.mark.parametrize(
    ("outcome", "attempts", "state"),
    [
        (PLACED, 1, ROUTED),
        (PLACED, 3, ROUTED),
        (Kept(uid(1)), 1, ROUTED),
        (DuplicateOf(uid(1), uid(2)), 1, DUPLICATE),
        (Waiting(NOW), 0, WAITING),
        (Waiting(NOW), 3, WAITING),  # waiting is not failing
        (NoCandidate("nobody"), 1, WAITING),
        (NoCandidate("nobody"), 2, WAITING),
        (NoCandidate("nobody"), 3, REVIEW),
        (NoCandidate("nobody"), 4, REVIEW),
        (SentToReview("no rule"), 1, REVIEW),
    ],
)
def test_an_outcome_leads_to_a_state(outcome, attempts, state):
    assert state_after(outcome, attempts, max_attempts=3) == state


def test_every_state_has_one_name():
    assert len(set(STATES.values())) == len(STATES) == 8


def test_a_way_is_there_once():
    assert len(set(WAYS)) == len(WAYS)


def test_every_state_can_be_reached_but_one():
    assert {state for state in STATES.values() if state not in {way.after for way in WAYS}} == {
        REJECTED  # no policy does that yet
    }


def test_no_lead_becomes_received_again():
    assert [way.before for way in WAYS if way.after == RECEIVED] == [None]


def test_a_lead_that_is_being_routed_or_is_routed_never_expires():
    expiring = {state for state in STATES.values() if may_become(state, EXPIRED)}
    assert expiring == {RECEIVED, WAITING, REVIEW}


@pytest.mark.parametrize("end", [EXPIRED, REJECTED])
def test_nothing_follows_an_end(end):
    assert not any(may_become(end, state) for state in STATES.values())


@pytest.mark.parametrize("before", [None, ROUTING])
@pytest.mark.parametrize(
    "outcome", [PLACED, Kept(uid(1)), DuplicateOf(uid(1), uid(2)), Waiting(NOW), SentToReview("")]
)
def test_every_outcome_is_a_way_on_for_a_lead_that_is_decided(before, outcome):
    assert may_become(before, state_after(outcome, 1, 3))


@pytest.mark.parametrize("stuck", [RECEIVED, WAITING, ROUTING, REVIEW, DUPLICATE])
def test_a_hand_can_route_what_is_stuck_anywhere(stuck):
    assert may_become(stuck, ROUTED)


def test_a_lead_is_tried_again_after_one_minute_and_then_two():
    assert next_try(1, MINUTE, jitter=0) == MINUTE
    assert next_try(2, MINUTE, jitter=0) == 2 * MINUTE
    assert next_try(2, MINUTE, jitter=1) == 2.5 * MINUTE


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_retry_waits_no_less_than_promised_and_no_more_than_a_quarter_longer(attempts, jitter):
    promised = next_try(attempts, MINUTE, jitter=0)
    assert promised <= next_try(attempts, MINUTE, jitter) <= 1.25 * promised
    assert next_try(attempts + 1, MINUTE, jitter) >= next_try(attempts, MINUTE, jitter)


@given(st.integers(0, 2**63 - 1))
def test_jitter_is_a_share(seed):
    assert 0 <= jitter_of(seed) < 1


def test_leads_that_failed_together_come_back_apart():
    assert len({jitter_of(seed) for seed in range(1000)}) == 1000
