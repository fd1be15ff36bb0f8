"""Freeze a worker over what it has in hand, and let it go on when that is another's."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from time import monotonic

import asyncpg

from proofs.ledger import Ledger
from proofs.processes import Kept
from proofs.switch import Switch

RECEIVED = 10  # leads that wait for a worker before one is frozen over them
POLL_S = 0.02
PATIENCE_S = 15.0

# A claim does not look at persons, and a decision does. Of those who decide, workers hold leads.
STAND_IN_THE_WAY = "LOCK TABLE placement_keys IN ACCESS EXCLUSIVE MODE"
BLOCKED = """
SELECT a.pid, a.query_start
FROM pg_stat_activity a
JOIN pg_locks l ON l.pid = a.pid AND l.relation = 'leads'::regclass AND l.mode = 'RowShareLock'
WHERE a.wait_event_type = 'Lock' AND a.query LIKE '-- name: walk.held%'
"""
IN_HAND = "SELECT DISTINCT routing_locked_by FROM leads WHERE routing_status = 'routing'"
STILL_IN_HAND = "SELECT EXISTS (SELECT FROM leads WHERE routing_locked_by = $1)"
# What has been under way for a while goes to a slow receiver, and still will when they stand still.
SENDING = """
SELECT DISTINCT d.locked_by
FROM deliveries d
JOIN delivery_attempts a ON a.delivery_id = d.id AND a.number = d.attempts
WHERE d.state = 'sending' AND a.started_at < now() - interval '80 ms'
"""
SENT_BY = "SELECT id FROM deliveries WHERE state = 'sending' AND locked_by = $1"
STILL_OPEN = """
SELECT EXISTS (SELECT FROM deliveries WHERE id = ANY ($1) AND next_attempt_at IS NOT NULL)
"""


class Freezer:
    """Makes workers that believe a lead is theirs when it is not any more.

    Args:
        workers: the worker processes.
        pool: the harness's own connections.
        ledger: says when there are leads to freeze somebody over.
        switch: gives the workers leads to claim.
    """

    def __init__(
        self, workers: Sequence[Kept], pool: asyncpg.Pool, ledger: Ledger, switch: Switch
    ) -> None:
        self._workers = workers
        self._pool = pool
        self._ledger = ledger
        self._switch = switch

    async def over_deliveries(self) -> str:
        """Catch whoever is sending, until others have written it off, sent it again and closed it.

        The answers of receivers wait for them meanwhile, and are read when it is too late.
        """
        caught = await self._catch(SENDING)
        if caught is None:
            return "times nobody was caught sending"
        worker, holder = caught
        async with worker.untouched:
            worker.freeze()
            try:
                sent = [row["id"] for row in await self._pool.fetch(SENT_BY, holder)]
                await _until(lambda: self._none(STILL_OPEN, sent))
            finally:
                worker.thaw()
        return "workers frozen over their deliveries"

    async def over_leads(self) -> str:
        """Catch whoever claims first, between their claim and their decision.

        Their transaction runs into its lock time-out while they stand still, so that they decide
        again as soon as they go on: for leads that others have decided meanwhile.
        """
        async with AsyncExitStack() as frozen:
            async with self._pool.acquire() as blocker, blocker.transaction():
                async with self._switch.off():
                    await self._ledger.reaches(self._ledger.leads + RECEIVED)
                    await blocker.execute(STAND_IN_THE_WAY)
                caught = await self._catch(IN_HAND, blocked=True)
                if caught is None:
                    return "times nobody was caught to be frozen"
                worker, holder = caught
                await frozen.enter_async_context(worker.untouched)
                worker.freeze()
                frozen.callback(worker.thaw)
                waiting = await self._pool.fetch(BLOCKED)
                await _until(lambda: self._timed_out(waiting))
            await _until(lambda: self._none(STILL_IN_HAND, holder))
        return "workers frozen over their leads"

    async def _catch(self, holders: str, *, blocked: bool = False) -> tuple[Kept, str] | None:
        """Find a worker that holds something, or that is blocked with it, and under which name."""
        end = monotonic() + PATIENCE_S
        while monotonic() < end:
            if not blocked or await self._pool.fetch(BLOCKED):
                for [holder] in await self._pool.fetch(holders):
                    for worker in self._workers:
                        if worker.ready.is_set() and f":{worker.pid}:" in holder:
                            return worker, holder
            await asyncio.sleep(POLL_S)
        return None

    async def _timed_out(self, waiting: Sequence[asyncpg.Record]) -> bool:
        now = {tuple(row) for row in await self._pool.fetch(BLOCKED)}
        return now.isdisjoint(tuple(row) for row in waiting)

    async def _none(self, still: str, given: object) -> bool:
        return not await self._pool.fetchval(still, given)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again, for a bounded time: what is looked for only makes a freeze better."""
    end = monotonic() + PATIENCE_S
    while not await holds() and monotonic() < end:  # noqa: ASYNC110  # the database tells nobody
        await asyncio.sleep(POLL_S)
