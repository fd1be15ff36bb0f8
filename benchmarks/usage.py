"""What a load uses up: processor time, by whom, memory, and the database's log."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import asyncpg
import psutil
from msgspec import Struct

from benchmarks.installation import Installation

MICROSECOND, MEGABYTE = 1e-6, 2**20


class Usage(Struct):
    """What was used up between two moments; filled in when the second has come."""

    server_s: float = 0  # processor time of the API's processes
    postgres_s: float = 0
    generator_s: float = 0  # of this process, which makes the load
    server_bytes: int = 0  # resident, of all of the API's processes, at the end
    wal_bytes: int = 0

    def per_lead(self, leads: int) -> dict[str, float]:
        """Name the figures of one lead: microseconds and bytes."""
        return {
            "server_us": self.server_s / MICROSECOND / leads,
            "postgres_us": self.postgres_s / MICROSECOND / leads,
            "generator_us": self.generator_s / MICROSECOND / leads,
            "server_mb": self.server_bytes / MEGABYTE,
            "wal_bytes": self.wal_bytes / leads,
        }


@asynccontextmanager
async def used(made: Installation) -> AsyncIterator[Usage]:
    """Measure what is used up while the block lasts."""
    connection = await asyncpg.connect(made.database)
    try:
        backend = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
        server, postmaster = psutil.Process(made.server_pid), psutil.Process(backend.ppid())
        before = await _now(connection, server, postmaster)
        usage = Usage()
        yield usage
        after = await _now(connection, server, postmaster)
        usage.server_s = after.server_s - before.server_s
        usage.postgres_s = after.postgres_s - before.postgres_s
        usage.generator_s = after.generator_s - before.generator_s
        usage.server_bytes = after.server_bytes
        usage.wal_bytes = after.wal_bytes - before.wal_bytes
    finally:
        await connection.close()


async def _now(
    connection: asyncpg.Connection, server: psutil.Process, postmaster: psutil.Process
) -> Usage:
    """Read the counters as they stand since each began."""
    written = await connection.fetchval(
        "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
    )
    serving = _family(server)
    return Usage(
        server_s=_seconds(serving),
        postgres_s=_seconds(_family(postmaster)),
        generator_s=_seconds([psutil.Process()]),
        server_bytes=sum(process.memory_info().rss for process in serving),
        wal_bytes=written,
    )


def _family(parent: psutil.Process) -> list[psutil.Process]:
    return [parent, *parent.children(recursive=True)]


def _seconds(processes: Iterable[psutil.Process]) -> float:
    """Add up processor time, with that of children who have ended."""
    seconds = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a server process that has ended meanwhile
            seconds += sum(process.cpu_times()[:4])
    return seconds
