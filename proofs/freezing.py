"""Freeze a worker over leads that it has just claimed, and let it go on when they are another's."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from random import Random
from time import monotonic

import asyncpg

from proofs.ledger import Ledger
from proofs.processes import Kept
from proofs.switch import Switch

RECEIVED = 10  # leads that wait for a worker before one is frozen over them
POLL_S = 0.02
PATIENCE_S = 15.0

# A claim does not look at facts, and a decision does.
STAND_IN_THE_WAY = "LOCK TABLE lead_facts IN ACCESS EXCLUSIVE MODE"
BLOCKED = """
SELECT pid, query_start FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND query LIKE '-- name: claims.load%'
"""
IN_HAND = "SELECT DISTINCT routing_locked_by FROM leads WHERE routing_status = 'routing'"
STILL_IN_HAND = "SELECT EXISTS (SELECT FROM leads WHERE routing_locked_by = $1)"


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

    async def freeze(self, _: Random) -> str:
        """Catch whoever claims first, between their claim and their decision.

        Their transaction runs into its lock time-out while they stand still, so that they decide
        again as soon as they go on: for leads that others have decided meanwhile.
        """
        async with AsyncExitStack() as frozen:
            async with self._pool.acquire() as blocker, blocker.transaction():
                async with self._switch.off():
                    await self._ledger.reaches(self._ledger.leads + RECEIVED)
                    await blocker.execute(STAND_IN_THE_WAY)
                caught = await self._catch()
                if caught is None:
                    return "times nobody was caught to be frozen"
                worker, holder = caught
                await frozen.enter_async_context(worker.untouched)
                worker.freeze()
                frozen.callback(worker.thaw)
                waiting = await self._pool.fetch(BLOCKED)
                await _until(lambda: self._timed_out(waiting))
            await _until(lambda: self._lost(holder))
        return "workers frozen over their leads"

    async def _catch(self) -> tuple[Kept, str] | None:
        end = monotonic() + PATIENCE_S
        while monotonic() < end:
            if await self._pool.fetch(BLOCKED):
                holders = {row["routing_locked_by"] for row in await self._pool.fetch(IN_HAND)}
                for worker in self._workers:
                    for holder in holders:
                        if worker.ready.is_set() and f":{worker.pid}:" in holder:
                            return worker, holder
            await asyncio.sleep(POLL_S)
        return None

    async def _timed_out(self, waiting: Sequence[asyncpg.Record]) -> bool:
        now = {tuple(row) for row in await self._pool.fetch(BLOCKED)}
        return now.isdisjoint(tuple(row) for row in waiting)

    async def _lost(self, holder: str) -> bool:
        return not await self._pool.fetchval(STILL_IN_HAND, holder)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again, for a bounded time: what is looked for only makes a freeze better."""
    end = monotonic() + PATIENCE_S
    while not await holds() and monotonic() < end:  # noqa: ASYNC110  # the database tells nobody
        await asyncio.sleep(POLL_S)
