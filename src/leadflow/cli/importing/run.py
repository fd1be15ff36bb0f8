"""Take a file in: many rows on their way at once, and never more than fit into memory."""

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from hashlib import blake2b

import msgspec

from leadflow.app import App, utc_now
from leadflow.cli.importing.shaping import Plan, Shape
from leadflow.cli.importing.tally import Tally
from leadflow.core.lead import Source, Submission
from leadflow.core.outcome import Outcome, Refused
from leadflow.errors import InputError, PermanentError, Problem, TemporaryError
from leadflow.sources import Row
from leadflow.store.ids import new_id

IN_FLIGHT = 2000  # rows: ten groups, so that the next is always ready while one commits
PATIENCE = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 15, 30))
"""Waits while the database is away: a minute in all, and a server restarts in seconds."""

FINGERPRINT_BYTES = 16


class Importer:
    """Submits rows, and counts what becomes of them.

    Each row's key is the file's digest and the row's number: a row that was taken before, by an
    import that did not come to its end, makes no second lead.

    Args:
        app: where the leads go.
        source: where they come from.
        plan: what rows are made into.
        shape: makes it.
        digest: of the file.
        tally: counts.
    """

    def __init__(
        self, app: App, source: Source, plan: Plan, shape: Shape, digest: str, tally: Tally
    ) -> None:
        self._app = app
        self._source = source
        self._shape = shape
        self._digest = digest
        self._tally = tally
        # Under another plan the same row is another submission.
        self._seasoning = b"" if plan == Plan() else msgspec.json.encode(plan, order="sorted")

    async def take(self, rows: Iterable[Row]) -> None:
        """Take all rows in, and return when each is accounted for.

        Raises:
            InputError: the file as a whole cannot be read; rows before that are accounted for.
            TemporaryError: the database stayed away for longer than we have patience.
        """
        waiting: deque[tuple[Row, asyncio.Task[Outcome]]] = deque()
        try:
            try:
                for row in rows:
                    waiting.append((row, asyncio.create_task(self._take(row))))
                    if len(waiting) >= IN_FLIGHT:
                        await self._count(waiting)
            finally:
                while waiting:
                    await self._count(waiting)
        finally:
            for _, task in waiting:
                task.cancel()
            await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)

    async def _count(self, waiting: "deque[tuple[Row, asyncio.Task[Outcome]]]") -> None:
        row, task = waiting[0]
        await asyncio.wait([task])  # should we be cancelled here, the row is counted on the way out
        waiting.popleft()
        self._tally.count(row, task.result())

    async def _take(self, row: Row) -> Outcome:
        if row.body is None:
            return Refused(row.problems)
        try:
            return await self._submit(self._submission(row))
        except InputError as error:
            return Refused(error.problems)
        except PermanentError as error:
            return Refused((Problem("", error.message, "a row that the database can keep"),))

    def _submission(self, row: Row) -> Submission:
        fingerprint = blake2b(row.raw, digest_size=FINGERPRINT_BYTES)
        fingerprint.update(self._seasoning)
        return Submission(
            lead_id=new_id(),
            source=self._source,
            body=self._shape.apply(row.body or {}),
            received_at=utc_now(),
            fingerprint=fingerprint.digest(),
            row_key=f"{self._digest}:{row.number}",
        )

    async def _submit(self, submission: Submission) -> Outcome:
        for pause in PATIENCE:
            try:
                return await self._app.intake.submit(submission, bulk=True)
            except TemporaryError:
                # If it was committed all the same, its key says so at the next try.
                await asyncio.sleep(pause.total_seconds())
        return await self._app.intake.submit(submission, bulk=True)
