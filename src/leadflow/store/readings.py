"""Leads as people are shown them: one, many, their past, and why they are where they are."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from leadflow.core.capacity import FOR_EVER, Counter, CounterKey
from leadflow.core.decision import Decision
from leadflow.core.lead import (
    Channel,
    Priority,
    Profile,
    RoutingResult,
    RoutingStatus,
    Status,
)
from leadflow.core.outcomes import SalesOutcome
from leadflow.store import records
from leadflow.store.database import Connection
from leadflow.store.profiles import profile_of
from leadflow.store.queries import load
from leadflow.store.rows import each, one

SQL = load("readings")


class LeadRow(Struct, frozen=True, kw_only=True):
    """One lead in a list. What is personal is still sealed."""

    id: UUID
    workspace_id: UUID  # the source's
    channel: Channel | None  # None, as the source: it is another workspace's
    source: str | None
    vertical: str
    external_id: str | None
    status: Status
    routing_status: RoutingStatus
    routing_result: RoutingResult | None
    score: int | None
    quality: int | None
    priority: Priority | None
    destination_workspace_id: UUID | None  # who owns it
    agent_id: UUID | None
    created_at: datetime
    updated_at: datetime
    key_id: int | None  # None, as the seal: the person has been erased
    sealed: bytes | None


class FullLeadRow(LeadRow, frozen=True, kw_only=True):
    """All there is about one lead."""

    traffic_source: str | None
    routing_attempts: int
    score_source: str | None
    degraded: str | None
    placement_id: UUID | None
    destination_id: UUID | None
    rule_id: UUID | None
    placed_at: datetime | None
    accepted_at: datetime | None
    return_at: datetime | None
    outcome: SalesOutcome | None
    outcome_at: datetime | None
    assessment: Mapping[str, Any]


class LeadFilter(Struct, frozen=True, kw_only=True):
    """Which leads a list shows. None: whatever it is."""

    vertical: str | None = None
    status: Status | None = None
    routing_status: RoutingStatus | None = None
    min_score: int | None = None
    max_score: int | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    source: str | None = None  # name
    destination_workspace_id: UUID | None = None
    agent_id: UUID | None = None
    in_review: bool | None = None  # whether a person has to look, whatever the status


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """Something that happened to a lead."""

    id: UUID
    name: str
    occurred_at: datetime
    data: Mapping[str, Any]


class DeliveryRow(Struct, frozen=True, kw_only=True):
    """A lead on its way to its owner."""

    id: UUID
    destination_id: UUID
    state: str
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    last_error: str | None


class QueueRow(Struct, frozen=True, kw_only=True):
    """What a lead without an owner waits for."""

    reason: str  # `retry`, after a failed try; `waiting`, for an opening
    attempt_number: int
    max_attempts: int
    next_retry_at: datetime
    last_error: str | None


class OpenReview(Struct, frozen=True, kw_only=True):
    """Why a person has to look at a lead."""

    id: UUID
    reason: str
    opened_at: datetime


async def lead(connection: Connection, lead_id: UUID) -> FullLeadRow | None:
    """Read one lead. None: there is none that the connection may see."""
    return one(await connection.fetchrow(SQL["lead"], lead_id), FullLeadRow)


async def page(
    connection: Connection,
    workspace_id: UUID | None,
    which: LeadFilter,
    before: UUID | None,
    limit: int,
) -> list[LeadRow]:
    """List leads older than the one named `before`, newest first.

    With a workspace, its own and those placed with it.
    """
    arguments = (
        before,
        limit,
        which.vertical,
        which.status,
        which.routing_status,
        which.min_score,
        which.max_score,
        which.created_from,
        which.created_before,
        which.source,
        which.destination_workspace_id,
        which.agent_id,
        which.in_review,
    )
    if workspace_id is None:
        rows = await connection.fetch(SQL["page_of_all"], *arguments)
    else:
        rows = await connection.fetch(SQL["page_of_workspace"], *arguments, workspace_id)
    return each(rows, LeadRow)


async def timeline(connection: Connection, lead_id: UUID) -> list[TimelineEntry]:
    """List what happened to a lead, in order."""
    return each(await connection.fetch(SQL["timeline"], lead_id), TimelineEntry)


async def deliveries(connection: Connection, lead_id: UUID) -> list[DeliveryRow]:
    """List a lead's deliveries, in order."""
    return each(await connection.fetch(SQL["deliveries"], lead_id), DeliveryRow)


async def queue_row(connection: Connection, lead_id: UUID) -> QueueRow | None:
    """Tell what a lead waits for. None: nothing."""
    return one(await connection.fetchrow(SQL["queue_row"], lead_id), QueueRow)


async def open_review(connection: Connection, lead_id: UUID) -> OpenReview | None:
    """Find the review of a lead that nobody has closed yet."""
    return one(await connection.fetchrow(SQL["open_review"], lead_id), OpenReview)


async def decisions(connection: Connection, lead_id: UUID, most: int) -> list[Decision]:
    """Read the decisions taken on a lead, the newest first."""
    rows = await connection.fetch(SQL["decisions"], lead_id, most)
    return [records.unpack(row["record"]) for row in rows]


async def profile(connection: Connection, lead_id: UUID) -> Profile | None:
    """Read what deciding looks at."""
    row = await connection.fetchrow(SQL["profile"], lead_id)
    return None if row is None else profile_of(row)


async def open_leads(
    connection: Connection, agent_ids: Collection[UUID]
) -> dict[CounterKey, Counter]:
    """Count the leads that agents have open. The caps are not read."""
    rows = await connection.fetch(SQL["open_leads"], list(agent_ids))
    return {
        CounterKey(row["owner_id"], "open", FOR_EVER): Counter(0, row["used"], row["last_used_at"])
        for row in rows
    }
