"""What all pages of a process share."""

from datetime import timedelta
from time import monotonic

from leadflow.app import App, utc_now
from leadflow.store import counts
from leadflow.store.counts import Counts

WINDOW = timedelta(hours=24)
FRESH_S = 1.0  # pages ask every two seconds; however many are open, one of them counts


class Desk:
    """Holds what the doors work with, and the latest counts."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._counts: Counts | None = None
        self._counted_at = 0.0

    async def counts(self) -> Counts:
        """Count the leads of the last day, now or a moment ago.

        Raises:
            TemporaryError: the database is away.
        """
        if self._counts is None or monotonic() - self._counted_at > FRESH_S:
            now = utc_now()
            async with self.app.database.service() as connection:
                self._counts = await counts.count(connection, now - WINDOW, now)
            self._counted_at = monotonic()
        return self._counts
