"""What the walk leaves behind for delivery: a placed lead, its sealed contact, a due delivery."""

import base64
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from leadflow.core.lead import Address, Contact
from leadflow.store.ids import new_id
from leadflow.store.seal import Vault

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SOURCE = UUID(int=1)
PARTNER = UUID(int=2)
RULE = UUID(int=3)
AGENT = UUID(int=4)
CONTACT = Contact(
    first_name="Zoë",
    last_name="O'Neil",
    email="zoe@example.com",
    phone="+16175550123",
    phone_verified=True,
    address=Address(street="1 Main St", city="Boston", state="MA", zip="02108", country="US"),
    date_of_birth=date(1990, 2, 3),
)


class Rows:
    """Writes rows over a database, on connections of its own."""

    def __init__(self, database):
        self._database = database
        self.vault = Vault([bytes(32)])

    async def execute(self, statement, *values):
        async with self._database.service() as connection:
            return await connection.execute(statement, *values)

    async def fetch(self, statement, *values):
        async with self._database.service() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    async def one(self, statement, *values):
        [row] = await self.fetch(statement, *values)
        return row

    async def world(self):
        """Two workspaces and an agent of the second."""
        for id_, slug, kind in ((SOURCE, "brand", "standard"), (PARTNER, "acme", "partner")):
            await self.execute(
                "INSERT INTO workspaces (id, slug, name, kind, created_at, updated_at) "
                "VALUES ($1, $2, $2, $3, $4, $4)",
                *(id_, slug, kind, NOW),
            )
        await self.execute(
            "INSERT INTO agents (id, workspace_id, name, email, created_at, updated_at) "
            "VALUES ($1, $2, 'Ann Agent', 'ann@acme.example', $3, $3)",
            *(AGENT, PARTNER, NOW),
        )

    async def destination(self, url="http://127.0.0.1:9/", name="main"):
        id_ = new_id()
        await self.execute(
            "INSERT INTO destinations (id, workspace_id, name, kind, url, secret, created_at, "
            "updated_at) VALUES ($1, $2, $3, 'webhook', $4, $5, $6, $6)",
            *(id_, PARTNER, name, url, self.vault.seal_text(id_, SECRET.encode()), NOW),
        )
        return id_

    async def delivery(self, destination_id, *, due=NOW, agent=None):
        """Place a lead with a destination; give the delivery's id."""
        lead, placement, delivery = new_id(), new_id(), new_id()
        await self.execute(
            "INSERT INTO leads (id, workspace_id, source_id, vertical, external_id, "
            "traffic_source, status, routing_status, routing_result, score, quality, priority, "
            "created_at, updated_at) VALUES ($1, $2, $2, 'AUTO', 'X-1', 'organic', 'routed', "
            "'routed', 'success', 72, 90, 'hot', $3, $3)",
            *(lead, SOURCE, NOW),
        )
        personal = {"contact": CONTACT, "data": {"vehicleYear": 2019}, "extra": {"utm": "x"}}
        await self.execute(
            "INSERT INTO lead_contacts (lead_id, key_id, sealed) VALUES ($1, $2, $3)",
            *(lead, *self.vault.seal(lead, msgspec.json.encode(personal))),
        )
        await self.execute(
            "INSERT INTO placements (id, lead_id, slot, destination_id, workspace_id, "
            "source_workspace_id, rule_id, max_owners, price_minor, currency, placed_at) "
            "VALUES ($1, $2, 1, $3, $4, $5, $6, 1, 2500, 'USD', $7)",
            *(placement, lead, destination_id, PARTNER, SOURCE, RULE, NOW),
        )
        if agent is not None:
            await self.execute(
                "INSERT INTO assignments (placement_id, lead_id, agent_id, workspace_id, "
                "assigned_at) VALUES ($1, $2, $3, $4, $5)",
                *(placement, lead, agent, PARTNER, NOW),
            )
        await self.execute(
            "INSERT INTO deliveries (id, lead_id, placement_id, destination_id, workspace_id, "
            "state, next_attempt_at, created_at) VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7)",
            *(delivery, lead, placement, destination_id, PARTNER, due, NOW),
        )
        return delivery

    async def deliveries(self, destination_id, number, *, due=NOW):
        """Place several leads, each due a millisecond after the one before."""
        return [
            await self.delivery(destination_id, due=due + timedelta(milliseconds=place))
            for place in range(number)
        ]

    async def state(self, delivery_id):
        return await self.one("SELECT * FROM deliveries WHERE id = $1", delivery_id)

    async def attempts(self, delivery_id):
        return await self.fetch(
            "SELECT * FROM delivery_attempts WHERE delivery_id = $1 ORDER BY number", delivery_id
        )
