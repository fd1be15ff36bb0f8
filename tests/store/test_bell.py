"""Calls between processes: heard by whoever listens, also after the connection was lost."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest

from leadflow.errors import SetupError
from leadflow.store import waking
from leadflow.store.bell import Bell, listen
from tests.world import person

PATIENCE_S = 10


class Ear:
    """Counts calls, and can be waited on."""

    def __init__(self):
        self.calls = 0
        self._heard = asyncio.Event()

    def __call__(self):
        self.calls += 1
        self._heard.set()

    async def hears(self):
        async with asyncio.timeout(PATIENCE_S):
            await self._heard.wait()
        self._heard.clear()


@asynccontextmanager
async def listening(url):
    ear, stop = Ear(), asyncio.Event()
    task = asyncio.create_task(listen(url, ear, stop))
    try:
        await ear.hears()  # who begins to listen is called once: something may have been missed
        yield ear
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE_S):
            await task


@pytest.fixture
async def bell(database):
    bell = Bell(database)
    bell.start()
    yield bell
    await bell.close()


async def test_a_ring_is_heard(bell, database_url):
    async with listening(database_url) as ear:
        bell.ring()
        await ear.hears()
        bell.ring()
        await ear.hears()


async def test_everybody_who_listens_hears_it(bell, database_url):
    async with listening(database_url) as one, listening(database_url) as other:
        bell.ring()
        await asyncio.gather(one.hears(), other.hears())


async def test_a_thousand_rings_are_few_calls(bell, database_url):
    async with listening(database_url) as ear:
        for _ in range(1000):
            bell.ring()
        await ear.hears()
        bell.ring()
        await ear.hears()
        assert ear.calls <= 4


async def test_a_lost_connection_is_made_again_and_then_called_at_once(bell, database_url):
    async with listening(database_url) as ear:
        admin = await asyncpg.connect(database_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
        await admin.close()
        await ear.hears()  # whatever rang meanwhile
        bell.ring()
        await ear.hears()


async def test_a_bell_survives_a_server_that_is_away(bell, database, database_url):
    await database.close()
    bell.ring()
    await asyncio.sleep(0)
    await database.open()
    async with listening(database_url) as ear:
        bell.ring()
        await ear.hears()


async def test_one_who_is_told_to_stop_stops_while_the_server_is_away(unused_tcp_port):
    stop, ear = asyncio.Event(), Ear()
    task = asyncio.create_task(
        listen(f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/leadflow", ear, stop)
    )
    await asyncio.sleep(0.05)  # it has tried once, and waits
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await task
    assert ear.calls == 0


async def test_nobody_listens_for_ever_where_they_are_not_let_in(database_url):
    start, _, place = database_url.rpartition("@")
    with pytest.raises(SetupError, match="check DATABASE_URL"):
        await listen(f"{start}x@{place}", Ear(), asyncio.Event())


async def test_a_bell_that_was_never_started_can_be_closed(database):
    await Bell(database).close()


async def test_closing_does_not_wait_for_a_ring(database):
    bell = Bell(database)
    bell.start()
    bell.ring()
    async with asyncio.timeout(PATIENCE_S):
        await bell.close()


async def test_a_change_that_wakes_leads_calls_the_workers_once_committed(world, database_url):
    await world.destination("acme/leads", caps={"day": 0})
    await world.rules("brand", "acme/leads")
    async with world.intake() as intake:
        await intake.submit(world.submission(person(1)))
    async with listening(database_url) as ear:
        async with world.database.service() as connection:
            assert await waking.wake(connection, world.ids["acme"], world.clock()) == 1
            assert ear.calls == 1
        await ear.hears()
