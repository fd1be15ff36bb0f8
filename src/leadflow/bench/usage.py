"""What a load uses up: processor time, by whom, memory, rows and the database's log."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
from msgspec import Struct

from leadflow.bench.target import Target

MICROSECOND, KILOBYTE = 1e-6, 1024
FORGET_PEAK = "5"  # what `/proc/PID/clear_refs` wants to hear, see proc(5)
COUNTED_WITHIN_S = 30  # a server process that idles hands over its counts after 10 s
LOOK_EVERY_S = 0.1

WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
INSERTED = """
SELECT sum(n_tup_ins)::bigint AS rows,
  sum(n_tup_ins) FILTER (WHERE relname = 'leads')::bigint AS counted,
  (SELECT count(*) FROM leads) AS leads
FROM pg_stat_user_tables
"""


class Used(Struct, frozen=True, kw_only=True):
    """What one lead of a load used up, on average."""

    server_us: float  # processor time of the server's processes, a worker's included
    postgres_us: float
    generator_us: float  # of this process and of those it has waited for, such as wrk
    wal_bytes: float
    server_peak_mb: float  # of all leads: the most its processes had resident, added up


class Usage(Struct):
    """What was used up between two moments; filled in when the second has come."""

    server_s: float = 0
    postgres_s: float = 0
    generator_s: float = 0
    wal_bytes: int = 0
    server_peak_kb: int = 0

    def per_lead(self, leads: int) -> Used:
        """Divide it among leads."""
        shared = max(leads, 1)
        return Used(
            server_us=self.server_s / MICROSECOND / shared,
            postgres_us=self.postgres_s / MICROSECOND / shared,
            generator_us=self.generator_s / MICROSECOND / shared,
            wal_bytes=self.wal_bytes / shared,
            server_peak_mb=self.server_peak_kb / KILOBYTE,
        )


class Rows(Struct):
    """How many rows were written for how many leads; filled in when the block has ended."""

    rows: int = 0
    leads: int = 0

    @property
    def per_lead(self) -> float:
        return self.rows / max(self.leads, 1)


@asynccontextmanager
async def used(target: Target) -> AsyncIterator[Usage]:
    """Measure what is used up while the block lasts."""
    connection = await asyncpg.connect(target.database)
    try:
        backend = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
        servers, postmaster = target.server_pids, psutil.Process(backend.ppid())
        _forget_peaks(servers)
        before = await _now(connection, servers, postmaster)
        usage = Usage()
        yield usage
        after = await _now(connection, servers, postmaster)
        usage.server_s = after.server_s - before.server_s
        usage.postgres_s = after.postgres_s - before.postgres_s
        usage.generator_s = after.generator_s - before.generator_s
        usage.wal_bytes = after.wal_bytes - before.wal_bytes
        usage.server_peak_kb = after.server_peak_kb
    finally:
        await connection.close()


@asynccontextmanager
async def rows_written(target: Target) -> AsyncIterator[Rows]:
    """Count the rows that are written while the block lasts, by PostgreSQL's own statistics."""
    connection = await asyncpg.connect(target.database)
    try:
        before = await _all_counted(connection)
        rows = Rows()
        yield rows
        after = await _all_counted(connection)
        rows.rows, rows.leads = after.rows - before.rows, after.leads - before.leads
    finally:
        await connection.close()


async def _all_counted(connection: asyncpg.Connection) -> Rows:
    """Read the counters once they know of every lead: server processes hand them over late."""
    async with asyncio.timeout(COUNTED_WITHIN_S):
        while True:
            [(rows, counted, leads)] = await connection.fetch(INSERTED)
            if counted >= leads:
                return Rows(rows, leads)
            await asyncio.sleep(LOOK_EVERY_S)


async def _now(
    connection: asyncpg.Connection, servers: Sequence[int], postmaster: psutil.Process
) -> Usage:
    """Read the counters as they stand since each began."""
    serving = _families(servers)
    return Usage(
        server_s=_seconds(serving),
        postgres_s=_seconds(_family(postmaster)),
        generator_s=_seconds([psutil.Process()]),
        wal_bytes=await connection.fetchval(WRITTEN),
        server_peak_kb=sum(_peak_kb(process.pid) for process in serving),
    )


def _families(parents: Iterable[int]) -> list[psutil.Process]:
    return [process for parent in parents for process in _family(psutil.Process(parent))]


def _family(parent: psutil.Process) -> list[psutil.Process]:
    return [parent, *parent.children(recursive=True)]


def _seconds(processes: Iterable[psutil.Process]) -> float:
    """Add up processor time, with that of children who have ended."""
    seconds = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # a server process that has ended meanwhile
            seconds += sum(process.cpu_times()[:4])
    return seconds


def _forget_peaks(servers: Iterable[int]) -> None:
    for process in _families(servers):
        with suppress(OSError):  # not every kernel can: then it is the most since the start
            Path(f"/proc/{process.pid}/clear_refs").write_text(FORGET_PEAK, encoding="ascii")


def _peak_kb(pid: int) -> int:
    """Read the most that a process has had resident since `_forget_peaks`, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0
