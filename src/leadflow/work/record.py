"""What follows from a decision, as rows: all of it is written in the decision's transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, assert_never
from uuid import UUID

from msgspec import Struct
from uuid_utils.compat import uuid7

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


def event(writes: Writes, name: str, profile: Profile, now: datetime, **data: Any) -> None:
    """Add an event: a line of the lead's timeline, and a message for whoever listens."""
    writes.add("write_events", uuid7(), name, profile.lead_id, profile.workspace_id, now, data)


def log_row(
    writes: Writes,
    profile: Profile,
    now: datetime,
    *,
    result: str,
    destination: UUID | None = None,
    rule: UUID | None = None,
    placement: UUID | None = None,
) -> None:
    """Add the one row that tells how a lead's routing ended."""
    writes.add(
        "write_logs",
        uuid7(),
        profile.lead_id,
        profile.workspace_id,
        destination,
        rule,
        placement,
        result,
        now,
    )


def record(
    writes: Writes,
    directory: Directory,
    profile: Profile,
    decision: Decision,
    moved: Mapping[CounterKey, Move],
    now: datetime,
) -> None:
    """Add what the outcome leads to, the lead's own row, queue row and the counters aside."""
    match decision.outcome:
        case Placed() as placed:
            _place(writes, directory, profile, decision, placed, moved, now)
        case Kept(workspace_id=workspace_id):
            placement = _placement(writes, profile, now, owner=workspace_id)
            log_row(
                writes,
                profile,
                now,
                result="success",
                destination=workspace_id,
                placement=placement,
            )
            event(writes, "lead.routed", profile, now, kept=True, reason=decision.sentence)
        case DuplicateOf(lead_id=holder, workspace_id=owner):
            log_row(writes, profile, now, result="duplicate", destination=owner)
            event(
                writes,
                "lead.duplicate_detected",
                profile,
                now,
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
    now: datetime,
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
        uuid7(),
        lead.profile.lead_id,
        lead.profile.workspace_id,
        reason,
        URGENCY[lead.priority],
        attempts,
        most,
        at,
        now,
        error,
    )


def retry(writes: Writes, lead: Undecided, now: datetime, tries: Tries, *, error: str) -> None:
    """Queue a lead for its next try."""
    jitter = jitter_of(seed_of(lead.profile.lead_id))
    queue(
        writes,
        lead,
        now,
        reason="retry",
        attempts=lead.attempts,
        most=tries.most,
        at=now + next_try(lead.attempts, tries.delay, jitter),
        error=error,
    )


def give_up(writes: Writes, profile: Profile, reason: str, now: datetime) -> None:
    """Add what follows when no more tries are left: a person has to look."""
    log_row(writes, profile, now, result="failed")
    writes.add("open_reviews", uuid7(), profile.lead_id, profile.workspace_id, reason, now)
    event(writes, "lead.failed", profile, now, reason=reason)


def _place(
    writes: Writes,
    directory: Directory,
    profile: Profile,
    decision: Decision,
    placed: Placed,
    moved: Mapping[CounterKey, Move],
    now: datetime,
) -> None:
    through = directory.destinations[placed.destination_id] if placed.destination_id else None
    placement = _placement(
        writes,
        profile,
        now,
        owner=placed.workspace_id,
        through=through,
        rule=placed.rule_id,
        counted=tuple(
            {"window_kind": key.window, "starts_at": key.starts_at, "by": move.by}
            for key, move in moved.items()
            if key.owner_id == placed.destination_id
        ),
    )
    if placed.agent_id is not None:
        writes.add(
            "write_assignments",
            placement,
            profile.lead_id,
            placed.agent_id,
            placed.workspace_id,
            now,
        )
    if through is not None:
        whereto = (placement, through.at_rest.id, placed.workspace_id)
        writes.add("write_deliveries", uuid7(), profile.lead_id, *whereto, now)
    log_row(
        writes,
        profile,
        now,
        result="success",
        destination=placed.workspace_id,
        rule=placed.rule_id,
        placement=placement,
    )
    event(
        writes,
        "lead.routed",
        profile,
        now,
        destination_workspace_id=placed.workspace_id,
        rule_id=placed.rule_id,
        agent_id=placed.agent_id,
        reason=decision.sentence,
    )


def _placement(
    writes: Writes,
    profile: Profile,
    now: datetime,
    *,
    owner: UUID,
    through: DestinationEntry | None = None,
    rule: UUID | None = None,
    counted: tuple[Mapping[str, object], ...] = (),
) -> UUID:
    placement = uuid7()
    accept_within = through.accept_within if through else None
    writes.add(
        "write_placements",
        placement,
        profile.lead_id,
        1,
        through.at_rest.id if through else None,
        owner,
        profile.workspace_id,
        rule,
        through.at_rest.max_owners if through else 1,
        through.at_rest.price_minor if through else 0,
        through.at_rest.currency if through else "USD",
        now,
        None if accept_within is None else now + accept_within,
        counted or None,
    )
    return placement
