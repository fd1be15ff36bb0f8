"""Waiting leads, woken when what they wait for may have changed."""

from datetime import datetime
from uuid import UUID

from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("waking")


async def wake(connection: Connection, workspace_id: UUID, now: datetime) -> int:
    """Let the waiting leads that a workspace's change may concern be tried again at once.

    They are its own, and those of every workspace whose rules lead to it. Call it in the
    transaction of the change. Returns how many there are.
    """
    woken: int = await connection.fetchval(SQL["wake"], workspace_id, now)
    return woken


async def call(connection: Connection) -> None:
    """Call the workers once the transaction is committed: there is work now."""
    await connection.execute(SQL["call"])
