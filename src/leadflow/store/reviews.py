"""Reviews: leads that a person has to look at."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import each, one

SQL = load("reviews")


class Review(Struct, frozen=True, kw_only=True):
    """Why a lead waits for a person, and what the person made of it."""

    id: UUID
    lead_id: UUID
    workspace_id: UUID  # the lead's source
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    resolution: str | None


async def by_id(connection: Connection, review_id: UUID) -> Review | None:
    """Find a review by its id."""
    return one(await connection.fetchrow(SQL["by_id"], review_id), Review)


async def page(
    connection: Connection,
    workspace_id: UUID | None,
    before: UUID | None,
    limit: int,
    *,
    still_open: bool | None = None,
) -> list[Review]:
    """List reviews opened before the one named `before`, newest first."""
    rows = await connection.fetch(SQL["page"], workspace_id, before, still_open, limit)
    return each(rows, Review)


async def close(
    connection: Connection, review_id: UUID, resolution: str, now: datetime
) -> Review | None:
    """Close a review. None: it is closed already, or there is none."""
    return one(await connection.fetchrow(SQL["close"], review_id, now, resolution), Review)
