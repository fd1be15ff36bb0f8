"""A whole installation, run by one command: database, API, worker."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import IO

import aiohttp
from msgspec import Struct

from leadflow import console
from leadflow.app import database_url, utc_now
from leadflow.cli.supervising import Child, Supervisor
from leadflow.errors import SetupError
from leadflow.settings import Settings
from leadflow.store import migrate
from leadflow.store.database import Database

ANSWERS = timedelta(seconds=40)  # longer than any answer takes
ANSWERS_WITHIN = aiohttp.ClientTimeout(total=2)  # or it is not ready
LOOK_EVERY_S = 0.1
PORT_PATIENCE_S = 5.0  # a process that was killed leaves children, which end within a second
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104  # for ourselves


class Running(Struct, frozen=True, kw_only=True):
    """An installation that is up."""

    settings: Settings
    url: str  # of the database
    address: str  # of the API: `http://127.0.0.1:3000`
    ended: "asyncio.Task[None]"  # done when the processes are; raises what they failed with

    async def until(self, stop: asyncio.Event) -> None:
        """Wait until `stop`.

        Raises:
            SetupError: a process cannot run.
        """
        told = asyncio.create_task(stop.wait())
        await asyncio.wait([told, self.ended], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if self.ended.done():
            await self.ended


@asynccontextmanager
async def running(
    settings: Settings, stop: asyncio.Event, log: IO[bytes] | None = None
) -> AsyncIterator[Running]:
    """Have an installation run for as long as the block lasts.

    On leaving, the API answers what it has taken, then the worker finishes what it has in hand,
    then PostgreSQL stops, unless somebody else uses it. Each process holds our own PostgreSQL for
    itself: should this one be killed, the last of them to end stops it all the same.

    Args:
        settings: how.
        stop: ends the wait for the API's first answer, too.
        log: where processes log to; None: our stderr.

    Raises:
        SetupError: the port is taken, or something cannot run as it is set up.
        TemporaryError: the database is not reachable.
    """
    await _wait_for_port(settings)
    with database_url(settings) as url:
        await migrate.migrate(url)
        worker_grace = settings.delivery_timeout + timedelta(seconds=5)
        children = (
            Child(command="serve", grace=ANSWERS),
            Child(command="worker", grace=worker_grace),
        )
        leave = asyncio.Event()
        supervisor = Supervisor(children, _environment(settings), log)
        ended = asyncio.create_task(supervisor.run(leave))
        address = address_of(settings)
        try:
            here = Running(settings=settings, url=url, address=address, ended=ended)
            await _wait_for_answer(here, stop)
            yield here
        finally:
            leave.set()
            await asyncio.wait([ended])


def address_of(settings: Settings) -> str:
    """Write where this machine finds the API."""
    return f"http://{EVERYWHERE.get(settings.host, settings.host)}:{settings.port}"


async def login_link(url: str, address: str) -> str:
    """Make a link that opens the console once.

    Raises:
        TemporaryError: the database is not reachable.
    """
    database = Database(url, size=1)
    await database.open()
    try:
        return await console.login_link(database, address, utc_now())
    finally:
        await database.close()


def is_free(host: str, port: int) -> bool:
    """Tell whether nobody listens on a port. Granian shares ports, so that it would not notice."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _environment(settings: Settings) -> dict[str, str]:
    """Tell children what we go by, where it may differ from the environment we were given."""
    ours = {"LEADFLOW_STATE": str(settings.state), "PORT": str(settings.port)}
    if settings.database_url is not None:
        ours["DATABASE_URL"] = settings.database_url
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**inherited, **ours}


async def _wait_for_port(settings: Settings) -> None:
    for _ in range(round(PORT_PATIENCE_S / LOOK_EVERY_S)):
        if is_free(settings.host, settings.port):
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise SetupError(f"port {settings.port} of {settings.host} is taken: set PORT to another one")


async def _wait_for_answer(here: Running, stop: asyncio.Event) -> None:
    """Wait until the API is ready, or `stop`.

    Raises:
        SetupError: its process cannot run.
    """
    async with aiohttp.ClientSession(timeout=ANSWERS_WITHIN) as session:
        while not stop.is_set() and not await _is_ready(session, f"{here.address}/health/ready"):
            await asyncio.wait([here.ended], timeout=LOOK_EVERY_S)
            if here.ended.done():
                await here.ended


async def _is_ready(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(address) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False
