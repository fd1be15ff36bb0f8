"""The API over a real database, called in process."""

from datetime import timedelta
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from uuid_utils.compat import uuid7

from leadflow.api import build
from leadflow.app import App, utc_now
from leadflow.core.enrich import LocalTables, ZipPlace
from leadflow.settings import read
from leadflow.store import clients, sources, workspaces
from leadflow.store.bell import Bell
from leadflow.store.seal import Vault
from leadflow.work.intake import Intake
from leadflow.work.manual import ManualRouting
from leadflow.work.record import Tries

TABLES = LocalTables(
    zips={"12345": ZipPlace(city="Schenectady", state="NY", country="US")},
    free_domains=frozenset({"gmail.com"}),
    disposable_domains=frozenset({"mailinator.com"}),
)


@pytest.fixture
async def app(database):
    """Have everything the doors need, over a database that nobody else uses."""
    vault = Vault([bytes(32)])
    bell = Bell(database)
    bell.start()
    intake = Intake(
        database=database,
        vault=vault,
        tables=TABLES,
        identity_secret=bytes(32),
        tries=Tries(),
        bell=bell,
        name="test",
        clock=utc_now,
    )
    intake.start()
    yield App(
        settings=read({"LEADFLOW_STATE": str(Path.cwd())}),
        database=database,
        vault=vault,
        tables=TABLES,
        intake=intake,
        routing=ManualRouting(database, Tries(), utc_now),
    )
    await intake.close()
    await bell.close()


@pytest.fixture
async def world(app):
    """Have a brand, a partner and keys."""
    return await World.make(app)


@pytest.fixture
async def api(app, world):
    """Call the API as the brand's key does."""
    async with client_of(build(app), world.key) as client:
        yield client


def client_of(asgi, key):
    """Call an application without a socket, in this event loop, as the holder of `key`."""
    transport = ASGITransport(asgi, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    return AsyncClient(transport=transport, base_url="http://leadflow", headers=headers)


class World:
    """Rows that most tests begin with."""

    def __init__(self, app):
        self.app = app
        self.brand = None
        self.partner = None
        self.key = None
        self.operator_key = None
        self.partner_key = None

    @classmethod
    async def make(cls, app):
        world = cls(app)
        world.brand = await world.workspace("brand", "standard")
        world.partner = await world.workspace("partner", "partner")
        world.key = await world.new_key(world.brand.id)
        world.partner_key = await world.new_key(world.partner.id)
        world.operator_key = await world.new_key(None)
        return world

    async def workspace(self, slug, kind):
        now = utc_now()
        workspace = workspaces.Workspace(
            id=uuid7(),
            slug=slug,
            name=slug.title(),
            kind=kind,
            time_zone="UTC",
            duplicate_window=timedelta(days=90),
            rulebook_version=0,
            active=True,
            created_at=now,
            updated_at=now,
        )
        async with self.app.database.service() as connection:
            await workspaces.insert(connection, workspace)
            for source in sources.defaults(workspace.id, now):
                await sources.insert(connection, source)
        return workspace

    async def new_key(self, workspace_id, scopes=clients.SCOPES, rate_limit=0, expires_at=None):
        key = clients.new_key()
        client = clients.Client(
            id=uuid7(),
            name=f"test {key[:8]}",
            prefix=key[: clients.SHOWN],
            scopes=frozenset(scopes),
            workspace_id=workspace_id,
            rate_limit=rate_limit,
            created_at=utc_now(),
            expires_at=expires_at,
            revoked_at=None,
        )
        async with self.app.database.service() as connection:
            await clients.insert(connection, client, key)
        return key
