"""Children of an installation: kept running, and stopped."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from leadflow import settings
from leadflow.cli.installation import address_of, is_free, running
from leadflow.cli.supervising import Child, Supervisor
from leadflow.errors import SetupError
from tests.cli.shells import PATIENCE_S, until

WORKER = Child(command="worker", grace=timedelta(seconds=20))
AWAY = "postgresql://127.0.0.1:1/none"

pytestmark = pytest.mark.slow


@pytest.fixture
def log(tmp_path):
    with (tmp_path / "log").open("w+b") as file:
        yield file


def written(log):
    log.flush()
    log.seek(0)
    return log.read().decode()


async def finished(task):
    async with asyncio.timeout(PATIENCE_S):
        return await task


async def test_a_child_that_cannot_run_as_things_are_set_up_ends_it(bare, log):
    supervisor = Supervisor([WORKER], bare.environment | {"ENCRYPTION_KEY": "x"}, log)
    with pytest.raises(SetupError, match="`leadflow worker` cannot run"):
        await finished(supervisor.run(asyncio.Event()))
    assert "is not 32 bytes in base64" in written(log)


async def test_a_child_that_fails_is_started_again_until_it_is_stopped(bare, log):
    stop = asyncio.Event()
    supervisor = Supervisor([WORKER], bare.environment | {"DATABASE_URL": AWAY}, log)
    task = asyncio.create_task(supervisor.run(stop))

    async def twice():
        return written(log).count("the database is not reachable") > 1

    await until(twice, "two tries")
    stop.set()
    await finished(task)


async def test_told_to_stop_before_a_child_has_started_it_stops_that_child(bare, log):
    stop = asyncio.Event()
    stop.set()
    supervisor = Supervisor([WORKER], bare.environment | {"DATABASE_URL": AWAY}, log)
    await finished(supervisor.run(stop))


async def test_an_installation_is_ready_inside_and_gone_after(shell, world, log):
    read = settings.read(shell.environment)
    stop = asyncio.Event()
    async with running(read, stop, log) as here, aiohttp.ClientSession() as session:
        assert here.address == address_of(read)
        async with session.get(f"{here.address}/health/ready") as response:
            assert response.status == 200
        stop.set()
        await here.until(stop)
    assert is_free(read.host, read.port)
    assert '"process.stopped"' in written(log)


async def test_an_installation_whose_processes_cannot_run_says_so(shell, world, log, monkeypatch):
    read = settings.read(shell.environment)
    monkeypatch.setenv("ENCRYPTION_KEY", "x")
    with pytest.raises(SetupError, match="cannot run; its log says why"):
        async with running(read, asyncio.Event(), log):
            pytest.fail("it is not up")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:4000"),
        ("0.0.0.0", "http://127.0.0.1:4000"),  # noqa: S104  # nobody listens
        ("::", "http://[::1]:4000"),
    ],
)
def test_an_installation_is_found_where_it_listens(host, address):
    assert address_of(settings.read({"LEADFLOW_HOST": host, "PORT": "4000"})) == address
