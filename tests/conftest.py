"""One PostgreSQL server for the whole run, a fresh migrated database for each test that asks."""

import secrets
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest

from leadflow.store.database import Database
from leadflow.store.embedded import EmbeddedPostgres
from leadflow.store.migrate import migrate

STATE = pytest.StashKey[Path]()
TEMPLATE = "leadflow_template"
TEMPLATE_LOCK = 1
MEMORY_WANTED = 2**32  # bytes; containers often have 64 MB there
# What these give away is safety after a power cut, and the cluster is deleted anyway.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
}


def pytest_configure(config):
    """Choose where this run's server lives. Workers of xdist are told by the process above them."""
    # How long an example takes says more about the machine than about the code.
    hypothesis.settings.register_profile("leadflow", deadline=None)
    hypothesis.settings.load_profile("leadflow")
    told = getattr(config, "workerinput", {}).get("postgres_state")
    config.stash[STATE] = Path(told) if told else make_state()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["postgres_state"] = str(node.config.stash[STATE])


def pytest_unconfigure(config):
    """Leave nothing behind, also when a worker was killed."""
    if hasattr(config, "workerinput"):
        return
    state = config.stash[STATE]
    if (state / "postgres").exists():
        server = EmbeddedPostgres(state)
        server.stop(mode="immediate")
        shutil.rmtree(server.data.resolve())
    shutil.rmtree(state)


def pytest_collection_modifyitems(items):
    """Mark what needs a server, so that `-m "not database"` runs without one."""
    for item in items:
        if "server_url" in getattr(item, "fixturenames", ()):
            item.add_marker("database")


@pytest.fixture(scope="session")
def server_url(pytestconfig):
    """Give the address of the run's server, which all workers share."""
    server = EmbeddedPostgres(pytestconfig.stash[STATE], settings=SETTINGS)
    with server.in_use() as url:
        yield url


@pytest.fixture(scope="session")
async def databases(server_url):
    """Make databases: `async with databases.fresh() as url`."""
    admin = await asyncpg.connect(at(server_url, "postgres"))
    try:
        databases = Databases(server_url, admin)
        await databases.make_template()
        yield databases
    finally:
        await admin.close()


@pytest.fixture
async def database_url(databases):
    """Give the address of a migrated, empty database that nobody else uses."""
    async with databases.fresh() as url:
        yield url


@pytest.fixture
async def database(database_url):
    """Open a store over a database that nobody else uses."""
    database = Database(database_url, size=4)
    await database.open()
    yield database
    await database.close()


class Databases:
    """Copies a migrated database, which takes a tenth of the time that migrating one takes."""

    def __init__(self, server_url, admin):
        self._server_url = server_url
        self._admin = admin

    async def make_template(self):
        """Migrate the database to copy from, unless another worker has done so."""
        await self._admin.execute("SELECT pg_advisory_lock($1)", TEMPLATE_LOCK)
        try:
            if not await self._exists(TEMPLATE):
                await self._make_template()
        finally:
            await self._admin.execute("SELECT pg_advisory_unlock($1)", TEMPLATE_LOCK)

    @asynccontextmanager
    async def fresh(self, template=TEMPLATE):
        """Have a database for as long as the block lasts, and give its address.

        With `template="template0"` it is empty: not even migrated.
        """
        name = f"test_{secrets.token_hex(6)}"
        # Copied as files: through the log, which is the default, it takes four times as long.
        await self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield at(self._server_url, name)
        finally:
            await self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _exists(self, name):
        return await self._admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)

    async def _make_template(self):
        half = f"{TEMPLATE}_half"
        await self._admin.execute(f"DROP DATABASE IF EXISTS {half}")
        await self._admin.execute(f"CREATE DATABASE {half} TEMPLATE template0")
        await migrate(at(self._server_url, half))
        await self._admin.execute(f"ALTER DATABASE {half} RENAME TO {TEMPLATE}")


def make_state():
    """Make a folder that the server's user may pass through.

    In memory a database is copied in 15 ms, on a busy disk in 300.
    """
    memory = Path("/dev/shm")  # noqa: S108  # the folder made in it is ours alone
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_WANTED
    state = Path(tempfile.mkdtemp(prefix="leadflow-tests-", dir=memory if roomy else None))
    state.chmod(0o711)
    return state


def at(url, database):
    """Name another database on the same server."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()
