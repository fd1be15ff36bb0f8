"""A load: posts in a closed loop or at a pace of their own, and files sent in one request."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import aiohttp
import msgspec
from msgspec import Struct

CONNECTIONS = 512  # at most, of a paced load


class Outcome(Struct, frozen=True):
    """What a load measured."""

    leads_per_second: float
    statuses: dict[int, int]
    latencies_ms: list[float]  # of each request, sorted

    def percentile(self, share: float) -> float:
        """Give the latency that `share` (0 to 1) of the requests stayed below, in ms."""
        return self.latencies_ms[
            min(int(share * len(self.latencies_ms)), len(self.latencies_ms) - 1)
        ]


async def post_each(url: str, key: str, bodies: Iterator[object], connections: int) -> Outcome:
    """Post leads one by one over so many connections, each sending its next on an answer."""
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    todo = [msgspec.json.encode(body) for body in bodies]  # before the clock starts
    count, pending = len(todo), iter(todo)
    async with _session(key, connections) as session:

        async def send() -> None:
            for body in pending:
                started = time.perf_counter()
                async with session.post(url, data=body) as response:
                    await response.read()
                latencies.append((time.perf_counter() - started) * 1000)
                statuses[response.status] += 1

        started = time.perf_counter()
        async with asyncio.TaskGroup() as senders:
            for _ in range(connections):
                senders.create_task(send())
        took = time.perf_counter() - started
    return Outcome(count / took, dict(statuses), sorted(latencies))


async def post_paced(url: str, key: str, bodies: Iterator[object], per_second: float) -> Outcome:
    """Post leads one by one, each at its own time, whether or not those before it are answered.

    A latency counts from when the lead was to be sent: what waits for a connection, or for this
    generator, has waited. Nobody who is slow is asked less often for it.
    """
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    todo = [msgspec.json.encode(body) for body in bodies]
    async with _session(key, CONNECTIONS) as session:

        async def send(body: bytes, due: float) -> None:
            async with session.post(url, data=body) as response:
                await response.read()
            latencies.append((time.perf_counter() - due) * 1000)
            statuses[response.status] += 1

        started = time.perf_counter()
        async with asyncio.TaskGroup() as senders:
            for number, body in enumerate(todo):
                due = started + number / per_second
                await asyncio.sleep(due - time.perf_counter())
                senders.create_task(send(body, due))
        took = time.perf_counter() - started
    return Outcome(len(todo) / took, dict(statuses), sorted(latencies))


async def post_files(
    url: str, key: str, bodies: Sequence[object], rows: int
) -> tuple[Outcome, Counter[str]]:
    """Post leads as NDJSON, `rows` a request, one request after the other.

    Also gives how often each status was among the rows' results.
    """
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    results: Counter[str] = Counter()
    files = [
        b"\n".join(map(msgspec.json.encode, bodies[start : start + rows]))
        for start in range(0, len(bodies), rows)
    ]
    async with _session(key, 1) as session:
        begun = time.perf_counter()
        for file in files:
            started = time.perf_counter()
            headers = {"Content-Type": "application/x-ndjson"}
            async with session.post(url, data=file, headers=headers) as response:
                answer = await response.read()
            latencies.append((time.perf_counter() - started) * 1000)
            statuses[response.status] += 1
            results.update(_row_statuses(answer))
        took = time.perf_counter() - begun
    return Outcome(len(bodies) / took, dict(statuses), sorted(latencies)), results


def _row_statuses(answer: bytes) -> Iterator[str]:
    for line in answer.splitlines():
        result = msgspec.json.decode(line)
        if "row" in result:
            yield result["status"]


def median(outcomes: Sequence[Outcome]) -> Outcome:
    """Pick the run whose throughput is in the middle."""
    middle = statistics.median_low([outcome.leads_per_second for outcome in outcomes])
    return next(outcome for outcome in outcomes if outcome.leads_per_second == middle)


def _session(key: str, connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        connector=aiohttp.TCPConnector(limit=connections),
    )
