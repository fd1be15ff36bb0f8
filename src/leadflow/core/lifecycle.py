"""The life of a lead: the states it is stored in, the ways between them, and its retries."""

from collections.abc import Mapping
from datetime import timedelta
from typing import assert_never

from msgspec import Struct

from leadflow.core.decision import (
    DuplicateOf,
    Kept,
    NoCandidate,
    Outcome,
    Placed,
    SentToReview,
    Waiting,
)
from leadflow.core.lead import RoutingResult, RoutingStatus, Status


class State(Struct, frozen=True):
    """The three words a lead is stored with; only the eight combinations below exist."""

    status: Status
    routing_status: RoutingStatus
    routing_result: RoutingResult | None = None


RECEIVED = State("received", "pending")  # stored, not decided
WAITING = State("processed", "pending")  # decided, without an owner yet
ROUTING = State("processed", "routing")  # locked by a worker
ROUTED = State("routed", "routed", "success")  # has its owner, or stays with its source
DUPLICATE = State("duplicate", "failed", "duplicate")  # the person is with another partner
REVIEW = State("review", "failed", "failed")  # tries used up, or a person is to look
EXPIRED = State("expired", "expired")  # too old
REJECTED = State("rejected", "failed", "failed")  # refused by a policy after it was accepted

_DECIDED = frozenset((ROUTED, DUPLICATE, REVIEW, WAITING))

TRANSITIONS: Mapping[State, frozenset[State]] = {
    RECEIVED: _DECIDED | {ROUTING, EXPIRED, REJECTED},
    WAITING: _DECIDED | {ROUTING, EXPIRED, REJECTED},
    # A stale lock is taken over. What is being routed never expires under the worker's hands.
    ROUTING: _DECIDED | {ROUTING, REJECTED},
    ROUTED: frozenset((ROUTED,)),  # reassigned by hand
    # By hand: an operator routes it, re-opens it, or finds that it is another person after all.
    DUPLICATE: frozenset((ROUTED, ROUTING, WAITING)),
    REVIEW: _DECIDED | {ROUTING, EXPIRED, REJECTED},
    EXPIRED: frozenset(),
    REJECTED: frozenset(),
}

_MOST_DOUBLINGS = 20  # 60 s doubled 20 times are two years; many more would overflow timedelta
_JITTER = 0.25


def may_become(before: State, after: State) -> bool:
    """Tell whether a lead may go from one state to the other in one step."""
    return after in TRANSITIONS[before]


def state_after(outcome: Outcome, attempts: int, max_attempts: int) -> State:
    """Tell what a lead becomes.

    Args:
        outcome: of the decision that was just made.
        attempts: tries used up, counting this one if the outcome costs a try.
        max_attempts: tries a lead has in all.
    """
    match outcome:
        case Placed() | Kept():
            return ROUTED
        case DuplicateOf():
            return DUPLICATE
        case Waiting():
            return WAITING
        case NoCandidate():
            return WAITING if attempts < max_attempts else REVIEW
        case SentToReview():
            return REVIEW
        case _:
            assert_never(outcome)


def next_try(attempts: int, delay: timedelta, jitter: float) -> timedelta:
    """Return how long to wait after a lead's `attempts`-th try, counted from 1.

    The delay doubles with each try, and is stretched by up to a quarter: never shorter than
    `delay * 2 ** (attempts - 1)`, never longer than 1.25 times that.

    Args:
        attempts: tries used up, at least 1.
        delay: the wait after the first try.
        jitter: 0 to 1, where in the stretch this lead is: see `jitter_of`.
    """
    doublings = min(attempts - 1, _MOST_DOUBLINGS)
    return delay * (1 << doublings) * (1 + _JITTER * jitter)


def jitter_of(seed: int) -> float:
    """Draw a lead's jitter, 0 to 1, from the seed of its decision.

    Leads that failed together would otherwise all come back together.
    """
    return (seed % 2**20) / 2**20
