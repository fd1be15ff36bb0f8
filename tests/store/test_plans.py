"""Queries that run all day read from their indexes, on tables that have grown."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from leadflow.store.queries import load

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
BRAND, PARTNER, SOURCE, DESTINATION = (UUID(int=n) for n in range(1, 5))
NOBODY = UUID(int=9)
LEAD = UUID("00000000-0000-7000-8000-000000000100")
KEY = bytes(16)
LEADS = 20_000

# One lead in a hundred is in the flow, the others are over, as it is on an ordinary day.
FILL = f"""
CREATE FUNCTION pg_temp.id(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
CREATE FUNCTION pg_temp.digest(n integer) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN decode(md5(n::text), 'hex');
CREATE TEMP TABLE one AS
SELECT n, pg_temp.id(n) AS id, timestamptz '2026-03-04 12:00Z' - n * interval '1 minute' AS at,
  CASE WHEN n % 400 = 1 THEN 'received' WHEN n % 400 = 2 THEN 'waiting'
    WHEN n % 400 = 3 THEN 'routing' WHEN n % 400 = 4 THEN 'review' ELSE 'routed' END AS state
FROM generate_series(1, {LEADS}) AS n;

INSERT INTO workspaces (id, slug, name, kind, created_at, updated_at)
SELECT id, slug, slug, 'standard', now(), now()
FROM (VALUES ('{BRAND}'::uuid, 'brand'), ('{PARTNER}', 'partner'), ('{NOBODY}', 'nobody'))
  AS w (id, slug);
INSERT INTO sources (id, workspace_id, channel, name, created_at, updated_at)
VALUES ('{SOURCE}', '{BRAND}', 'api', 'default', now(), now());
INSERT INTO leads (id, workspace_id, source_id, vertical, status, routing_status, routing_result,
  routing_locked_at, routing_locked_by, score, created_at, updated_at)
SELECT id, '{BRAND}', '{SOURCE}', 'AUTO',
  CASE state WHEN 'waiting' THEN 'processed' WHEN 'routing' THEN 'processed' ELSE state END,
  CASE state WHEN 'received' THEN 'pending' WHEN 'waiting' THEN 'pending'
    WHEN 'review' THEN 'failed' ELSE state END,
  CASE state WHEN 'routed' THEN 'success' WHEN 'review' THEN 'failed' END,
  CASE state WHEN 'routing' THEN at END, CASE state WHEN 'routing' THEN 'w' END, n % 101, at, at
FROM one;
INSERT INTO lead_facts SELECT id, '{{}}', pg_temp.digest(n), '{{}}' FROM one;
INSERT INTO lead_contacts SELECT id, 1, pg_temp.digest(n) FROM one;
INSERT INTO submission_keys
SELECT '{BRAND}', 'external', '{SOURCE}', n::text, id, '', '', at + interval '90 days' FROM one;
INSERT INTO identities
SELECT pg_temp.digest(n), 'AUTO', '{BRAND}', id, at + interval '90 days' FROM one;
INSERT INTO placements (id, lead_id, slot, destination_id, workspace_id, source_workspace_id,
  max_owners, price_minor, currency, placed_at)
SELECT id, id, 1, '{DESTINATION}', '{PARTNER}', '{BRAND}', 1, 0, 'USD', at
FROM one WHERE state = 'routed';
INSERT INTO placement_keys
SELECT pg_temp.digest(n), 'AUTO', jsonb_build_array(jsonb_build_object('lead_id', id,
  'destination_id', '{DESTINATION}', 'workspace_id', '{PARTNER}', 'max_owners', 1,
  'until', at + interval '90 days')), 1, 1
FROM one WHERE state = 'routed';
INSERT INTO assignments SELECT id, id, '{NOBODY}', '{PARTNER}', at FROM one WHERE state = 'routed';
INSERT INTO lead_routing_logs
SELECT id, id, '{BRAND}', '{PARTNER}', NULL, id, 'success', at FROM one WHERE state = 'routed';
INSERT INTO lead_routing_queue (id, lead_id, workspace_id, reason, priority, attempt_number,
  max_attempts, next_retry_at, created_at, processed_at)
SELECT id, id, '{BRAND}', 'waiting', n % 3, 1, 3, at, at, CASE WHEN state <> 'waiting' THEN at END
FROM one;
INSERT INTO reviews (id, lead_id, workspace_id, reason, opened_at, closed_at, resolution)
SELECT id, id, '{BRAND}', 'x', at, CASE WHEN state <> 'review' THEN at END,
  CASE WHEN state <> 'review' THEN 'done' END FROM one;
INSERT INTO decisions SELECT id, 0, id, '{BRAND}', 1, at, '' FROM one;
INSERT INTO deliveries (id, lead_id, placement_id, destination_id, workspace_id, state,
  next_attempt_at, created_at, finished_at)
SELECT id, id, id, '{DESTINATION}', '{PARTNER}',
  CASE WHEN n % 400 = 5 THEN 'pending' ELSE 'delivered' END,
  CASE WHEN n % 400 = 5 THEN at END, at, CASE WHEN n % 400 <> 5 THEN at END
FROM one WHERE state = 'routed';
INSERT INTO delivery_attempts SELECT id, 1, at, at, 'delivered' FROM one WHERE state = 'routed';
INSERT INTO events SELECT id, 'lead.created', id, '{BRAND}', at, '{{}}' FROM one;
INSERT INTO capacity
SELECT pg_temp.id(n % 100), 'hour', timestamptz '2020-01-01' + n * interval '1 hour', 9, 1, at
FROM one;
"""
GROWN = (
    *("leads", "lead_facts", "lead_contacts", "submission_keys", "identities", "placements"),
    *("placement_keys", "assignments", "lead_routing_logs", "lead_routing_queue", "reviews"),
    *("decisions", "deliveries", "delivery_attempts", "events", "capacity"),
)

ALL = (None,) * 13  # a list without filters, from its beginning
OF_ONE = ([BRAND], ["external"], [SOURCE], ["7"])
WALK: tuple[tuple[str, str, tuple[object, ...]], ...] = (
    ("walk", "submission_keys", ([(BRAND, "external", SOURCE, "1")], NOW)),
    ("walk", "people", ([(KEY, "AUTO", BRAND)], NOW)),
    ("walk", "held", ([(KEY, "AUTO")],)),
    ("walk", "lock_counters", ([(LEAD, "hour", NOW)],)),
    ("walk", "close_queue_rows", ([(LEAD,)], NOW)),
    ("walk", "close_reviews", ([(LEAD,)], NOW, "done")),
    ("walk", "finish_leads", ([(LEAD, "w", "x", "x", None, 1)], NOW)),
    ("claims", "claim_received", (NOW, "w", 100, 0)),
    ("claims", "claim_due", (NOW, "w", 100, 0)),
    ("claims", "claim_stale", (NOW, "w", 100, NOW - timedelta(minutes=5))),
    ("claims", "load", ([LEAD],)),
    ("claims", "still_ours", ([LEAD], "w")),
    ("claims", "next_due", (timedelta(minutes=5), 0)),
    ("claims", "expire", (NOW, NOW - timedelta(days=90), 500)),
    ("claims", "forget_keys", (NOW, 500)),
    ("claims", "forget_people", (NOW, 500)),
    ("deliveries", "claim", (NOW, "w", NOW, 64, 8, [], [])),
    ("deliveries", "leases", ([LEAD],)),
    ("deliveries", "parcels", ([LEAD],)),
    ("deliveries", "lapsed", (NOW, 100)),
    ("deliveries", "next_due", ([],)),
    ("manual", "hold_lead", (LEAD,)),
    ("owners", "owner", (LEAD,)),
    ("owners", "delivery_states", (LEAD, LEAD)),
    ("owners", "drop_deliveries", (LEAD, LEAD, NOW, "x")),
    ("health", "failed_before", ([DESTINATION],)),
    ("returns", "take_overdue", (NOW,)),
    ("returns", "next_due", ()),
    ("walk", "returned", ([LEAD],)),
    ("waking", "wake", (BRAND, NOW)),
    ("backlogs", "stale_locks", (NOW,)),
    ("controls", "make_due", (NOW, None)),
    ("controls", "under_way", (NOW, NOW - timedelta(minutes=5), 0)),
)
SHOWN = (
    ("readings", "lead", (LEAD,)),
    ("readings", "timeline", (LEAD,)),
    ("readings", "deliveries", (LEAD,)),
    ("readings", "queue_row", (LEAD,)),
    ("controls", "make_due", (NOW, LEAD)),
    ("readings", "open_review", (LEAD,)),
    ("readings", "decisions", (LEAD, 10)),
    ("readings", "profile", (LEAD,)),
    ("manual", "visible", (LEAD,)),
)


class Grown:
    """A database with a year behind it, and how it goes about a query."""

    def __init__(self, connection):
        self.connection = connection

    async def plan(self, statement, values, role="leadflow_service", workspace=None):
        async with self.connection.transaction():
            await self.connection.execute(f"SET LOCAL ROLE {role}")
            await self.connection.execute(
                "SELECT set_config('leadflow.workspace_id', $1, true)", str(workspace or "")
            )
            rows = await self.connection.fetch(f"EXPLAIN {statement}", *values)
        return "\n".join(row[0] for row in rows)

    async def rows_read(self, statement, values, role, workspace):
        """Count the rows that a query's scans looked at, whether it gave them or not."""
        async with self.connection.transaction():
            await self.connection.execute(f"SET LOCAL ROLE {role}")
            await self.connection.execute(
                "SELECT set_config('leadflow.workspace_id', $1, true)", str(workspace)
            )
            rows = await self.connection.fetch(
                f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, SUMMARY OFF) {statement}", *values
            )
        text = "\n".join(row[0] for row in rows)
        scans = re.findall(r"Scan.*actual rows=([\d.]+) loops=(\d+)", text)
        removed = sum(int(number) for number in re.findall(r"Removed by Filter: (\d+)", text))
        return removed + sum(float(rows) * int(loops) for rows, loops in scans), text


@pytest.fixture(scope="module")
async def grown(databases):
    async with databases.fresh() as url:
        connection = await asyncpg.connect(url)
        await connection.execute(FILL)
        await connection.execute("ANALYZE")
        yield Grown(connection)
        await connection.close()


def scanned_whole(plan):
    """Name the tables that grow with the leads and are read from end to end."""
    return [table for table in GROWN if re.search(rf"Seq Scan on {table}\b", plan)]


@pytest.mark.parametrize(("module", "name", "values"), WALK, ids=lambda each: str(each)[:20])
async def test_the_walk_reads_no_table_from_end_to_end(grown, module, name, values):
    plan = await grown.plan(load(module)[name], values)
    assert scanned_whole(plan) == [], plan


@pytest.mark.parametrize("workspace", [BRAND, PARTNER], ids=["its own", "placed with it"])
@pytest.mark.parametrize(("module", "name", "values"), SHOWN, ids=lambda each: str(each)[:20])
async def test_one_lead_is_shown_to_a_tenant_at_the_cost_of_one(
    grown, module, name, values, workspace
):
    read, plan = await grown.rows_read(load(module)[name], values, "adf_app", workspace)
    assert read < 50, plan


@pytest.mark.parametrize("role", ["leadflow_service", "adf_app"])
@pytest.mark.parametrize("workspace", [BRAND, PARTNER], ids=["its own", "placed with it"])
@pytest.mark.parametrize("before", [None, LEAD], ids=["first page", "later page"])
async def test_a_page_of_a_workspace_s_leads_costs_what_is_on_it(grown, role, workspace, before):
    values = (before, 50, *ALL[2:], workspace)
    read, plan = await grown.rows_read(
        load("readings")["page_of_workspace"], values, role, workspace
    )
    assert read < 50 * 12, plan


async def test_a_page_of_all_leads_costs_what_is_on_it(grown):
    values = (None, 50, *ALL[2:])
    read, plan = await grown.rows_read(
        load("readings")["page_of_all"], values, "leadflow_service", ""
    )
    assert read < 50 * 12, plan


async def test_who_has_no_leads_is_told_so_without_a_look_at_everybody_s(grown):
    values = (None, 50, *ALL[2:], NOBODY)
    read, plan = await grown.rows_read(
        load("readings")["page_of_workspace"], values, "adf_app", NOBODY
    )
    assert read < 50, plan


async def test_a_round_of_the_worker_costs_what_is_due_and_not_what_has_been(grown):
    for name, values in (
        ("claim_due", (NOW, "w", 100, 0)),
        ("next_due", (timedelta(minutes=5), 0)),
        ("claim_stale", (NOW, "w", 100, NOW)),
    ):
        read, plan = await grown.rows_read(load("claims")[name], values, "leadflow_service", "")
        assert read < LEADS / 20, plan


async def test_while_nothing_is_due_a_round_passes_by_those_who_wait(grown):
    before_all = NOW - timedelta(minutes=LEADS + 1)
    read, plan = await grown.rows_read(
        load("claims")["claim_due"], (before_all, "w", 100, 0), "leadflow_service", ""
    )
    assert read == 0, plan


PAUSED = (
    ("claim_received", (NOW, "w", 100, 2)),
    ("claim_due", (NOW, "w", 100, 2)),
    ("next_due", (timedelta(minutes=5), 2)),
)


@pytest.mark.parametrize(("name", "values"), PAUSED, ids=[name for name, _ in PAUSED])
async def test_while_routing_is_paused_a_round_passes_by_those_who_are(grown, name, values):
    """Thousands are due, and nobody is hot. One row is the function's, one a lead's in hand."""
    undone = grown.connection.transaction()
    await undone.start()
    await grown.connection.execute(
        "UPDATE lead_routing_queue SET processed_at = NULL, priority = 0 WHERE priority = 0"
    )
    await grown.connection.execute("DELETE FROM lead_routing_queue WHERE priority > 0")
    await grown.connection.execute("ANALYZE lead_routing_queue")
    read, plan = await grown.rows_read(load("claims")[name], values, "leadflow_service", "")
    await undone.rollback()
    assert read <= 2, plan
