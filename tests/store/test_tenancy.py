"""A tenant sees its own leads and those placed with it, and writes only what is its own."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from leadflow.errors import PermanentError, SetupError
from leadflow.store.ids import new_id

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
BRAND, PARTNER, STRANGER = (UUID(int=n) for n in (1, 2, 3))
KEPT, PLACED, RELEASED, STRANGE = (UUID(int=n) for n in (11, 12, 13, 14))  # leads
WEB = UUID(int=21)

# The brand has three leads: one of its own, one that is with the partner, one that was taken from
# it again. The stranger has one. Every table holds a row about each, as far as that makes sense.
ROWS = f"""
INSERT INTO workspaces (id, slug, name, kind, created_at, updated_at)
SELECT id, slug, slug, 'standard', now(), now()
FROM (VALUES ('{BRAND}'::uuid, 'brand'), ('{PARTNER}', 'partner'), ('{STRANGER}', 'stranger'))
  AS w (id, slug);
INSERT INTO sources (id, workspace_id, channel, name, created_at, updated_at)
SELECT id, id, 'api', 'default', now(), now() FROM workspaces;
INSERT INTO destinations (id, workspace_id, name, kind, url, secret, created_at, updated_at)
SELECT id, id, 'web', 'webhook', 'x', '', now(), now() FROM workspaces;
INSERT INTO agents (id, workspace_id, name, created_at, updated_at)
SELECT id, id, 'Ann', now(), now() FROM workspaces;
INSERT INTO rulebooks SELECT id, 1, '{{}}', now(), 'x' FROM workspaces;
INSERT INTO audit_log SELECT gen_random_uuid(), now(), 'x', 'x', 'x', id, '{{}}' FROM workspaces;
INSERT INTO audit_log SELECT gen_random_uuid(), now(), 'x', 'x', 'x', NULL, '{{}}';
INSERT INTO refusals SELECT id, '2026-03-04', 1 FROM workspaces;
INSERT INTO flags VALUES ('enableWebhooks', true, now());

CREATE TEMP TABLE mine (lead uuid, source uuid, owner uuid, released boolean);
INSERT INTO mine VALUES
  ('{KEPT}', '{BRAND}', '{BRAND}', false),
  ('{PLACED}', '{BRAND}', '{PARTNER}', false),
  ('{RELEASED}', '{BRAND}', '{PARTNER}', true),
  ('{STRANGE}', '{STRANGER}', '{STRANGER}', false);
INSERT INTO leads (id, workspace_id, source_id, vertical, status, routing_status, routing_result,
  created_at, updated_at)
SELECT lead, source, source, 'AUTO', 'routed', 'routed', 'success', now(), now() FROM mine;
INSERT INTO lead_contacts SELECT lead, 1, '' FROM mine;
INSERT INTO lead_facts SELECT lead, '{{}}', '', '{{}}' FROM mine;
INSERT INTO placements (id, lead_id, slot, destination_id, workspace_id, source_workspace_id,
  max_owners, price_minor, currency, placed_at, released_at)
SELECT lead, lead, 1, owner, owner, source, 1, 0, 'USD', now(),
  CASE WHEN released THEN now() END
FROM mine;
INSERT INTO assignments SELECT lead, lead, owner, owner, now() FROM mine;
INSERT INTO delivery_health SELECT id, 1, NULL FROM destinations;
INSERT INTO returns SELECT lead, lead, owner, owner, 'late', NULL, now() FROM mine;
INSERT INTO lead_routing_logs
SELECT lead, lead, source, owner, NULL, lead, 'success', now() FROM mine;
INSERT INTO lead_routing_queue (id, lead_id, workspace_id, reason, priority, attempt_number,
  max_attempts, next_retry_at, created_at)
SELECT lead, lead, source, 'retry', 1, 1, 3, now(), now() FROM mine;
INSERT INTO reviews (id, lead_id, workspace_id, reason, opened_at)
SELECT lead, lead, source, 'x', now() FROM mine;
INSERT INTO decisions SELECT lead, 0, lead, source, 1, now(), '' FROM mine;
INSERT INTO deliveries (id, lead_id, placement_id, destination_id, workspace_id, state, created_at)
SELECT lead, lead, lead, owner, owner, 'pending', now() FROM mine;
INSERT INTO delivery_attempts SELECT lead, 1, now(), NULL, 'sending' FROM mine;
INSERT INTO events SELECT lead, 'lead.created', lead, source, now(), '{{}}' FROM mine;
"""

# By table: which column tells the rows apart, and which of them each tenant sees. Of a lead that
# was taken from it, a partner keeps the terms and the deliveries: they are its books.
ALL_OF_BRAND = {KEPT, PLACED, RELEASED}
ABOUT_A_LEAD = {BRAND: ALL_OF_BRAND, PARTNER: {PLACED}, STRANGER: {STRANGE}}
BY_SOURCE = {BRAND: ALL_OF_BRAND, PARTNER: set(), STRANGER: {STRANGE}}
BY_OWNER = {BRAND: {KEPT}, PARTNER: {PLACED, RELEASED}, STRANGER: {STRANGE}}
ITS_OWN = {each: {each} for each in (BRAND, PARTNER, STRANGER)}
SEEN = {
    "workspaces": ("id", ITS_OWN),
    "sources": ("workspace_id", ITS_OWN),
    "destinations": ("workspace_id", ITS_OWN),
    "delivery_health": ("destination_id", ITS_OWN),  # which are named as their workspaces here
    "agents": ("workspace_id", ITS_OWN),
    "rulebooks": ("workspace_id", ITS_OWN),
    "audit_log": ("workspace_id", ITS_OWN),
    "refusals": ("workspace_id", ITS_OWN),
    "leads": ("id", ABOUT_A_LEAD),
    "lead_contacts": ("lead_id", ABOUT_A_LEAD),
    "lead_facts": ("lead_id", ABOUT_A_LEAD),
    "lead_routing_logs": ("lead_id", ABOUT_A_LEAD),
    "decisions": ("lead_id", ABOUT_A_LEAD),
    "events": ("lead_id", ABOUT_A_LEAD),
    "placements": (
        "lead_id",
        {BRAND: ALL_OF_BRAND, PARTNER: {PLACED, RELEASED}, STRANGER: {STRANGE}},
    ),
    "assignments": ("lead_id", BY_OWNER),
    "returns": ("lead_id", BY_OWNER),
    "deliveries": ("lead_id", BY_OWNER),
    "delivery_attempts": ("delivery_id", BY_OWNER),
    "lead_routing_queue": ("lead_id", BY_SOURCE),
    "reviews": ("lead_id", BY_SOURCE),
}
NOBODY_S = {"flags", "configuration"}  # of the whole installation, and of no tenant

# What a tenant may write: a statement about one workspace, which must do nothing about another's.
WRITES = {
    "INSERT INTO sources": "INSERT INTO sources (id, workspace_id, channel, name, created_at, "
    "updated_at) VALUES (gen_random_uuid(), $1, 'api', 'new', now(), now())",
    "INSERT INTO destinations": "INSERT INTO destinations (id, workspace_id, name, kind, url, "
    "secret, created_at, updated_at) "
    "VALUES (gen_random_uuid(), $1, 'new', 'webhook', 'x', '', now(), now())",
    "INSERT INTO agents": "INSERT INTO agents (id, workspace_id, name, created_at, updated_at) "
    "VALUES (gen_random_uuid(), $1, 'New', now(), now())",
    "INSERT INTO rulebooks": "INSERT INTO rulebooks VALUES ($1, 2, '{}', now(), 'x')",
    "INSERT INTO audit_log": "INSERT INTO audit_log "
    "VALUES (gen_random_uuid(), now(), 'x', 'x', 'x', $1, '{}')",
    "UPDATE workspaces": "UPDATE workspaces SET name = 'new' WHERE id = $1",
    "UPDATE sources": "UPDATE sources SET name = 'new' WHERE workspace_id = $1",
    "UPDATE destinations": "UPDATE destinations SET weight = 2 WHERE workspace_id = $1",
    "UPDATE delivery_health": "UPDATE delivery_health SET failures = 0 WHERE destination_id = $1",
    "UPDATE agents": "UPDATE agents SET name = 'New' WHERE workspace_id = $1",
    "UPDATE reviews": "UPDATE reviews SET closed_at = now(), resolution = 'x' "
    "WHERE workspace_id = $1",
    "UPDATE lead_routing_queue": "UPDATE lead_routing_queue SET next_retry_at = now() "
    "WHERE workspace_id = $1",
    "DELETE FROM sources": "DELETE FROM sources WHERE workspace_id = $1",
    "DELETE FROM destinations": "DELETE FROM destinations WHERE workspace_id = $1",
    "DELETE FROM agents": "DELETE FROM agents WHERE workspace_id = $1",
}
GIVEN_AWAY = {
    "sources": "UPDATE sources SET workspace_id = $1",
    "destinations": "UPDATE destinations SET workspace_id = $1",
    "agents": "UPDATE agents SET workspace_id = $1",
}


@pytest.fixture
async def peopled(database, database_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute(ROWS)
    await connection.close()
    return database


async def tables_for(database, role, privilege):
    async with database.service() as connection:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace AND has_table_privilege($1, oid, $2)",
            *(role, privilege),
        )
    return {row["relname"] for row in rows}


async def execute(database, workspace, statement, *values):
    async with database.tenant(workspace) as connection:
        status = await connection.execute(statement, *values)
    return int(status.rpartition(" ")[2])


async def test_every_table_that_tenants_may_read_has_its_case_here(database):
    assert await tables_for(database, "adf_app", "SELECT") == {*SEEN, *NOBODY_S}


@pytest.mark.parametrize("workspace", [BRAND, PARTNER, STRANGER], ids=["brand", "partner", "other"])
@pytest.mark.parametrize("table", SEEN)
async def test_a_tenant_sees_exactly_what_is_its_own_or_with_it(peopled, table, workspace):
    column, seen = SEEN[table]
    async with peopled.tenant(workspace) as connection:
        rows = await connection.fetch(f"SELECT {column} FROM {table}")
    assert {row[0] for row in rows} == seen[workspace]


@pytest.mark.parametrize("table", SEEN)
async def test_who_has_said_for_whom_they_ask_for_nobody_sees_nothing(peopled, table):
    async with peopled._transaction("adf_app") as connection:
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("table", SEEN)
async def test_the_service_and_readers_see_everybody_s(peopled, table):
    async with peopled.service() as connection:
        column, seen = SEEN[table]
        everything = {row[0] for row in await connection.fetch(f"SELECT {column} FROM {table}")}
        assert everything - {None} == set().union(*seen.values())
        if table != "lead_contacts":
            await connection.execute("SET LOCAL ROLE adf_ro")
            read = await connection.fetch(f"SELECT {column} FROM {table}")
            assert {row[0] for row in read} == everything


@pytest.mark.parametrize("statement", WRITES.values(), ids=[*WRITES])
async def test_a_tenant_writes_its_own_rows(peopled, statement):
    assert await execute(peopled, BRAND, statement, BRAND) > 0


@pytest.mark.parametrize("statement", WRITES.values(), ids=[*WRITES])
async def test_a_tenant_cannot_write_another_s_rows(peopled, statement):
    if statement.startswith("INSERT"):
        with pytest.raises(SetupError, match="InsufficientPrivilegeError"):
            await execute(peopled, BRAND, statement, PARTNER)
    else:
        assert await execute(peopled, BRAND, statement, PARTNER) == 0


@pytest.mark.parametrize("table", GIVEN_AWAY)
async def test_a_tenant_cannot_give_its_rows_to_another(peopled, table):
    with pytest.raises(SetupError, match="InsufficientPrivilegeError"):
        await execute(peopled, BRAND, GIVEN_AWAY[table], PARTNER)


async def test_what_tenants_may_write_has_its_case_here(database):
    granted = {
        f"{verb} {table}"
        for verb, privilege in (
            ("INSERT INTO", "INSERT"),
            ("UPDATE", "UPDATE"),
            ("DELETE FROM", "DELETE"),
        )
        for table in await tables_for(database, "adf_app", privilege)
    }
    columns = {"UPDATE reviews", "UPDATE lead_routing_queue"}  # only some of them
    assert granted | columns == set(WRITES)


async def test_a_tenant_closes_a_review_and_changes_nothing_else_of_it(peopled):
    with pytest.raises(SetupError, match="InsufficientPrivilegeError"):
        await execute(peopled, BRAND, "UPDATE reviews SET reason = 'x'")


async def test_a_tenant_brings_a_try_forward_and_changes_nothing_else_of_the_queue(peopled):
    for change in ("attempt_number = 0", "processed_at = now()", "priority = 2"):
        with pytest.raises(SetupError, match="InsufficientPrivilegeError"):
            await execute(peopled, BRAND, f"UPDATE lead_routing_queue SET {change}")


async def test_no_tenant_sees_what_operators_switch(peopled):
    with pytest.raises(SetupError, match="InsufficientPrivilegeError"):
        await execute(peopled, BRAND, "SELECT * FROM routing_pause")


async def test_a_partner_that_gets_a_lead_sees_it_and_its_past(peopled):
    async with peopled.service() as connection:
        await connection.execute("UPDATE placements SET released_at = NULL")
    async with peopled.tenant(PARTNER) as connection:
        for table in ("leads", "lead_contacts", "events"):
            column = "id" if table == "leads" else "lead_id"
            rows = await connection.fetch(f"SELECT {column} FROM {table}")
            assert {row[0] for row in rows} == {PLACED, RELEASED}


async def test_a_tenant_wakes_the_leads_that_its_change_concerns_and_no_others(world):
    await world.destination("acme/leads", caps={"day": 0})
    await world.destination("zeta/leads", caps={"day": 0})
    await world.workspace("second")
    await world.rules("brand", "acme/leads")
    await world.rules("second", "zeta/leads")
    for source in ("brand", "second"):
        await world.execute(
            "INSERT INTO lead_routing_queue (id, lead_id, workspace_id, reason, priority, "
            "attempt_number, max_attempts, next_retry_at, created_at) "
            "VALUES ($1, $1, $2, 'waiting', 1, 0, 3, $3, $3)",
            *(new_id(), world.ids[source], NOW + timedelta(days=1)),
        )
    async with world.database.tenant(world.ids["acme"]) as connection:
        woken = await connection.fetchval(
            "SELECT wake_waiting_leads($1, $2)", world.ids["acme"], NOW
        )
    assert woken == 1
    due = await world.fetch(
        "SELECT workspace_id FROM lead_routing_queue WHERE next_retry_at = $1", NOW
    )
    assert [row["workspace_id"] for row in due] == [world.ids["brand"]]


async def test_a_slug_that_begins_like_another_s_wakes_only_its_own(world):
    await world.destination("acme/leads")
    await world.workspace("acme-west", kind="partner")
    await world.rules("brand", "acme/leads")
    with_rules = await world.value("SELECT wake_waiting_leads($1, now())", world.ids["acme-west"])
    assert with_rules == 0


async def test_a_refused_change_is_no_row_s_fault(peopled):
    with pytest.raises(PermanentError, match="rulebooks_pkey"):
        await execute(
            peopled, BRAND, "INSERT INTO rulebooks VALUES ($1, 1, '{}', now(), 'x')", BRAND
        )
