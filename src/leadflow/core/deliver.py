"""What to do about a delivery after an attempt: wait and try again, or call it over.

An attempt that may have reached the receiver makes the delivery unsure. Until a receiver says yes
it stays unsure, and nobody else may get the lead. Sending again to the *same* receiver under the
*same* idempotency key is how a webhook's outcome is found out: a receiver that has the lead answers
as it did, or would have done, the first time, and one that has it not takes it now. That is the
one kind of resending an unsure delivery allows.

    pending ──> sending ──> delivered
       ^           │  └───> dead        certainly not taken: refused, or every attempt failed
       └─ failed ──┤
                   └──────> unknown     sent again by the rule above; at the end a person decides
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, assert_never

from msgspec import Struct

AttemptOutcome = Literal["delivered", "refused", "failed", "unknown"]


class Patience(Struct, frozen=True, kw_only=True):
    """How often a delivery is tried, and how long it waits in between.

    With the numbers given here the waits are 10 s, 40 s, 160 s, 11 min, 43 min, 171 min and 4 h:
    some 8 hours, so that a receiver may be down for a night.
    """

    max_attempts: int = 8
    first_wait: timedelta = timedelta(seconds=10)
    factor: float = 4.0
    longest_wait: timedelta = timedelta(hours=4)
    longest_asked: timedelta = timedelta(hours=24)  # a receiver that asks for more is mistaken
    jitter: float = 0.2  # part of a wait that chance may add, 0 to 1
    pause: timedelta = timedelta(minutes=15)  # for receivers that answer nobody


class Attempt(Struct, frozen=True):
    """How one attempt ended."""

    outcome: AttemptOutcome
    retry_after: timedelta | None = None  # as the receiver asked


class Wait(Struct, frozen=True, tag="wait"):
    """Try again: the same receiver, the same idempotency key."""

    until: datetime
    state: Literal["pending", "unknown"]


class Done(Struct, frozen=True, tag="done"):
    """Try no more. `unknown` asks for a person: the receiver may have the lead, or may not."""

    state: Literal["delivered", "dead", "unknown"]
    reason: str


def next_move(
    attempts: Sequence[Attempt], patience: Patience, now: datetime, seed: int
) -> Wait | Done:
    """Choose the next move for a delivery.

    A refusal settles nothing once an earlier attempt may have arrived: receivers without
    idempotency refuse the second copy of what they took as the first.

    Args:
        attempts: all so far, at least one, oldest first.
        patience: the receiver's.
        now: when the last attempt ended.
        seed: of the jitter; the delivery's own, so that deliveries do not return in step.
    """
    last = attempts[-1]
    unsure = any(attempt.outcome == "unknown" for attempt in attempts)
    match last.outcome:
        case "delivered":
            return Done("delivered", "it was taken")
        case "refused":
            return _refused(unsure=unsure)
        case "failed" | "unknown":
            if len(attempts) >= patience.max_attempts:
                return _exhausted(len(attempts), unsure=unsure)
            until = now + _wait(patience, len(attempts), last.retry_after, seed)
            return Wait(until, "unknown" if unsure else "pending")
        case _:
            assert_never(last.outcome)


def _refused(*, unsure: bool) -> Done:
    if unsure:
        return Done("unknown", "refused after an attempt that may have arrived")
    return Done("dead", "it will never be taken")


def _exhausted(attempts: int, *, unsure: bool) -> Done:
    if unsure:
        return Done("unknown", f"no answer that settles it in {attempts} attempts")
    return Done("dead", f"failed in {attempts} attempts")


def _wait(patience: Patience, failures: int, asked: timedelta | None, seed: int) -> timedelta:
    """Find how long to wait after so many failures.

    A wait the receiver asked for wins over ours when it is longer: retrying sooner than asked gets
    the sender blocked. Chance only ever adds to either.
    """
    exponent = min(failures - 1, 20)  # more would overflow before the cap is applied
    ours = patience.first_wait.total_seconds() * patience.factor**exponent
    wait = min(ours, patience.longest_wait.total_seconds())
    if asked is not None:
        wait = max(wait, min(asked, patience.longest_asked).total_seconds())
    return timedelta(seconds=wait * (1 + patience.jitter * _chance(seed, failures)))


def _chance(seed: int, draw: int) -> float:
    """Draw from 0 to 1, the same for the same arguments."""
    digest = hashlib.blake2b(f"{seed}/{draw}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
