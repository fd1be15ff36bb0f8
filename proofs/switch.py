"""The switch for routing: off, leads are only received, and wait for a worker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

SET = """
INSERT INTO flags VALUES ('enableAutoRouting', $1, now())
ON CONFLICT (name) DO UPDATE SET enabled = excluded.enabled, updated_at = now()
"""
CALL = "SELECT pg_notify('leadflow_work', '')"


class Switch:
    """Turned as an operator does it: with SQL.

    Args:
        pool: the harness's own connections.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def off(self) -> AsyncIterator[None]:
        """Have routing off for as long as the block lasts, and call the workers afterwards."""
        await self._pool.execute(SET, False)  # noqa: FBT003  # a value for the database
        try:
            yield
        finally:
            await self._pool.execute(SET, True)  # noqa: FBT003  # same
            await self._pool.execute(CALL)
