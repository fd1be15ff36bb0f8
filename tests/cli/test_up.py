"""`leadflow up`: everything in one command, and nothing left of it."""

import asyncio
import os
import signal
import time
from contextlib import suppress

import aiohttp
import pytest

from leadflow.store.embedded import EmbeddedPostgres
from tests.cli.installations import below, gone, kill, up, words_of
from tests.cli.shells import alive, ended, until

pytestmark = pytest.mark.slow


def postmaster(state):
    """Find our own PostgreSQL, if it runs."""
    with suppress(FileNotFoundError):
        return int((state / "postgres" / "postmaster.pid").read_text().split()[0])
    return None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_stops_all_of_it_in_order(bare, state, number):
    async with up(bare) as server:
        assert await server.ready()
        pids = [*server.children, postmaster(state)]
        assert all(alive(pid) for pid in pids)
        assert await server.stopped(number) == 0
        assert not EmbeddedPostgres(state).running  # it has waited for that
        await gone(pids)
        out = (await server.process.stdout.read()).decode()
    assert out.endswith("leadflow has stopped.\n")


async def test_nothing_outlives_it_when_it_is_killed(bare, state):
    async with up(bare) as server:
        pids = [*server.children, postmaster(state)]
        kill(server.process.pid)
        killed = time.monotonic()
        await gone(pids)
        took = time.monotonic() - killed
        assert not EmbeddedPostgres(state).running
    print(f"the last process ended {took:.2f} s after the kill")  # noqa: T201
    assert took < 10  # about one second on an idle machine


async def test_a_process_that_dies_is_started_again(shell, world):
    async with up(shell) as server:
        for find in (
            lambda: server.child("worker"),
            lambda: below(server.child("serve"))[-1],
            lambda: server.child("serve"),
        ):
            before, dead = len(server.children), find()
            kill(dead)

            async def whole(before=before, dead=dead):
                pids = server.children
                return dead not in pids and len(pids) >= before and await server.ready()

            await until(whole, "as many processes as before")
        assert words_of(server.child("worker"))


async def test_the_link_that_it_prints_opens_the_console_once(shell, world):
    async with up(shell) as server, aiohttp.ClientSession() as session:
        async with session.get(server.link) as response:
            assert response.status == 200
        async with session.get(f"{server.address}/") as response:
            assert response.status == 200


async def test_a_port_that_is_taken_is_a_matter_of_setting_up(shell, world):
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", int(shell.environment["PORT"]))
    async with taken, shell.started("up") as process:
        said = await ended(process)
    assert (said.code, said.out) == (2, "")
    assert "is taken: set PORT to another one" in said.err


async def test_told_to_stop_before_it_is_up_it_stops(bare, state):
    async with bare.started("up") as process:

        async def begun():
            return postmaster(state)

        await until(begun, "PostgreSQL is there")
        process.send_signal(signal.SIGTERM)
        said = await ended(process)
    assert said.code in (0, 143)
    assert not EmbeddedPostgres(state).running


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_each_process_runs_alone_and_stops_when_it_is_told_to(shell, world, command):
    async with shell.started(command) as process:
        line = await until(process.stderr.readline, "a line of its log")
        while b"process.started" not in line:
            line = await until(process.stderr.readline, "its start")
        pids = below(process.pid)
        process.terminate()
        said = await ended(process)
    assert (said.code, said.out) == (0, "")
    await gone(pids)


async def test_lines_of_the_server_itself_keep_to_the_level_as_well(shell, world):
    address = f"http://127.0.0.1:{shell.environment['PORT']}/health/ready"

    async def ready():
        with suppress(aiohttp.ClientConnectionError):
            async with session.get(address) as response:
                return response.status == 200

    async with (
        aiohttp.ClientSession() as session,
        shell.started("serve", LOG_LEVEL="warning") as process,
    ):
        await until(ready, "it answers")
        process.terminate()
        said = await ended(process)
    assert said.err == ""


async def test_the_login_link_is_printed_alone(shell, world):
    said = await shell.ran("login-link")
    assert said.code == 0
    assert said.out.startswith(f"http://127.0.0.1:{os.environ['PORT']}/console/login?token=")
    assert len(said.out.split()) == 1
