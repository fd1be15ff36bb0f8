"""How deliveries to destinations go: who fails again and again is paused, and tried again later."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from leadflow.store import waking
from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("health")


class Turn(Struct, frozen=True, kw_only=True):
    """A destination that is paused from now on, or is no longer."""

    destination_id: UUID
    workspace_id: UUID
    failures: int  # in a row; 0: it takes deliveries again


async def note(
    connection: Connection,
    failed: Mapping[UUID, int],
    took: Collection[UUID],
    *,
    now: datetime,
    until: datetime,
) -> list[Turn]:
    """Write down how attempts went, in the transaction that closes them.

    Args:
        connection: commit it.
        failed: attempts that were not taken, by destination.
        took: destinations that have taken something.
        now: when the attempts ended.
        until: how long whoever is paused now gets nothing.

    Returns:
        Destinations that are paused now, or take leads again; those who wait for these are woken.
    """
    turns = await _resume(connection, took, now) if took else []
    failing = sorted(set(failed) - set(took))
    if not failing:
        return turns
    counts = [failed[destination_id] for destination_id in failing]
    await connection.execute(SQL["count_failures"], failing, counts)
    paused = await connection.fetch(SQL["pause"], failing, now, until)
    return turns + [
        Turn(destination_id=row["id"], workspace_id=row["workspace_id"], failures=row["failures"])
        for row in paused
    ]


async def resume(connection: Connection, destination_id: UUID) -> None:
    """Forget what failed: somebody says that it works."""
    await connection.execute(SQL["resume"], [destination_id])


async def _resume(connection: Connection, took: Collection[UUID], now: datetime) -> list[Turn]:
    """Forget what failed at those who have taken something. Nearly always there is nothing."""
    found = await connection.fetch(SQL["failed_before"], list(took))
    if unpaused := [row["destination_id"] for row in found if not row["paused"]]:
        await connection.execute(SQL["forgive"], unpaused)
    paused = [row["destination_id"] for row in found if row["paused"]]
    if not paused:
        return []
    rows = await connection.fetch(SQL["resume"], paused)
    for workspace_id in sorted({row["workspace_id"] for row in rows}):
        await waking.wake(connection, workspace_id, now)
    return [
        Turn(destination_id=row["id"], workspace_id=row["workspace_id"], failures=0) for row in rows
    ]
