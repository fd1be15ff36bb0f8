"""The console over a real database, called in process as a browser calls it."""

from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from leadflow.api import build
from leadflow.app import App, utc_now
from leadflow.console import login_link, routes
from leadflow.settings import read
from leadflow.work.manual import ManualRouting
from leadflow.work.returns import Returns
from tests.core.leads import TABLES
from tests.world import Clock, World

ADDRESS = "http://leadflow"


@pytest.fixture
async def world(database):
    """Have an empty world whose clock shows the time of day: the console reads that of the wall."""
    return World(database, Clock(utc_now()))


@pytest.fixture
async def app(database, world):
    """Have everything the doors need, over a database that nobody else uses."""
    async with world.intake() as intake:
        yield App(
            settings=read({"LEADFLOW_STATE": str(Path.cwd())}),
            database=database,
            vault=world.vault,
            tables=TABLES,
            tries=world.tries,
            intake=intake,
            routing=ManualRouting(database, world.tries, utc_now),
            returns=Returns(database, world.tries, utc_now),
        )


@pytest.fixture
async def visitor(app):
    """Call the console as a browser that has not logged in."""
    async with browser(app) as client:
        yield client


@pytest.fixture
async def console(app):
    """Call the console as a browser that has logged in."""
    async with browser(app) as client:
        await log_in(client, await login_link(app.database, ADDRESS, utc_now()))
        yield client


def browser(app):
    """Have a browser, with cookies of its own, which follows no redirect by itself."""
    asgi: Any = build(app, pages=routes(app))
    transport = ASGITransport(asgi, raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url=ADDRESS)


async def log_in(client, link):
    """Press the button of a login link's page."""
    return await client.post("/console/login", data={"token": link.partition("token=")[2]})
