"""Count what was refused: of it nothing else is kept."""

from collections import Counter
from collections.abc import Sequence

from leadflow.core.lead import Submission
from leadflow.errors import OutsideError
from leadflow.store import refusals
from leadflow.store.database import Database
from leadflow.store.refusals import Day
from leadflow.work.group import GroupCommit


class Refusals:
    """Counts refused submissions by workspace and day; those that come together share a write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._group = GroupCommit[Day, None](self._commit, lambda _: None)

    def start(self) -> None:
        """Begin to count."""
        self._group.start()

    async def close(self) -> None:
        """Return when all is written."""
        await self._group.close()

    async def count(self, submission: Submission) -> None:
        """Count one. If that cannot be written, its sender still gets the answer."""
        try:
            await self._group.submit(
                (submission.source.workspace_id, submission.received_at.date())
            )
        except OutsideError:
            return

    async def _commit(self, days: Sequence[Day]) -> Sequence[None]:
        async with self._database.service() as connection:
            await refusals.count(connection, Counter(days))
        return [None] * len(days)
