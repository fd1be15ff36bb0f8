"""Have a lead wait again that was routed, or had been given up."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from leadflow.core.lifecycle import DUPLICATE, REVIEW, WAITING, State
from leadflow.errors import ConflictError, NotFoundError
from leadflow.store import audit, manual, waking
from leadflow.store.database import Connection, Database
from leadflow.store.ids import new_id
from leadflow.store.manual import HeldLead
from leadflow.store.writes import Writes
from leadflow.telemetry import metrics
from leadflow.telemetry.logs import log
from leadflow.work.group import patiently
from leadflow.work.record import Tries, Undecided, event, queue


class Reopening(Struct, frozen=True, kw_only=True):
    """Who wants which lead to be routed after all."""

    lead_id: UUID
    workspace_id: UUID | None  # None: an operator, who sees every workspace
    actor: str


class Reopened(Struct, frozen=True, kw_only=True):
    """A lead that waits for an owner again, with all of its tries."""

    lead_id: UUID
    workspace_id: UUID  # the source's
    reopened_at: datetime


async def reopen(
    database: Database, asked: Reopening, tries: Tries, clock: Callable[[], datetime]
) -> Reopened:
    """Put a lead that is in review, or was a duplicate, back into the automated flow.

    It keeps its age and has all tries again. Its review is closed. Whom it came back from before is
    not asked again.

    Raises:
        NotFoundError: `Lead not found`.
        ConflictError: it is in the flow, has an owner, or has come to its end.
        TemporaryError: the database is away.
    """
    async with database.tenant(asked.workspace_id) as connection:
        if not await manual.is_visible(connection, asked.lead_id):
            raise NotFoundError("Lead not found")
    reopened = await patiently(partial(_reopen, database, asked, tries, clock))
    metrics.EVENTS_WRITTEN.labels("lead.reopened").inc()
    log.info("lead.reopened", lead_id=reopened.lead_id, workspace_id=reopened.workspace_id)
    return reopened


async def have_wait(
    connection: Connection,
    writes: Writes,
    held: HeldLead,
    *,
    attempts: int,
    most: int,
) -> None:
    """Have a lead wait that is due at once, with so many tries used.

    Args:
        connection: the lead's row is locked in it.
        writes: flush it, and then call the workers.
        held: the lead.
        attempts: tries it has used.
        most: tries a lead has.
    """
    by = f"again:{new_id().hex[-8:]}"
    await manual.take(connection, held.profile.lead_id, by, writes.now)
    waiting = Undecided(
        profile=held.profile, priority=held.priority, attempts=attempts, taken_up_at=writes.now
    )
    queue(writes, waiting, reason="waiting", attempts=attempts, most=most, at=writes.now)
    writes.add("finish_leads", held.profile.lead_id, by, *astuple(WAITING), attempts)


async def _reopen(
    database: Database, asked: Reopening, tries: Tries, clock: Callable[[], datetime]
) -> Reopened:
    now = clock()
    writes = Writes(now)
    async with database.service() as connection:
        held = await manual.hold_lead(connection, asked.lead_id)
        if held is None:
            raise NotFoundError("Lead not found")
        if held.state not in (REVIEW, DUPLICATE):
            raise ConflictError(_why_not(held.state))
        await have_wait(connection, writes, held, attempts=0, most=tries.most)
        event(writes, "lead.reopened", held.profile, before=held.status)
        writes.add("close_reviews", asked.lead_id)
        writes.given("close_reviews", now, "re-opened")
        await writes.flush(connection, clock)
        change = audit.Change(
            actor=asked.actor,
            action="lead.reopened",
            target=str(asked.lead_id),
            workspace_id=held.profile.workspace_id,
            detail={"before": held.status},
        )
        await audit.record(connection, change, now)
        await waking.call(connection)
    return Reopened(lead_id=asked.lead_id, workspace_id=held.profile.workspace_id, reopened_at=now)


def _why_not(state: State) -> str:
    match state.status:
        case "received" | "processed":
            return "the lead is in the automated flow"
        case "routed":
            return "the lead has an owner"
        case _:
            return f"the lead is {state.status}, and that is final"
