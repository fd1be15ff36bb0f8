"""What became of leads in sales, as their owners say."""

from datetime import datetime
from uuid import UUID

from leadflow.core.outcomes import SalesOutcome
from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("outcomes")


async def record(
    connection: Connection, placement_id: UUID, outcome: SalesOutcome, now: datetime
) -> None:
    """Write an outcome down."""
    await connection.execute(SQL["record"], placement_id, outcome, now)
