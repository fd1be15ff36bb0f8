"""One row that the database refuses, among 200 that were posted together."""

import asyncio

import aiohttp
import pytest

from tests.scenarios.installation import PATIENCE_S, Blocker, installation, until
from tests.world import people

TOGETHER = 200
REFUSED = 117

pytestmark = pytest.mark.slow


async def test_one_row_that_is_refused_costs_the_other_199_nothing():
    async with installation(LEADFLOW_API_PROCESSES="1") as made:  # all are one process's
        # No check of ours knows of it, so that the refusal can only come from the database.
        await made.fetch(
            "ALTER TABLE leads ADD CONSTRAINT no_lemons CHECK (traffic_source <> 'lemon')"
        )
        bodies = people(TOGETHER)
        bodies[REFUSED]["traffic_source"] = "lemon"
        answers = await post_together(made, bodies)

        statuses = [status for status, _ in answers]
        assert statuses.pop(REFUSED) == 500
        assert statuses == [201] * (TOGETHER - 1)
        error = answers[REFUSED][1]["error"]
        assert error["code"] == "internal"
        assert error["message"] == "the database refused a row: no_lemons"
        ids = {answer["id"] for status, answer in answers if status == 201}
        stored = {row[0] for row in await made.fetch("SELECT id::text FROM leads")}
        assert stored == ids
        assert len(ids) == TOGETHER - 1
        placed = "SELECT lead_id::text FROM placements"
        assert {row[0] for row in await made.fetch(placed)} == ids
        assert await made.value("SELECT count(*) FROM identities") == 2 * len(ids)
        # The offender stood in a group, which was halved until it stood alone.
        sizes = [split["leads"] for split in made.events("group.split")]
        assert max(sizes) > TOGETHER / 2
        assert min(sizes) <= 3

        # Whoever was refused is unknown, and may come again.
        del bodies[REFUSED]["traffic_source"]
        await made.send("POST", "/api/v1/leads?workspace=brand", **bodies[REFUSED])


async def post_together(made, bodies):
    """Post all at once, while a lock keeps the first group from ending before the rest is there."""
    sent = asyncio.Semaphore(0)

    async def count(*_):
        sent.release()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(count)
    session = aiohttp.ClientSession(
        made.url,
        headers=made.session.headers,
        connector=aiohttp.TCPConnector(limit=len(bodies)),
        timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        trace_configs=[trace],
    )

    async def post(body):
        async with session.post("/api/v1/leads?workspace=brand", json=body) as response:
            return response.status, await response.json()

    async def somebody_waits():
        return await made.value("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0

    blocker = await Blocker.open(made, "LOCK TABLE identities IN ACCESS EXCLUSIVE MODE")
    async with session, asyncio.TaskGroup() as posts:
        tasks = [posts.create_task(post(body)) for body in bodies]
        await until(somebody_waits)
        for _ in bodies:
            await sent.acquire()
        await blocker.close()
    return [task.result() for task in tasks]
