"""Leads that come back: refused on delivery, declined, or not accepted in time.

What came back waits again as if it had never had an owner: it keeps its age, has used no try, and
goes to whoever is next. Whom it came back from is not asked again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from msgspec import Struct

from leadflow.core.outcomes import CLOSING
from leadflow.core.returns import DeclineReason, ReturnReason, passed_over
from leadflow.errors import ConflictError, ContendedError, InputError, NotFoundError
from leadflow.store import audit, manual, owners, returns, waking
from leadflow.store.database import Connection, Database
from leadflow.store.manual import HeldLead
from leadflow.store.owners import Owner
from leadflow.store.writes import Writes
from leadflow.telemetry import metrics
from leadflow.telemetry.logs import log
from leadflow.work.again import have_wait
from leadflow.work.group import patiently
from leadflow.work.record import Tries, event

MOST = 100  # leads a round, a transaction each


class Answering(Struct, frozen=True, kw_only=True):
    """Who answers for which lead."""

    lead_id: UUID
    workspace_id: UUID | None  # None: an operator, who sees every workspace
    actor: str
    placement_id: UUID | None = None  # that they mean; None: the one in force, whichever it is


class Accepted(Struct, frozen=True, kw_only=True):
    """The owner keeps the lead."""

    lead_id: UUID
    workspace_id: UUID  # who has it
    agent_id: UUID | None
    accepted_at: datetime  # when it was said first


class Returned(Struct, frozen=True, kw_only=True):
    """A lead that has no owner any more, and waits for the next."""

    lead_id: UUID
    source_workspace_id: UUID
    workspace_id: UUID  # who had it
    destination_id: UUID | None
    agent_id: UUID | None
    reason: ReturnReason
    detail: DeclineReason | None
    returned_at: datetime


class Returns:
    """What owners answer, and what becomes of leads that they do not keep.

    Args:
        database: where the leads are.
        tries: how often a lead is tried.
        clock: tells the time, in UTC.
    """

    def __init__(self, database: Database, tries: Tries, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._tries = tries
        self._clock = clock

    async def accept(self, answering: Answering) -> Accepted:
        """Write down that an owner keeps a lead. To say it again changes nothing.

        Raises:
            NotFoundError: `Lead not found`.
            InputError: another workspace has the lead (`forbidden`).
            ConflictError: nobody has it, or its source keeps it.
            TemporaryError: the database is away.
        """
        await self._look(answering)
        accepted, anew = await patiently(partial(self._accept, answering))
        if anew:
            _report_accepted(accepted)
        return accepted

    async def decline(self, answering: Answering, reason: DeclineReason) -> Returned:
        """Give a lead back that its owner does not want.

        Raises:
            NotFoundError: `Lead not found`.
            InputError: another workspace has the lead (`forbidden`).
            ConflictError: nobody has it, its source keeps it, it was accepted, or it is on its way.
            TemporaryError: the database is away.
        """
        await self._look(answering)
        returned = await patiently(partial(self._decline, answering, reason))
        _report_returned(returned)
        return returned

    async def run_once(self) -> int:
        """Give back what is overdue, and say how many leads that were.

        Raises:
            TemporaryError: the database is away.
        """
        for done in range(MOST):
            returned = await patiently(self._next_overdue)
            if returned is None:
                return done
            _report_returned(returned)
        return MOST

    async def next_due(self) -> datetime | None:
        """Tell when a lead will come back next, as far as that is known now."""
        async with self._database.service() as connection:
            return await returns.next_due(connection)

    async def _look(self, answering: Answering) -> None:
        async with self._database.tenant(answering.workspace_id) as connection:
            if not await manual.is_visible(connection, answering.lead_id):
                raise NotFoundError("Lead not found")

    async def _accept(self, answering: Answering) -> tuple[Accepted, bool]:
        now = self._clock()
        async with self._database.service() as connection:
            held, owner = await _held(connection, answering)
            if owner.accepted_at is None:
                await owners.accept(connection, owner.placement_id, now)
                writes = Writes(now)
                whose = {"workspace_id": owner.workspace_id, "agent_id": owner.agent_id}
                event(writes, "lead.accepted", held.profile, **whose)
                await writes.flush(connection, self._clock)
                await _audit(connection, answering, "lead.accepted", owner, {}, now)
        accepted = Accepted(
            lead_id=answering.lead_id,
            workspace_id=owner.workspace_id,
            agent_id=owner.agent_id,
            accepted_at=owner.accepted_at or now,
        )
        return accepted, owner.accepted_at is None

    async def _decline(self, answering: Answering, reason: DeclineReason) -> Returned:
        now = self._clock()
        async with self._database.service() as connection:
            held, owner = await _held(connection, answering)
            if owner.accepted_at is not None:
                raise ConflictError("the lead was accepted, and that is final")
            back = await self._give_back(connection, held, owner, "declined", now, detail=reason)
            if back is None:
                message = f"the lead is on its way to {owner.slug}, which may have it already"
                raise ConflictError(message)
            detail = {"reason": reason}
            await _audit(connection, answering, "lead.declined", owner, detail, now)
        return back

    async def _next_overdue(self) -> Returned | None:
        now = self._clock()
        async with self._database.service() as connection:
            lead_id = await returns.take_overdue(connection, now)
            if lead_id is None:
                return None
            held = await manual.hold_lead(connection, lead_id)
            owner = await owners.owner_of(connection, lead_id)
            if held is None or owner is None or not _is_overdue(owner, now):
                return None  # the owner has accepted it a moment ago
            refused = await owners.was_refused(connection, owner, lead_id)
            reason: ReturnReason = "refused" if refused else "late"
            returned = await self._give_back(connection, held, owner, reason, now)
            if returned is None:
                # A worker has just begun to deliver it. Asked again, the query passes it over.
                raise ContendedError("the lead is on its way by now")
            return returned

    async def _give_back(
        self,
        connection: Connection,
        held: HeldLead,
        owner: Owner,
        reason: ReturnReason,
        now: datetime,
        *,
        detail: DeclineReason | None = None,
    ) -> Returned | None:
        """Take a lead from its owner and have it wait.

        None: it may have arrived meanwhile, and the transaction must not commit.
        """
        profile = held.profile
        arrived = await owners.arrived(connection, owner, profile.lead_id)
        not_again = passed_over(reason, owner.destination_id, owner.agent_id, arrived=arrived)
        if not await owners.release(connection, profile, owner, now, why=f"{reason}: given back"):
            return None
        returned = Returned(
            lead_id=profile.lead_id,
            source_workspace_id=profile.workspace_id,
            workspace_id=owner.workspace_id,
            destination_id=owner.destination_id,
            agent_id=owner.agent_id,
            reason=reason,
            detail=detail,
            returned_at=now,
        )
        writes = _consequences(held, owner, returned, not_again)
        unused = max(0, held.attempts - 1)  # the try that placed it did not fail
        await have_wait(connection, writes, held, attempts=unused, most=self._tries.most)
        await writes.flush(connection, self._clock)
        await waking.wake(connection, owner.workspace_id, now)
        await waking.call(connection)
        return returned


async def _held(connection: Connection, answering: Answering) -> tuple[HeldLead, Owner]:
    """Lock a lead and the placement that is answered for."""
    held = await manual.hold_lead(connection, answering.lead_id)
    if held is None:
        raise NotFoundError("Lead not found")
    owner = await owners.owner_of(connection, answering.lead_id)
    if owner is None:
        raise ConflictError("nobody has the lead")
    if answering.workspace_id not in (None, owner.workspace_id):
        message = "Only the workspace that has the lead answers for it"
        raise InputError(message, code="forbidden")
    if answering.placement_id not in (None, owner.placement_id):
        raise ConflictError("the lead has come back, and is placed anew")
    if owner.destination_id is None and owner.agent_id is None:
        raise ConflictError("the lead stays with its source, whom nobody asks")
    return held, owner


def _consequences(held: HeldLead, owner: Owner, returned: Returned, not_again: UUID) -> Writes:
    profile, now = held.profile, returned.returned_at
    writes = Writes(now)
    writes.add(
        "write_returns",
        owner.placement_id,
        profile.lead_id,
        owner.workspace_id,
        not_again,
        returned.reason,
        returned.detail,
        now,
    )
    told = {"workspace_id": owner.workspace_id, "agent_id": owner.agent_id}
    why = {"reason": returned.reason, "detail": returned.detail}
    event(writes, "lead.returned", profile, **told, **why)
    return writes


def _is_overdue(owner: Owner, now: datetime) -> bool:
    waits = owner.accepted_at is None and owner.outcome not in CLOSING
    return waits and owner.return_at is not None and owner.return_at <= now


async def _audit(
    connection: Connection,
    answering: Answering,
    action: str,
    owner: Owner,
    detail: Mapping[str, str],
    now: datetime,
) -> None:
    change = audit.Change(
        actor=answering.actor,
        action=action,
        target=str(answering.lead_id),
        workspace_id=owner.workspace_id,
        detail=detail,
    )
    await audit.record(connection, change, now)


def _report_accepted(accepted: Accepted) -> None:
    metrics.EVENTS_WRITTEN.labels("lead.accepted").inc()
    log.info(
        "lead.accepted",
        lead_id=accepted.lead_id,
        workspace_id=accepted.workspace_id,
        agent_id=accepted.agent_id,
    )


def _report_returned(returned: Returned) -> None:
    metrics.EVENTS_WRITTEN.labels("lead.returned").inc()
    metrics.LEADS_RETURNED.labels(returned.reason).inc()
    log.warning(
        "lead.returned",
        lead_id=returned.lead_id,
        workspace_id=returned.workspace_id,
        destination_id=returned.destination_id,
        agent_id=returned.agent_id,
        reason=returned.reason,
    )
