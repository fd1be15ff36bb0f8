"""Everything is opened in its order, works together, and is closed in the reverse of it."""

import asyncio

import asyncpg
import pytest

from leadflow.app import _then_call, open_app, run_worker, utc_now, worker_name
from leadflow.app import database_url as url_of
from leadflow.core.lead import Source, Submission
from leadflow.core.outcome import Accepted, DuplicateLead
from leadflow.errors import SetupError, TemporaryError
from leadflow.settings import read
from leadflow.store.ids import new_id
from leadflow.store.seal import new_key
from tests.scenarios.installation import until
from tests.world import World, person

PATIENCE_S = 30


@pytest.fixture
def settings(database_url, tmp_path):
    return read(
        {
            "DATABASE_URL": database_url,
            "ENCRYPTION_KEY": new_key(),
            "LEADFLOW_STATE": str(tmp_path),
            "LEADFLOW_POOL_SIZE": "3",
        }
    )


@pytest.fixture
async def brand(database):
    """Have a brand that keeps its leads."""
    world = World(database, clock=utc_now)
    await world.workspace("brand")
    await world.rules("brand", default="stay")
    return world


def submission(world, number):
    return Submission(
        lead_id=new_id(),
        source=Source(new_id(), world.ids["brand"], "api", "test"),
        body=person(number),
        received_at=utc_now(),
        fingerprint=bytes(16),
    )


async def take_in(app, world, number):
    """Give the id of a new lead."""
    outcome = await app.intake.submit(submission(world, number))
    assert isinstance(outcome, Accepted)
    return outcome.answer.id


async def connections(url):
    """Count the store's open connections."""
    admin = await asyncpg.connect(url)
    try:
        return await admin.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'leadflow'"
        )
    finally:
        await admin.close()


def test_the_database_that_is_set_is_the_one_that_is_used(settings):
    with url_of(settings) as url:
        assert url == settings.database_url


def test_no_two_workers_have_one_name():
    assert len({worker_name() for _ in range(1000)}) == 1000


async def test_an_app_takes_leads_until_it_is_left(settings, brand):
    async with open_app(settings, settings.database_url) as app:
        lead = await take_in(app, brand, 1)
        assert await brand.state(lead) == "routed/routed/success"
    with pytest.raises(TemporaryError, match="stopping"):
        await app.intake.submit(submission(brand, 2))


async def test_what_was_taken_is_answered_before_the_database_is_let_go(settings, brand):
    async with open_app(settings, settings.database_url) as app:
        tasks = [
            asyncio.create_task(app.intake.submit(submission(brand, number)))
            for number in range(50)
        ]
        await asyncio.sleep(0)  # they are in, and nothing is on disk yet
    outcomes = await asyncio.gather(*tasks)
    assert {type(outcome) for outcome in outcomes} == {Accepted}
    assert await brand.count("leads") == 50


async def test_two_apps_over_one_database_know_the_same_people(settings, brand):
    url = settings.database_url
    async with open_app(settings, url) as one, open_app(settings, url) as other:
        first = await take_in(one, brand, 1)
        again = await other.intake.submit(submission(brand, 1))
    assert again == DuplicateLead(first)


@pytest.mark.parametrize("open_it", [open_app, run_worker], ids=["api", "worker"])
async def test_nothing_starts_without_a_key(settings, open_it):
    bare = read({"DATABASE_URL": settings.database_url, "LEADFLOW_STATE": str(settings.state)})
    with pytest.raises(SetupError, match="ENCRYPTION_KEY is not set"):
        await start(open_it, bare)


async def start(open_it, settings):
    if open_it is run_worker:
        await run_worker(settings, settings.database_url, asyncio.Event())
        return
    async with open_app(settings, settings.database_url):
        pass


async def test_an_app_that_cannot_start_leaves_no_connection_open(settings, database_url):
    await start(open_app, settings)  # it makes the installation's secret, under its key
    other = read({"DATABASE_URL": database_url, "ENCRYPTION_KEY": new_key(), "LEADFLOW_STATE": "."})
    with pytest.raises(SetupError, match="which ENCRYPTION_KEY lacks"):
        await start(open_app, other)
    assert await connections(database_url) == 0


async def test_a_worker_routes_what_waits_and_ends_when_it_is_told_to(
    settings, brand, database, database_url
):
    await brand.execute("INSERT INTO flags VALUES ('enableAutoRouting', false, now())")
    async with open_app(settings, database_url) as app:
        lead = await take_in(app, brand, 1)
    assert await brand.state(lead) == "received/pending/-"
    await brand.execute("UPDATE flags SET enabled = true")

    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(settings, database_url, stop))

    async def is_routed():
        return await brand.state(lead) == "routed/routed/success"

    await until(is_routed)
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await worker
    await database.close()
    assert await connections(database_url) == 0


async def test_a_worker_can_be_stopped_while_the_database_is_away(settings, unused_tcp_port):
    stop = asyncio.Event()
    url = f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/leadflow"
    worker = asyncio.create_task(run_worker(settings, url, stop))
    await asyncio.sleep(0.2)  # it has met the silence
    assert not worker.done()
    stop.set()
    async with asyncio.timeout(PATIENCE_S):
        await worker


@pytest.mark.parametrize("done", [0, 3])
async def test_what_a_worker_has_placed_is_delivered_without_a_wait(done):
    calls = []

    async def run_once():
        return done

    assert await _then_call(run_once, lambda: calls.append("deliver")) == done
    assert calls == (["deliver"] if done else [])
