"""PostgreSQL goes away under load, and comes back: nobody restarts anything of ours."""

import asyncio

import pytest

from tests.scenarios.installation import installation, kill, until
from tests.world import person

POSTERS = 8
ENOUGH = 40  # answers before, and after, the outage

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def running():
    async with installation() as made:
        made.worker = await made.start("worker")
        await until(made.works)
        yield made


class Load:
    """Leads posted steadily. Each is sent until it is taken, under one key, as senders should."""

    def __init__(self, made, first):
        self._made = made
        self._next = first
        self._stop = asyncio.Event()
        self.taken = []  # the ids answered with 201, one a lead
        self.statuses = []  # as these answers gave them
        self.refused = []  # (status, Retry-After) of every other answer
        self.progress = asyncio.Condition()

    async def run(self):
        async with asyncio.TaskGroup() as posters:
            for _ in range(POSTERS):
                posters.create_task(self._post())

    def stop(self):
        """Send what has been begun to its end, and nothing more."""
        self._stop.set()

    async def reaches(self, holds):
        async with asyncio.timeout(60), self.progress:
            await self.progress.wait_for(holds)

    async def _post(self):
        while not self._stop.is_set():
            number, self._next = self._next, self._next + 1
            while not await self._sent(number):
                await self._pause()

    async def _pause(self):
        """Wait, for less than we are asked to, so as to meet more of the outage."""
        await asyncio.sleep(0.2)

    async def _sent(self, number):
        async with self._made.session.post(
            "/api/v1/leads?workspace=brand",
            json=person(number),
            headers={"Idempotency-Key": f"lead-{number}"},
        ) as response:
            answer = await response.json()
            async with self.progress:
                if response.status == 201:
                    self.taken.append(answer["id"])
                    self.statuses.append(answer["status"])
                else:
                    self.refused.append((response.status, response.headers.get("Retry-After")))
                self.progress.notify_all()
            return response.status == 201


async def health(made, path):
    async with made.session.get(path) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_leads_go_on_when_the_database_is_back(running, how):
    made = running
    load = Load(made, first=1000 if how == "stopped" else 500_000)
    await switch_routing(made, on=False)
    posting = asyncio.create_task(load.run())
    await load.reaches(lambda: len(load.taken) >= ENOUGH)
    before = made.events("process.started")

    kill(made.server) if how == "killed" else made.server.stop(mode="immediate")
    await load.reaches(lambda: len(load.refused) >= POSTERS)
    ready, said = await health(made, "/health/ready")
    whole, _ = await health(made, "/health")
    live, _ = await health(made, "/health/live")
    assert (ready, whole, live) == (503, 500, 200)
    assert [part["field"] for part in said["error"]["details"]] == ["database"]
    waiting = len(load.taken)
    await asyncio.to_thread(made.server.start)

    await load.reaches(lambda: len(load.taken) >= waiting + ENOUGH)
    await switch_routing(made, on=True)
    await load.reaches(lambda: load.statuses.count("routed") >= ENOUGH)
    load.stop()
    await posting
    await until(made.is_ready)
    assert {status for status, _ in load.refused} == {503}
    assert all(int(wait) >= 1 for _, wait in load.refused)
    assert set(load.statuses) == {"received", "routed"}

    # What waited is routed, and everything is delivered, by the processes that were there before.
    await made.receiver.has(load.taken)
    assert await made.value("SELECT count(*) FROM leads WHERE status <> 'routed'") == 0
    assert made.worker.returncode is None
    assert made.events("process.crashed") == []
    assert made.events("process.started") == before

    # Every 201 is one lead with one owner, and there is no other.
    assert len(set(load.taken)) == len(load.taken)
    stored = [row[0] for row in await made.fetch("SELECT id::text FROM leads ORDER BY id")]
    named = "SELECT lead_id::text FROM submission_keys WHERE kind = 'idempotency' ORDER BY lead_id"
    assert set(load.taken) <= set(stored)
    assert stored == [row[0] for row in await made.fetch(named)]
    placed = "SELECT lead_id::text FROM placements WHERE released_at IS NULL ORDER BY lead_id"
    assert stored == [row[0] for row in await made.fetch(placed)]


async def switch_routing(made, *, on):
    await made.fetch(
        "INSERT INTO flags VALUES ('enableAutoRouting', $1, now()) "
        "ON CONFLICT (name) DO UPDATE SET enabled = excluded.enabled",
        on,
    )
