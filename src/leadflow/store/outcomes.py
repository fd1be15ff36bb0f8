"""What became of leads in sales, as their owners say."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from leadflow.core.outcomes import SalesOutcome
from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import one

SQL = load("outcomes")


class HeldPlacement(Struct, frozen=True, kw_only=True):
    """The placement in force of a lead, locked."""

    placement_id: UUID
    workspace_id: UUID  # who has the lead
    source_workspace_id: UUID
    outcome: SalesOutcome | None
    outcome_at: datetime | None
    vertical: str
    agent_id: UUID | None


async def hold(connection: Connection, lead_id: UUID) -> HeldPlacement | None:
    """Lock the placement in force. None: nobody has the lead."""
    return one(await connection.fetchrow(SQL["hold"], lead_id), HeldPlacement)


async def record(
    connection: Connection, placement_id: UUID, outcome: SalesOutcome, now: datetime
) -> None:
    """Write an outcome down."""
    await connection.execute(SQL["record"], placement_id, outcome, now)


async def free_agent(connection: Connection, agent_id: UUID) -> None:
    """Take one off an agent's open leads."""
    await connection.execute(SQL["free_agent"], agent_id)
