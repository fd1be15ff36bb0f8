"""Run the bare prototype beside an installation, in a database of its own on the same server."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from leadflow.bench.installation import Installation, answering, free_port, running
from leadflow.bench.prototype import SQL
from leadflow.bench.target import Target


@asynccontextmanager
async def prototype(made: Installation) -> AsyncIterator[Target]:
    """Have the prototype run for as long as the block lasts.

    Raises:
        SetupError: it cannot be started.
    """
    database = await _database(made.database)
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": database, "PORT": str(port)}
    url = f"http://127.0.0.1:{port}"
    async with running(environment, "leadflow.bench.prototype") as pid:
        async with aiohttp.ClientSession(url) as session:
            await answering(session, "/")
        yield Target(name="prototype", url=f"{url}/", key="", database=database, server_pids=(pid,))


async def _database(beside: str) -> str:
    """Make the prototype's database and tables, and give its address."""
    connection = await asyncpg.connect(beside)
    try:
        await connection.execute("CREATE DATABASE prototype")
    finally:
        await connection.close()
    address = urlsplit(beside)._replace(path="/prototype").geturl()
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(SQL["schema"])
    finally:
        await connection.close()
    return address
