"""Watch an installation by its own metrics."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families

from leadflow.bench.installation import LOOK_EVERY_S

SCRAPE_EVERY_S = 0.5  # a scrape takes the API 5 to 8 ms
LOCK_TIMEOUTS = "routing_lock_timeout_errors_total"
WORK = ("undecided", "retry", "delivery")  # what a load leaves behind, to be worked off


class Reading(Struct, frozen=True, kw_only=True):
    """What the metrics said at one time."""

    lock_timeouts: int  # since the start
    queues: Mapping[str, int]  # leads, by what they wait for
    pool_share: float  # of the busiest pool: connections in use of those allowed


NOTHING = Reading(lock_timeouts=0, queues={}, pool_share=0)
"""What is to be seen where no lead waits for anything."""


async def read(session: aiohttp.ClientSession) -> Reading:
    """Scrape the metrics once."""
    async with session.get("/metrics") as response:
        response.raise_for_status()
        samples = list(_samples(await response.text()))
    busy, limit = (
        {labels["pool"]: value for name, labels, value in samples if labels.get("state") == state}
        for state in ("busy", "limit")
    )
    queues = {labels["queue"]: value for name, labels, value in samples if name == "queue_length"}
    return Reading(
        lock_timeouts=int(sum(value for name, _, value in samples if name == LOCK_TIMEOUTS)),
        queues={queue: int(value) for queue, value in queues.items()},
        pool_share=max((busy.get(pool, 0) / most for pool, most in limit.items()), default=0),
    )


@asynccontextmanager
async def watching(session: aiohttp.ClientSession) -> AsyncIterator[list[Reading]]:
    """Scrape for as long as the block lasts, and once when it ends."""
    readings = [await read(session)]
    over = asyncio.Event()
    watch = asyncio.create_task(_watch(session, readings, over))
    try:
        yield readings
    finally:
        over.set()
        await watch
    readings.append(await read(session))


async def until_worked_off(
    session: aiohttp.ClientSession, before: Reading, patience: timedelta
) -> float | None:
    """Wait until no more waits than before; give how many seconds that took, None if too many."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience.total_seconds()):
            while not _as_before(await read(session), before):  # noqa: ASYNC110  # of other processes
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        return None
    return time.monotonic() - began


async def _watch(
    session: aiohttp.ClientSession, readings: list[Reading], over: asyncio.Event
) -> None:
    while not over.is_set():
        try:
            async with asyncio.timeout(SCRAPE_EVERY_S):
                await over.wait()
        except TimeoutError:
            readings.append(await read(session))


def _as_before(now: Reading, before: Reading) -> bool:
    return all(now.queues.get(name, 0) <= before.queues.get(name, 0) for name in WORK)


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
