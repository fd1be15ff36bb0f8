"""What operators switch while leads come in, and what they see of it."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from leadflow.core.controls import Controls, Flag, Pause
from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import each, one

SQL = load("controls")


class FlagEntry(Struct, frozen=True, kw_only=True):
    """A flag that somebody has touched."""

    name: Flag
    enabled: bool
    updated_at: datetime


class MadeDue(Struct, frozen=True, kw_only=True):
    """What became of the leads in the queue."""

    made_due: Annotated[int, Meta(description="leads that were to be tried later, and are now")]
    due_already: Annotated[int, Meta(description="leads that were to be tried now anyway")]


class LeadCounts(Struct, frozen=True, kw_only=True):
    """Leads that have no owner yet, each counted in one place."""

    received: Annotated[int, Meta(description="not decided yet")]
    due: Annotated[int, Meta(description="in the queue, to be tried now")]
    not_due: Annotated[int, Meta(description="in the queue, to be tried later")]
    next_due: Annotated[datetime | None, Meta(description="when the first of those is tried")]
    stopped: Annotated[
        int, Meta(description="of the received and the due: not routed now, by pause or flag")
    ]
    in_hand: Annotated[int, Meta(description="a worker is routing them")]
    stale: Annotated[int, Meta(description="of those in hand: the worker's lease has run out")]
    in_review: Annotated[int, Meta(description="a person has to find an owner")]


class WorkspaceCounts(LeadCounts, frozen=True, kw_only=True):
    """The same of the leads that came in through one workspace."""

    workspace: Annotated[str, Meta(description="its slug")]


async def flags(connection: Connection) -> dict[Flag, bool]:
    """Tell which flags are on, of those that somebody has touched."""
    return {entry.name: entry.enabled for entry in await flag_entries(connection)}


async def flag_entries(connection: Connection) -> list[FlagEntry]:
    """List the flags that somebody has touched."""
    return each(await connection.fetch(SQL["flags"]), FlagEntry)


async def put_flag(connection: Connection, name: Flag, now: datetime, *, enabled: bool) -> None:
    """Switch a flag on or off."""
    await connection.execute(SQL["put_flag"], name, enabled, now)


async def pause(connection: Connection) -> Pause | None:
    """Find the pause that is in force."""
    return one(await connection.fetchrow(SQL["pause"]), Pause)


async def put_pause(connection: Connection, new: Pause) -> None:
    """Pause, instead of the pause that is in force, if there is one."""
    await connection.execute(SQL["put_pause"], new.below, new.paused_at, new.paused_by)


async def drop_pause(connection: Connection) -> None:
    """End the pause, if there is one."""
    await connection.execute(SQL["drop_pause"])


async def in_force(connection: Connection) -> Controls:
    """Read which leads are routed automatically."""
    on = (await flags(connection)).get("enableAutoRouting", True)
    return Controls(enabled=on, pause=await pause(connection))


async def make_due(connection: Connection, now: datetime, lead_id: UUID | None) -> MadeDue:
    """Let leads in the queue be tried now: the one that is named, or all that are seen here."""
    [found] = each(await connection.fetch(SQL["make_due"], now, lead_id), MadeDue)
    return found


async def under_way(
    connection: Connection, now: datetime, lease: timedelta, least_urgency: int
) -> list[WorkspaceCounts]:
    """Count the leads without an owner, by workspace. One that has none is left out.

    Args:
        connection: as the service.
        now: the time.
        lease: how long a lead may be in hand until its lock is stale.
        least_urgency: from which leads are routed automatically.
    """
    rows = await connection.fetch(SQL["under_way"], now, now - lease, least_urgency)
    return each(rows, WorkspaceCounts)
