"""A small world to walk leads through: who there is, what time it is, and what was stored."""

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from uuid import NAMESPACE_OID, uuid5

from leadflow.core.lead import Source, Submission
from leadflow.core.rulebook import with_ids
from leadflow.core.schedule import Opening, WeeklyHours
from leadflow.store import waking
from leadflow.store.bell import Bell
from leadflow.store.ids import new_id
from leadflow.store.seal import Vault
from leadflow.work.intake import Intake
from leadflow.work.manual import ByHand, ManualRouting
from leadflow.work.record import Tries
from leadflow.work.returns import Answering, Returns
from leadflow.work.routing import Routing
from leadflow.work.upkeep import Upkeep
from tests.core.leads import TABLES
from tests.core.submissions import NEEDED

NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # a Wednesday
KEY = bytes(range(32))
TIMELINES = {"hot": "today", "warm": "1 month", "cold": "in 2 years"}
"""What a person must say to be called first, in turn, or last."""
IDENTITY_SECRET = b"an identity key for the tests..."


class Clock:
    """Stands still until it is told to move."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now

    def move(self, **by):
        self.now += timedelta(**by)


class World:
    """Workspaces, destinations, agents and rules over one database, and what works on them.

    Workspaces, destinations and agents go by their names: `brand`, `acme/leads`, `acme/ann`.
    """

    def __init__(self, database, clock=None):
        self.database = database
        self.clock = clock or Clock()
        self.vault = Vault([KEY])
        self.tries = Tries()
        self.ids = {}

    # Who there is.

    async def workspace(self, slug, *, kind="standard", **columns):
        self.ids[slug] = await self._insert(
            "workspaces", slug=slug, name=slug, kind=kind, **columns
        )
        return self.ids[slug]

    async def destination(self, name, *, hours=None, **columns):
        """Add `partner/name`, and the partner when it is not there yet."""
        slug, _, short = name.partition("/")
        if slug not in self.ids:
            await self.workspace(slug, kind="partner")
        self.ids[name] = await self._insert(
            "destinations",
            workspace_id=self.ids[slug],
            name=short,
            kind="webhook",
            url="http://127.0.0.1:9/",
            secret=b"",
            hours=hours,
            **columns,
        )
        return self.ids[name]

    async def agent(self, name, **columns):
        """Add `partner/name`."""
        slug, _, short = name.partition("/")
        self.ids[name] = await self._insert(
            "agents", workspace_id=self.ids[slug], name=short, **columns
        )
        return self.ids[name]

    async def rules(self, slug, *rules, default="review", **options):
        """Put rules in force: `to` alone, or `(to, priority)`, or the whole rule."""
        version = 1 + await self.value(
            "SELECT rulebook_version FROM workspaces WHERE id = $1", self.ids[slug]
        )
        document = {"default": default, "rules": [_rule(each) for each in rules], **options}
        await self.execute(
            "INSERT INTO rulebooks (workspace_id, version, document, created_at, created_by) "
            "VALUES ($1, $2, $3, $4, 'test')",
            *(self.ids[slug], version, with_ids(document, new_id), self.clock()),
        )
        await self.execute(
            "UPDATE workspaces SET rulebook_version = $2 WHERE id = $1", self.ids[slug], version
        )

    async def flag(self, name, enabled):
        await self.execute("INSERT INTO flags VALUES ($1, $2, $3)", name, enabled, self.clock())

    async def change(self, statement, *values, of):
        """Change the configuration as the API does, and wake whom it concerns."""
        async with self.database.service() as connection:
            await connection.execute(statement, *values)
            return await waking.wake(connection, self.ids[of], self.clock())

    # Leads.

    def submission(self, body, *, of="brand", channel="api", source=0, **changes):
        """Make a submission to a workspace. `source` tells sources of one channel apart."""
        where = Source(
            uuid5(NAMESPACE_OID, f"{of}/{channel}/{source}"), self.ids[of], channel, str(source)
        )
        fields = {
            "lead_id": new_id(),
            "source": where,
            "body": body,
            "received_at": self.clock(),
            "fingerprint": hashlib.blake2b(json.dumps(body).encode(), digest_size=16).digest(),
        }
        return Submission(**fields | changes)

    @asynccontextmanager
    async def intake(self, database=None):
        """Have an intake that takes leads for as long as the block lasts."""
        intake = Intake(
            database or self.database, self.vault, TABLES, IDENTITY_SECRET, self.tries,
            Bell(self.database), "intake", self.clock,
        )  # fmt: skip
        intake.start()
        try:
            yield intake
        finally:
            await intake.close()

    @asynccontextmanager
    async def routing(self, owner="worker", database=None):
        """Have a worker that routes when it is told to."""
        routing = Routing(database or self.database, owner, self.tries, self.clock)
        routing.start()
        try:
            yield routing
        finally:
            await routing.close()

    def returns(self, database=None):
        return Returns(database or self.database, self.tries, self.clock)

    async def accept(self, lead_id, *, of=None):
        return await self.returns().accept(self._answering(lead_id, of))

    async def decline(self, lead_id, reason="busy", *, of=None):
        return await self.returns().decline(self._answering(lead_id, of), reason)

    def _answering(self, lead_id, of):
        workspace_id = self.ids[of] if of else None
        return Answering(lead_id=lead_id, workspace_id=workspace_id, actor="key:test")

    def upkeep(self):
        return Upkeep(self.database, timedelta(days=90), self.clock)

    async def route(self, lead_id, *, agent=None, of=None, force=False, database=None):
        """Route a lead by hand, as an operator unless `of` names a workspace."""
        by_hand = ManualRouting(database or self.database, self.tries, self.clock)
        return await by_hand.route(
            ByHand(
                lead_id=lead_id,
                workspace_id=self.ids[of] if of else None,
                agent_id=self.ids.get(agent, agent),
                force=force,
                actor="key:test",
            )
        )

    # What is stored.

    async def lead(self, lead_id):
        return await self.one("SELECT * FROM leads WHERE id = $1", lead_id)

    async def state(self, lead_id):
        """Give the three words a lead is stored with, joined: `routed/routed/success`."""
        lead = await self.lead(lead_id)
        return "/".join(
            lead[name] or "-" for name in ("status", "routing_status", "routing_result")
        )

    async def events(self, lead_id):
        rows = await self.fetch("SELECT name FROM events WHERE lead_id = $1 ORDER BY id", lead_id)
        return [row["name"] for row in rows]

    async def count(self, what, *values):
        """Count rows: `await world.count("leads WHERE status = $1", "routed")`."""
        return await self.value(f"SELECT count(*) FROM {what}", *values)

    async def used(self, name, window):
        """Tell how much of a destination's cap, or of an agent's capacity, is used."""
        return await self.value(
            "SELECT sum(used) FROM capacity WHERE owner_id = $1 AND window_kind = $2",
            *(self.ids[name], window),
        )

    async def blocked(self):
        """Return when somebody waits for a lock in this database."""
        for _ in range(500):
            if await self.count(
                "pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE NOT granted AND datname = current_database()"
            ):
                return
            await asyncio.sleep(0.005)
        raise AssertionError("nobody waits for a lock")

    async def execute(self, statement, *values):
        async with self.database.service() as connection:
            return await connection.execute(statement, *values)

    async def fetch(self, statement, *values):
        async with self.database.service() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    async def one(self, statement, *values):
        [row] = await self.fetch(statement, *values)
        return row

    async def value(self, statement, *values):
        async with self.database.service() as connection:
            return await connection.fetchval(statement, *values)

    async def _insert(self, table, **columns):
        id_ = new_id()
        columns |= {"id": id_, "created_at": self.clock(), "updated_at": self.clock()}
        marks = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        await self.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", *columns.values()
        )
        return id_


def person(number, *, vertical="AUTO", priority="warm", data=None, **changes):
    """Make the body of a lead by somebody whom nobody else is."""
    contact = {
        "firstName": "Zebulon",
        "lastName": f"Quackenbush{number}",
        "email": f"zeb{number}@wheelwright.example",
        "phone": f"+1415{2_000_000 + number}",
        "address": {"street": "77 Nowhere Lane", "state": "CA", "zip": "94110"},
    }
    return {
        "vertical": vertical,
        "contact_info": contact | changes.pop("contact", {}),
        "vertical_data": NEEDED[vertical] | {"timeline": TIMELINES[priority]} | (data or {}),
    } | changes


def people(many, *, start=0, **options):
    return [person(start + number, **options) for number in range(many)]


def hours(opens, closes, *, time_zone="UTC", weekdays=range(7)):
    """Be open from one full hour to another; 0 closes at midnight."""
    openings = tuple(Opening(day, time(opens), time(closes)) for day in weekdays)
    return WeeklyHours(time_zone, openings)


def _rule(given):
    if isinstance(given, dict):
        return given
    to, priority = given if isinstance(given, tuple) else (given, 0)
    return {"name": f"to {to}", "priority": priority, "to": to}
