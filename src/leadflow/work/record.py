"""What follows from a decision, as rows: all of it is written in the decision's transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, assert_never
from uuid import UUID

from msgspec import Struct

from leadflow.core.capacity import CounterKey
from leadflow.core.decision import (
    Decision,
    DuplicateOf,
    Kept,
    NoCandidate,
    Placed,
    SentToReview,
    Waiting,
)
from leadflow.core.directory import DestinationEntry, Directory, Move
from leadflow.core.lead import URGENCY, Priority, Profile
from leadflow.core.lifecycle import jitter_of, next_try
from leadflow.core.route import seed_of
from leadflow.store.ids import new_id
from leadflow.store.writes import Writes


class Tries(Struct, frozen=True):
    """How often a lead is tried before a person has to look at it."""

    most: int = 3
    delay: timedelta = timedelta(seconds=60)


class Undecided(Struct, frozen=True, kw_only=True):
    """A lead whose owner is to be chosen."""

    profile: Profile
    priority: Priority
    attempts: int  # tries, this one included
    taken_up_at: datetime
    owner: str | None = None  # who holds its lease; None: it is new, and not stored yet
    first: bool = True  # it has not been decided before


def event(writes: Writes, name: str, profile: Profile, **data: Any) -> None:
    """Add an event: a line of the lead's timeline, and a message for whoever listens."""
    writes.add("write_events", new_id(), name, profile.lead_id, profile.workspace_id, data)


def _log_row(
    writes: Writes,
    profile: Profile,
    result: Literal["duplicate", "failed"],
    destination: UUID | None = None,
) -> None:
    """Add the one row that tells how routing ended without a placement."""
    writes.add("write_logs", new_id(), profile.lead_id, profile.workspace_id, destination, result)


def record(
    writes: Writes,
    directory: Directory,
    profile: Profile,
    decision: Decision,
    moved: Mapping[CounterKey, Move],
) -> None:
    """Add what the outcome leads to, the lead's own row, queue row and the counters aside."""
    match decision.outcome:
        case Placed() as placed:
            _place(writes, directory, profile, decision, placed, moved)
        case Kept(workspace_id=workspace_id):
            _placement(writes, profile, owner=workspace_id)
            event(writes, "lead.routed", profile, kept=True, reason=decision.sentence)
        case DuplicateOf(lead_id=holder, workspace_id=owner):
            _log_row(writes, profile, "duplicate", owner)
            event(
                writes,
                "lead.duplicate_detected",
                profile,
                duplicate_of=holder,
                duplicate_workspace_id=owner,
            )
        case Waiting() | NoCandidate() | SentToReview():
            pass  # the queue row, or the review, says it all
        case _ as never:
            assert_never(never)


def queue(
    writes: Writes,
    lead: Undecided,
    *,
    reason: Literal["waiting", "retry"],
    attempts: int,
    most: int,
    at: datetime,
    error: str | None = None,
) -> None:
    """Add the one open queue row of a lead, or move it on."""
    writes.add(
        "write_queue",
        new_id(),
        lead.profile.lead_id,
        lead.profile.workspace_id,
        reason,
        URGENCY[lead.priority],
        attempts,
        most,
        at,
        writes.now,
        error,
    )


def retry(writes: Writes, lead: Undecided, tries: Tries, *, error: str) -> None:
    """Queue a lead for its next try."""
    jitter = jitter_of(seed_of(lead.profile.lead_id))
    queue(
        writes,
        lead,
        reason="retry",
        attempts=lead.attempts,
        most=tries.most,
        at=writes.now + next_try(lead.attempts, tries.delay, jitter),
        error=error,
    )


def give_up(writes: Writes, profile: Profile, reason: str) -> None:
    """Add what follows when no more tries are left: a person has to look."""
    _log_row(writes, profile, "failed")
    writes.add("open_reviews", new_id(), profile.lead_id, profile.workspace_id, reason, writes.now)
    event(writes, "lead.failed", profile, reason=reason)


def _place(
    writes: Writes,
    directory: Directory,
    profile: Profile,
    decision: Decision,
    placed: Placed,
    moved: Mapping[CounterKey, Move],
) -> None:
    _placement(
        writes,
        profile,
        owner=placed.workspace_id,
        through=directory.destinations[placed.destination_id] if placed.destination_id else None,
        rule=placed.rule_id,
        agent=placed.agent_id,
        counted=tuple(
            {"window_kind": key.window, "starts_at": key.starts_at, "by": move.by}
            for key, move in moved.items()
            if key.owner_id == placed.destination_id
        ),
    )
    event(
        writes,
        "lead.routed",
        profile,
        destination_workspace_id=placed.workspace_id,
        rule_id=placed.rule_id,
        agent_id=placed.agent_id,
        reason=decision.sentence,
    )


def _placement(
    writes: Writes,
    profile: Profile,
    *,
    owner: UUID,
    through: DestinationEntry | None = None,
    rule: UUID | None = None,
    agent: UUID | None = None,
    counted: tuple[Mapping[str, object], ...] = (),
) -> None:
    accept_within = through.accept_within if through else None
    writes.add(
        "write_placements",
        new_id(),
        profile.lead_id,
        through.at_rest.id if through else None,
        owner,
        profile.workspace_id,
        rule,
        through.at_rest.max_owners if through else 1,
        through.at_rest.price_minor if through else 0,
        through.at_rest.currency if through else "USD",
        None if accept_within is None else writes.now + accept_within,
        counted or None,
        agent,
        new_id() if through else None,
        new_id(),
    )
