"""What waits, and for how long: figures that only the database knows."""

from datetime import datetime, timedelta

from leadflow.store import controls
from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.telemetry.exposition import Backlog, DatabaseFacts

SQL = load("backlogs")


async def facts(connection: Connection, now: datetime, lease: timedelta) -> DatabaseFacts:
    """Count what a scrape of the metrics asks for.

    Args:
        connection: as the service: all tenants' leads are counted.
        now: the time.
        lease: how long a lead may be routed until its lock is stale.
    """
    due = await connection.fetch(SQL["due_retries"], now)
    queues = await connection.fetch(SQL["queues"])
    return DatabaseFacts(
        due_retries={str(row["workspace_id"]): row["due"] for row in due},
        stale_locks=await connection.fetchval(SQL["stale_locks"], now - lease),
        stopped=(await controls.in_force(connection)).stopped,
        queues={row["queue"]: Backlog(row["length"], _age(row["oldest"], now)) for row in queues},
    )


def _age(oldest: datetime | None, now: datetime) -> timedelta:
    return timedelta(0) if oldest is None else max(timedelta(0), now - oldest)
