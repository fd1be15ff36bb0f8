"""Take down what became of a lead in sales; when it is over, its agent has room for another."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from leadflow.core.outcomes import CLOSING, SalesOutcome, may_follow
from leadflow.errors import ConflictError, InputError, NotFoundError
from leadflow.store import audit, manual, outcomes, owners, waking
from leadflow.store.database import Connection, Database
from leadflow.store.ids import new_id
from leadflow.store.owners import Owner
from leadflow.store.writes import Writes
from leadflow.telemetry import metrics


class Said(Struct, frozen=True, kw_only=True):
    """Who says what became of which lead."""

    lead_id: UUID
    outcome: SalesOutcome
    workspace_id: UUID | None  # None: an operator, who sees every workspace
    actor: str


class Recorded(Struct, frozen=True, kw_only=True):
    """What is written down now."""

    lead_id: UUID
    workspace_id: UUID  # who has the lead
    agent_id: UUID | None
    outcome: SalesOutcome
    outcome_at: datetime  # when it was said first


async def record(database: Database, said: Said, now: datetime) -> Recorded:
    """Write down what the owner of a lead says. To say the same again changes nothing.

    A closed lead takes up none of its agent's capacity, so that those who wait may go on.

    Raises:
        NotFoundError: `Lead not found`.
        InputError: another workspace has the lead (`forbidden`).
        ConflictError: nobody has it, or its outcome is a closing one already.
        TemporaryError: the database is away.
    """
    async with database.tenant(said.workspace_id) as connection:
        if not await manual.is_visible(connection, said.lead_id):
            raise NotFoundError("Lead not found")
    async with database.service() as connection:
        held = await owners.owner_of(connection, said.lead_id)
        if held is None:
            raise ConflictError("nobody has the lead, so nothing can have become of it")
        if said.workspace_id not in (None, held.workspace_id):
            message = "Only the workspace that has the lead says what became of it"
            raise InputError(message, code="forbidden")
        if not may_follow(held.outcome, said.outcome):
            raise ConflictError(f"the lead is {held.outcome}, and that is final")
        if held.outcome != said.outcome:
            await _write(connection, said, held, now)
    if held.outcome != said.outcome:
        metrics.EVENTS_WRITTEN.labels("lead.outcome_recorded").inc()
        metrics.LEAD_OUTCOMES.labels(held.vertical, said.outcome).inc()
    return Recorded(
        lead_id=said.lead_id,
        workspace_id=held.workspace_id,
        agent_id=held.agent_id,
        outcome=said.outcome,
        outcome_at=held.outcome_at if held.outcome == said.outcome and held.outcome_at else now,
    )


async def _write(connection: Connection, said: Said, held: Owner, now: datetime) -> None:
    if said.outcome in CLOSING and held.agent_id is not None:
        await owners.free_agent(connection, held.agent_id)
    await outcomes.record(connection, held.placement_id, said.outcome, now)
    whose = (said.lead_id, held.source_workspace_id)
    told = {"outcome": said.outcome, "workspace_id": held.workspace_id, "agent_id": held.agent_id}
    writes = Writes(now)
    writes.add("write_events", new_id(), "lead.outcome_recorded", *whose, told)
    await writes.flush(connection, lambda: now)
    change = audit.Change(
        actor=said.actor,
        action="lead.outcome_recorded",
        target=str(said.lead_id),
        workspace_id=held.workspace_id,
        detail={"outcome": said.outcome},
    )
    await audit.record(connection, change, now)
    if said.outcome in CLOSING:
        await waking.wake(connection, held.workspace_id, now)
