"""Open the installation that a command works on."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from leadflow import settings as environment
from leadflow.app import App, database_url, open_app
from leadflow.cli.garbage import collect_rarely
from leadflow.errors import SetupError
from leadflow.settings import Settings
from leadflow.store import migrate
from leadflow.store.database import Database
from leadflow.store.seal import read_keys
from leadflow.telemetry import logs

Result = TypeVar("Result")

QUIET = "critical"  # what a command has to say, it says itself


def read_settings() -> Settings:
    """Read the settings from this process's environment.

    Raises:
        SetupError: naming every variable that cannot be used.
    """
    return environment.read(os.environ)


def run(command: Coroutine[Any, Any, Result]) -> Result:
    """Run a command that waits, to its end."""
    collect_rarely()
    try:
        import uvloop
    except ImportError:
        return asyncio.run(command)
    return uvloop.run(command)


@asynccontextmanager
async def opened() -> AsyncIterator[App]:
    """Have everything a door works with, on a schema that is up to date.

    Raises:
        SetupError: a setting, the key or the schema is not as it must be.
        TemporaryError: the database is not reachable.
    """
    settings = read_settings()
    read_keys(settings.demand_encryption_key())  # or it is found out with a server running
    _log(settings)
    with database_url(settings) as url:
        await make_current(settings, url)
        async with open_app(settings, url) as app:
            yield app


@asynccontextmanager
async def opened_database() -> AsyncIterator[Database]:
    """Have the store alone, for commands that open nothing that is sealed. Raises as `opened`."""
    settings = read_settings()
    _log(settings)
    with database_url(settings) as url:
        await make_current(settings, url)
        database = Database(url, size=2)
        await database.open()
        try:
            yield database
        finally:
            await database.close()


async def make_current(settings: Settings, url: str) -> None:
    """See that the schema is this release's. Our own server's is brought up to date unasked.

    Raises:
        SetupError: somebody else's server lacks migrations.
        TemporaryError: the database is not reachable.
    """
    if settings.database_url is None:
        await migrate.migrate(url)
    elif lacking := await migrate.status(url):
        raise SetupError(f"the database lacks {', '.join(lacking)}: run `leadflow db migrate`")


def _log(settings: Settings) -> None:
    level = settings.log_level if "LOG_LEVEL" in os.environ else QUIET
    logs.configure(level=level, service=settings.log_service, style="console")
