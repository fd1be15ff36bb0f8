"""Switch automatic routing while leads come in, and see how it stands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from leadflow.core.controls import FLAGS, Flag, Pause, Threshold
from leadflow.core.lead import JSON
from leadflow.errors import ConflictError, NotFoundError
from leadflow.store import audit, controls, manual, waking
from leadflow.store.controls import LeadCounts, MadeDue, WorkspaceCounts
from leadflow.store.database import Connection, Database
from leadflow.telemetry.logs import log
from leadflow.work.group import patiently


class Switch(Struct, frozen=True, kw_only=True):
    """A flag, as it is."""

    name: Flag
    enabled: bool
    changed_at: Annotated[
        datetime | None, Meta(description="null: nobody has touched it, and it is on")
    ]
    meaning: str


class Asked(Struct, frozen=True, kw_only=True):
    """Who wants leads of the queue to be tried now, and which."""

    actor: str
    workspace_id: UUID | None  # whose leads; None: everybody's
    lead_id: UUID | None = None  # None: all of them


class RoutingState(Struct, frozen=True, kw_only=True):
    """How automatic routing stands, and what is under way."""

    enabled: Annotated[bool, Meta(description="the flag enableAutoRouting")]
    pause: Annotated[Pause | None, Meta(description="null: leads of every priority are routed")]
    leads: LeadCounts
    workspaces: Annotated[
        tuple[WorkspaceCounts, ...] | None,
        Meta(description="by slug, those that have some; null: not asked for"),
    ]


async def pause(database: Database, below: Threshold, *, by: str, now: datetime) -> Pause:
    """Stop the automatic routing of leads below a priority, until `resume`.

    What is in hand is finished. Who is paused keeps all tries and its age, expires when its time is
    over, and may be routed by hand. To say the same again changes nothing.

    Raises:
        TemporaryError: the database is away.
    """
    return await patiently(partial(_pause, database, below, by, now))


async def resume(database: Database, *, by: str, now: datetime) -> Pause | None:
    """End the pause, have workers take up at once what waits, and tell what it was.

    None: there was none. Raises as `pause` does.
    """
    return await patiently(partial(_resume, database, by, now))


async def switch(database: Database, name: Flag, *, on: bool, by: str, now: datetime) -> Switch:
    """Turn a flag on or off. Raises as `pause` does."""
    return await patiently(partial(_switch, database, name, by, now, on=on))


async def switches(database: Database) -> list[Switch]:
    """List all flags. Raises as `pause` does."""
    async with database.service() as connection:
        return await _switches(connection)


async def retry(database: Database, asked: Asked, now: datetime) -> MadeDue:
    """Have leads of the queue tried now: the most urgent first, then the oldest.

    That uses no try; the try that follows counts as any other does.

    Raises:
        NotFoundError: `Lead not found`.
        ConflictError: the lead that is named is not in the queue.
        TemporaryError: the database is away.
    """
    found = await patiently(partial(_retry, database, asked, now))
    log.info(
        "routing.retry_requested",
        leads=found.made_due,
        workspace_id=asked.workspace_id,
        lead_id=asked.lead_id,
    )
    return found


async def state(database: Database, now: datetime, lease: timedelta) -> RoutingState:
    """Tell which leads are routed automatically, and count those without an owner.

    Args:
        database: where they are.
        now: the time.
        lease: how long a lead may be in hand until its lock is stale.
    """
    async with database.service() as connection:
        present = await controls.in_force(connection)
        parts = await controls.under_way(connection, now, lease, present.least_urgency)
    return RoutingState(
        enabled=present.enabled, pause=present.pause, leads=_total(parts), workspaces=tuple(parts)
    )


async def _pause(database: Database, below: Threshold, by: str, now: datetime) -> Pause:
    async with database.service() as connection:
        present = await controls.pause(connection)
        if present is not None and present.below == below:
            return present
        new = Pause(below=below, paused_at=now, paused_by=by)
        await controls.put_pause(connection, new)
        await _audit(connection, "routing.paused", by, now, below=below)
        await waking.call(connection)  # the pause before may have kept more leads back
    log.warning("routing.paused", priority=below)
    return new


async def _resume(database: Database, by: str, now: datetime) -> Pause | None:
    async with database.service() as connection:
        present = await controls.pause(connection)
        if present is None:
            return None
        await controls.drop_pause(connection)
        await _audit(connection, "routing.resumed", by, now, below=present.below)
        await waking.call(connection)
    log.info("routing.resumed", priority=present.below)
    return present


async def _switch(database: Database, name: Flag, by: str, now: datetime, *, on: bool) -> Switch:
    async with database.service() as connection:
        present = next(each for each in await _switches(connection) if each.name == name)
        if present.enabled == on:
            return present
        await controls.put_flag(connection, name, now, enabled=on)
        await _audit(connection, "flag.changed", by, now, target=name, enabled=on)
        await waking.call(connection)
    log.warning("flag.changed", flag=name, enabled=on)
    return Switch(name=name, enabled=on, changed_at=now, meaning=FLAGS[name])


async def _switches(connection: Connection) -> list[Switch]:
    touched = {entry.name: entry for entry in await controls.flag_entries(connection)}
    return [
        Switch(
            name=name,
            enabled=touched[name].enabled if name in touched else True,
            changed_at=touched[name].updated_at if name in touched else None,
            meaning=meaning,
        )
        for name, meaning in FLAGS.items()
    ]


async def _retry(database: Database, asked: Asked, now: datetime) -> MadeDue:
    async with database.tenant(asked.workspace_id) as connection:
        if asked.lead_id is not None and not await manual.is_visible(connection, asked.lead_id):
            raise NotFoundError("Lead not found")
        found = await controls.make_due(connection, now, asked.lead_id)
        if asked.lead_id is not None and found == MadeDue(made_due=0, due_already=0):
            raise ConflictError("the lead is not in the queue: it waits for no other try")
        change = audit.Change(
            actor=asked.actor,
            action="routing.retried",
            target=str(asked.lead_id or asked.workspace_id or "routing"),
            workspace_id=asked.workspace_id,
            detail={"leads": found.made_due},
        )
        await audit.record(connection, change, now)
        await waking.call(connection)
    return found


async def _audit(
    connection: Connection,
    action: str,
    by: str,
    now: datetime,
    *,
    target: str = "routing",
    **detail: JSON,
) -> None:
    """Write down a change that concerns every workspace."""
    change = audit.Change(actor=by, action=action, target=target, workspace_id=None, detail=detail)
    await audit.record(connection, change, now)


def _total(parts: Sequence[LeadCounts]) -> LeadCounts:
    return LeadCounts(
        received=sum(each.received for each in parts),
        due=sum(each.due for each in parts),
        not_due=sum(each.not_due for each in parts),
        next_due=min((each.next_due for each in parts if each.next_due), default=None),
        stopped=sum(each.stopped for each in parts),
        in_hand=sum(each.in_hand for each in parts),
        stale=sum(each.stale for each in parts),
        in_review=sum(each.in_review for each in parts),
    )
