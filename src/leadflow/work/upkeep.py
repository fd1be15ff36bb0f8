"""Put away what is too old."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from leadflow.store import claims
from leadflow.store.claims import Expired
from leadflow.store.database import Database
from leadflow.store.ids import new_id
from leadflow.store.writes import Writes
from leadflow.work.report import report_expired
from leadflow.work.tally import count_expired

BATCH = 500  # rows a transaction: short enough that nobody waits for it
PAUSE = timedelta(minutes=1)


class Upkeep:
    """Ends leads whose time is over, and forgets keys and people whose window is.

    Args:
        database: where they are.
        lifetime: how long a lead may go without an owner.
        clock: tells the time, in UTC.
    """

    def __init__(
        self, database: Database, lifetime: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._lifetime = lifetime
        self._clock = clock

    async def run_once(self) -> int:
        """Put away one batch; say how much there was in it."""
        now = self._clock()
        async with self._database.service() as connection:
            expired = await claims.expire(
                connection, now=now, older_than=now - self._lifetime, most=BATCH
            )
            writes = _endings(expired, now)
            await writes.flush(connection, self._clock)
            forgotten = await claims.forget(connection, now, BATCH)
        count_expired(writes, expired)
        report_expired(expired)
        return len(expired) + forgotten

    async def next_due(self) -> datetime:
        """Tell when to look again."""
        return self._clock() + PAUSE


def _endings(expired: Sequence[Expired], now: datetime) -> Writes:
    writes = Writes(now)
    for lead in expired:
        whose = (lead.lead_id, lead.workspace_id)
        writes.add("close_queue_rows", lead.lead_id)
        writes.add("close_reviews", lead.lead_id)
        writes.add("write_events", new_id(), "lead.expired", *whose, {})
    writes.given("close_reviews", now, "expired")
    return writes
