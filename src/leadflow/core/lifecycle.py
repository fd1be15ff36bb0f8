"""The life of a lead: the states it is stored in, the ways between them, and its retries."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import product
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

STATES: Mapping[str, State] = {
    "received": RECEIVED,
    "waiting": WAITING,
    "being routed": ROUTING,
    "routed": ROUTED,
    "duplicate": DUPLICATE,
    "review": REVIEW,
    "expired": EXPIRED,
    "rejected": REJECTED,
}
"""By the names that people call them by."""


class Way(Struct, frozen=True):
    """One way on in the life of a lead."""

    name: str
    before: State | None  # None: it has just come
    after: State


def _ways(name: str, before: Iterable[State | None], after: Iterable[State]) -> Iterator[Way]:
    return (Way(name, *pair) for pair in product(before, after))


WAYS: tuple[Way, ...] = (
    *_ways("taken in", [None], [RECEIVED, ROUTED, WAITING, DUPLICATE, REVIEW]),
    *_ways("claimed", [RECEIVED, WAITING], [ROUTING]),
    *_ways("decided", [ROUTING], [ROUTED, WAITING, DUPLICATE, REVIEW]),
    # What is being routed never expires under the worker's hands: another takes it over.
    *_ways("taken over", [ROUTING], [ROUTING]),
    *_ways("came back", [ROUTED], [WAITING]),
    *_ways("routed by hand", [RECEIVED, WAITING, ROUTING, REVIEW, DUPLICATE], [ROUTED]),
    *_ways("reassigned by hand", [ROUTED], [ROUTED]),
    *_ways("re-opened", [REVIEW, DUPLICATE], [WAITING]),
    *_ways("expired", [RECEIVED, WAITING, REVIEW], [EXPIRED]),
)
"""Every way there is. No policy rejects leads after they were accepted yet."""

_MOST_DOUBLINGS = 20  # 60 s doubled 20 times are two years; many more would overflow timedelta
_JITTER = 0.25


def may_become(before: State | None, after: State) -> bool:
    """Tell whether a lead may go from one state to the other in one step; from None, it comes."""
    return any((way.before, way.after) == (before, after) for way in WAYS)


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
