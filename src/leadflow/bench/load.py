"""Loads of our own generator: in a closed loop, at a pace of their own, and in files."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import aiohttp
import msgspec
from msgspec import Struct

from leadflow.bench.connections import PATIENCE, Connections

CONNECTIONS = 512  # at most, of a paced load
TAKEN = 201


class Outcome(Struct, frozen=True, kw_only=True):
    """What a load saw. Latencies are of requests, those that failed included."""

    leads: int  # that were taken
    errors: int  # that were answered otherwise, or not at all
    leads_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    p999_ms: float


class _Tally:
    """Counts what requests came to."""

    def __init__(self) -> None:
        self.leads = 0
        self.errors = 0
        self.latencies_ms: list[float] = []

    async def post(self, connections: Connections, body: bytes, since: float) -> None:
        """Post one lead; its latency counts from `since`."""
        try:
            taken = await connections.post(body) == TAKEN
        except (OSError, EOFError, TimeoutError):
            taken = False
        self.latencies_ms.append((time.perf_counter() - since) * 1000)
        self.leads += taken
        self.errors += not taken

    def outcome(self, seconds: float) -> Outcome:
        """Sum up."""
        latencies = sorted(self.latencies_ms)
        return Outcome(
            leads=self.leads,
            errors=self.errors,
            leads_per_second=self.leads / seconds,
            p50_ms=percentile(latencies, 0.5),
            p95_ms=percentile(latencies, 0.95),
            p99_ms=percentile(latencies, 0.99),
            p999_ms=percentile(latencies, 0.999),
        )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Give the value that `share` (0 to 1) of them stay below."""
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


async def post_each(url: str, key: str, bodies: Sequence[bytes], connections: int) -> Outcome:
    """Post leads one by one over so many connections, each sending its next on an answer."""
    tally, pending = _Tally(), iter(bodies)
    async with Connections(url, key, connections) as open_to:

        async def send() -> None:
            for body in pending:
                await tally.post(open_to, body, time.perf_counter())

        started = time.perf_counter()
        async with asyncio.TaskGroup() as senders:
            for _ in range(connections):
                senders.create_task(send())
        return tally.outcome(time.perf_counter() - started)


async def post_paced(url: str, key: str, bodies: Sequence[bytes], per_second: float) -> Outcome:
    """Post leads one by one, each at its own time, whether or not those before it are answered.

    A latency counts from when the lead was to be sent: what waits for a connection, or for this
    generator, has waited. Nobody who is slow is asked less often for it.
    """
    tally = _Tally()
    async with Connections(url, key, CONNECTIONS) as open_to:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as senders:
            for number, body in enumerate(bodies):
                due = started + number / per_second
                await asyncio.sleep(due - time.perf_counter())
                senders.create_task(tally.post(open_to, body, due))
        return tally.outcome(time.perf_counter() - started)


async def post_files(url: str, key: str, bodies: Sequence[bytes], rows: int) -> Outcome:
    """Post leads as NDJSON, `rows` a request, one request after the other.

    Latencies are of whole requests.
    """
    tally = _Tally()
    async with _session(key) as session:
        begun = time.perf_counter()
        for start in range(0, len(bodies), rows):
            file = bodies[start : start + rows]
            started = time.perf_counter()
            async with session.post(url, data=b"\n".join(file)) as response:
                accepted = list(_row_statuses(await response.read())).count("accepted")
            tally.latencies_ms.append((time.perf_counter() - started) * 1000)
            tally.leads += accepted
            tally.errors += len(file) - accepted
        return tally.outcome(time.perf_counter() - begun)


def _row_statuses(answer: bytes) -> Iterator[str]:
    for line in answer.splitlines():
        result = msgspec.json.decode(line)
        if "row" in result:
            yield result["status"]


def _session(key: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"},
        timeout=aiohttp.ClientTimeout(total=PATIENCE),
    )
