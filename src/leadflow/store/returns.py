"""Leads that are to come back from their owners."""

from datetime import datetime
from uuid import UUID

from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("returns")


async def take_overdue(connection: Connection, now: datetime) -> UUID | None:
    """Lock the lead that should have come back first. None: there is none, or others have them."""
    lead_id: UUID | None = await connection.fetchval(SQL["take_overdue"], now)
    return lead_id


async def next_due(connection: Connection) -> datetime | None:
    """Tell when a lead will come back next, as far as that is known now."""
    due: datetime | None = await connection.fetchval(SQL["next_due"])
    return due
