"""How much there is of what, for people to watch."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("counts")
MINUTE = timedelta(minutes=1)
TIME_SHIFT = 80  # bits of a UUIDv7 behind its milliseconds (RFC 9562, 5.7)


class Counts(Struct, frozen=True, kw_only=True):
    """What came in since some moment, and what is still open, whatever its age."""

    leads: Mapping[str, int]  # by status
    deliveries: Mapping[str, int]  # by state
    waiting: int  # leads in the queue
    reviews: int  # leads that a person has to look at
    last_minute: int  # leads that came in then

    @property
    def received(self) -> int:
        """All leads that came in."""
        return sum(self.leads.values())


async def count(connection: Connection, since: datetime, now: datetime) -> Counts:
    """Count."""
    leads = await connection.fetch(SQL["by_status"], first_id(since))
    deliveries = await connection.fetch(SQL["by_delivery"], first_id(since))
    [outstanding] = await connection.fetch(SQL["outstanding"], first_id(now - MINUTE))
    return Counts(
        leads={row["status"]: row["leads"] for row in leads},
        deliveries={row["state"]: row["deliveries"] for row in deliveries},
        waiting=outstanding["waiting"],
        reviews=outstanding["reviews"],
        last_minute=outstanding["last_minute"],
    )


def first_id(at: datetime) -> UUID:
    """Give the id that is below all that are made from a moment on."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << TIME_SHIFT)
