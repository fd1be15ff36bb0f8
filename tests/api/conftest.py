"""The API over a real database, called in process."""

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from msgspec.structs import replace

from leadflow.api import build
from leadflow.app import App, utc_now
from leadflow.core.enrich import LocalTables, ZipPlace
from leadflow.settings import read
from leadflow.store import clients, sources, workspaces
from leadflow.store.bell import Bell
from leadflow.store.ids import new_id
from leadflow.store.seal import Vault
from leadflow.work.intake import Intake
from leadflow.work.manual import ManualRouting
from leadflow.work.record import Tries
from leadflow.work.returns import Returns

TABLES = LocalTables(
    zips={
        "12345": ZipPlace(
            city="Schenectady", state="NY", country="US", latitude=42.81, longitude=-73.95
        )
    },
    free_domains=frozenset({"gmail.com"}),
    disposable_domains=frozenset({"mailinator.com"}),
)
ANYWHERE = ("203.0.113.7", 4711)  # an address that is not this machine's


@pytest.fixture
async def app(database, tmp_path):
    """Have everything the doors need, over a database that nobody else uses."""
    async with opened(database, tmp_path) as app:
        yield app


@asynccontextmanager
async def opened(database, state, **settings):
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
        settings=replace(read({"LEADFLOW_STATE": str(state)}), **settings),
        database=database,
        vault=vault,
        tables=TABLES,
        tries=Tries(),
        intake=intake,
        routing=ManualRouting(database, Tries(), utc_now),
        returns=Returns(database, Tries(), utc_now),
    )
    await intake.close()
    await bell.close()


@pytest.fixture
async def world(app):
    """Have a brand, a partner and keys."""
    return await World.make(app)


@pytest.fixture
async def api(world):
    """Call the API as the brand's key does."""
    async with client_of(world.asgi, world.key) as client:
        yield client


@pytest.fixture
async def operator(world):
    """Call the API with a key that is good for every workspace."""
    async with client_of(world.asgi, world.operator_key) as client:
        yield client


@pytest.fixture
async def partner(world):
    """Call the API as the partner's key does."""
    async with client_of(world.asgi, world.partner_key) as client:
        yield client


@pytest.fixture
async def anybody(world):
    """Call the API from somewhere else, without a key."""
    async with client_of(world.asgi, None, address=ANYWHERE) as client:
        yield client


def client_of(asgi, key, address=("127.0.0.1", 123)):
    """Call an application without a socket, in this event loop, as the holder of `key`."""
    transport = ASGITransport(asgi, raise_app_exceptions=False, client=address)
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return AsyncClient(transport=transport, base_url="http://leadflow", headers=headers)


@asynccontextmanager
async def under(world, **settings):
    """Call the same installation as the brand's key does, under other settings."""
    asgi = build(replace(world.app, settings=replace(world.app.settings, **settings)))
    async with client_of(asgi, world.key) as client:
        yield client


def error(response, status, code):
    """Insist on an error, in the one shape of all errors; give what it says."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.json().keys() == {"error"}
    said = response.json()["error"]
    assert said.keys() - {"lead_id", "link"} == {"code", "message", "details", "request_id"}
    assert all(each.keys() == {"field", "reason", "expected"} for each in said["details"])
    assert said["request_id"] == response.headers["x-request-id"]
    assert said["code"] == code
    return said


def made(response, status=201):
    """Insist on a success; give its body."""
    assert response.status_code == status, response.text
    return response.json()


def fields(said):
    """Name the fields that an error complains of."""
    return [problem["field"] for problem in said["details"]]


class World:
    """Who is there when most tests begin, and what to add to them."""

    def __init__(self, app):
        self.app = app
        self.asgi = build(app)
        self.brand: Any = None
        self.partner: Any = None
        self.key = self.operator_key = self.partner_key = ""

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
            id=new_id(),
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
            id=new_id(),
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

    @asynccontextmanager
    async def holder(self, **key):
        """Call the API with a key of the brand that differs in something."""
        async with client_of(self.asgi, await self.new_key(self.brand.id, **key)) as client:
            yield client

    async def destination(self, name="leads", *, of="partner", **terms):
        """Add a destination to a workspace."""
        return await self._post(
            "destinations", of, {"name": name, "url": "https://leads.example.com/in", **terms}
        )

    async def agent(self, name="Ann", *, of="partner", **changes):
        """Add an agent to a workspace."""
        return await self._post("agents", of, {"name": name, **changes})

    async def rules(self, *rules, of="brand", default="review"):
        """Put rules in force: each the name of a destination, or a rule without a name."""
        document = {"default": default, "rules": [_rule(*each) for each in enumerate(rules)]}
        async with client_of(self.asgi, self.operator_key) as client:
            return made(await client.put(f"/api/v1/workspaces/{of}/rulebook", json=document), 200)

    async def execute(self, statement, *values):
        async with self.app.database.service() as connection:
            return await connection.execute(statement, *values)

    async def count(self, what="leads"):
        """Count rows: `await world.count("reviews WHERE closed_at IS NULL")`."""
        async with self.app.database.service() as connection:
            return await connection.fetchval(f"SELECT count(*) FROM {what}")

    async def _post(self, what, of, body):
        async with client_of(self.asgi, self.operator_key) as client:
            return made(await client.post(f"/api/v1/{what}?workspace={of}", json=body))


def _rule(number, given):
    rule = {"to": given} if isinstance(given, str) else given
    return {"name": f"rule {number}", "priority": 0, **rule}
