"""Routing by workers: ours beside one transaction a step, as the systems before it did it."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from uuid_utils.compat import uuid7

from benchmarks.installation import Installation, installation
from benchmarks.leads import bodies
from benchmarks.load import post_files
from leadflow.app import utc_now
from leadflow.core.rulebook import Rulebook
from leadflow.store.configuration import DirectoryCache
from leadflow.store.database import Database
from leadflow.store.profiles import split
from leadflow.telemetry import logs
from leadflow.work.record import Tries
from leadflow.work.routing import Routing

CONNECTIONS = (1, 4, 16, 64)  # of the reference; its best is what we compare with
RUNS = 3

# Everything that routing has written, and the leads as they were before.
RESET = """
TRUNCATE placements, placement_keys, assignments, lead_routing_logs, lead_routing_queue, decisions,
  decision_batches, deliveries, capacity, rotations, reviews;
DELETE FROM events WHERE name IN ('lead.processed', 'lead.routed');
UPDATE leads SET status = 'received', routing_status = 'pending', routing_result = NULL,
  routing_locked_at = NULL, routing_locked_by = NULL, routing_attempts = 0, updated_at = created_at;
"""
LOCK = """
UPDATE leads SET status = 'processed', routing_status = 'routing', routing_locked_at = now(),
  routing_locked_by = $2, routing_attempts = routing_attempts + 1, updated_at = now()
WHERE id = $1 AND routing_status = 'pending'
RETURNING id
"""
READ = """
SELECT l.workspace_id, l.vertical, f.attributes, f.identity
FROM leads l JOIN lead_facts f ON f.lead_id = l.id WHERE l.id = $1
"""
DUPLICATE = """
SELECT holder ->> 'lead_id' FROM placement_keys, jsonb_array_elements(holders) AS holder
WHERE key = ANY ($1::bytea[]) AND vertical = $2 AND (holder ->> 'until')::timestamptz > now()
"""
RULES = """
SELECT r.document FROM rulebooks r
JOIN workspaces w ON w.id = r.workspace_id AND w.rulebook_version = r.version WHERE w.id = $1
"""
PLACE = """
INSERT INTO placements (id, lead_id, slot, destination_id, workspace_id, source_workspace_id,
  rule_id, max_owners, price_minor, currency, placed_at)
SELECT $1, $2, 1, d.id, d.workspace_id, $4, $5, 1, 0, 'USD', now()
FROM destinations d WHERE d.id = $3
RETURNING workspace_id
"""
HOLD = """
INSERT INTO placement_keys (key, vertical, holders, max_owners, revision)
SELECT key, $2, jsonb_build_array(jsonb_build_object('lead_id', $3::uuid,
  'destination_id', $4::uuid, 'workspace_id', $5::uuid, 'max_owners', 1,
  'until', now() + interval '90 days')), 1, 1
FROM unnest($1::bytea[]) AS key
"""
FINISH = """
UPDATE leads SET status = 'routed', routing_status = 'routed', routing_result = 'success',
  routing_locked_at = NULL, routing_locked_by = NULL, updated_at = now()
WHERE id = $1
"""
LOG = """
INSERT INTO lead_routing_logs (id, lead_id, source_workspace_id, destination_workspace_id,
  matched_rule_id, placement_id, routing_result, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'success', now())
"""


async def measure(leads: int) -> dict[str, dict[str, float]]:
    """Store leads with routing switched off, and time how they are routed."""
    logs.configure(level="warning", service="benchmark")  # as the installation's processes
    async with installation() as made:
        await _store(made, leads)
        figures = {"one worker, groups of 100": await _ours(made.database, leads)}
        best = 0.0
        for connections in CONNECTIONS:
            speed = statistics.median(
                [await _reference(made.database, leads, connections) for _ in range(RUNS)]
            )
            best = max(best, speed)
            name = f"reference: a transaction a step, {connections} connections"
            figures[name] = {"leads_per_second": speed}
        ours = figures["one worker, groups of 100"]
        ours["times_the_reference"] = ours["leads_per_second"] / best
        return figures


async def _store(made: Installation, leads: int) -> None:
    await _execute(made.database, "INSERT INTO flags VALUES ('enableAutoRouting', false, now())")
    url = f"{made.url}/api/v1/leads/batch?workspace=source"
    _, results = await post_files(url, made.key, list(islice(bodies(), leads)), 1000)
    if results["accepted"] != leads:
        raise RuntimeError(f"{dict(results)} of {leads} leads were stored")
    await _execute(made.database, "UPDATE flags SET enabled = true")


async def _ours(url: str, leads: int) -> dict[str, float]:
    """Route all leads by one worker; a round claims, decides and completes up to 100 leads."""
    speeds, rounds = [], []
    for _ in range(RUNS):
        await _reset(url)
        async with _database(url) as database:
            routing = Routing(database, "benchmark", Tries(), utc_now)
            routing.start()
            began = time.perf_counter()
            routed = 0
            while routed < leads:
                started = time.perf_counter()
                routed += await routing.run_once()
                rounds.append((time.perf_counter() - started) * 1e3)
            speeds.append(leads / (time.perf_counter() - began))
            await routing.close()
        await _all_routed(url, leads)
    rounds.sort()
    return {
        "leads_per_second": statistics.median(speeds),
        "round_p50_ms": statistics.median(rounds),
        "round_p95_ms": rounds[int(0.95 * len(rounds))],
    }


async def _reference(url: str, leads: int, connections: int) -> float:
    await _reset(url)
    book = await _rulebook(url)
    async with asyncpg.create_pool(url, min_size=connections, max_size=connections) as pool:
        ids = iter([row["id"] for row in await pool.fetch("SELECT id FROM leads ORDER BY id")])

        async def work() -> None:
            async with pool.acquire() as connection:
                await connection.set_type_codec(
                    "jsonb", encoder=str, decoder=msgspec.json.decode, schema="pg_catalog"
                )
                for lead_id in ids:
                    await _step_by_step(connection, lead_id, book)

        began = time.perf_counter()
        async with asyncio.TaskGroup() as workers:
            for _ in range(connections):
                workers.create_task(work())
        speed = leads / (time.perf_counter() - began)
    await _all_routed(url, leads)
    return speed


async def _step_by_step(connection: Any, lead_id: UUID, book: Rulebook) -> None:
    """Lock, read, look for duplicates, load the rules, assign, complete: each by itself."""
    if await connection.fetchval(LOCK, lead_id, "reference") is None:
        return
    lead = await connection.fetchrow(READ, lead_id)
    persons = list(split(lead["identity"]))
    if await connection.fetchval(DUPLICATE, persons, lead["vertical"]) is not None:
        raise RuntimeError("the load has no duplicates")
    await connection.fetchval(RULES, lead["workspace_id"])  # read each time, evaluated by ours
    rule = book.matching(lead["attributes"])[0]
    placement = uuid7()
    async with connection.transaction():
        whose = (placement, lead_id, rule.destination_id, lead["workspace_id"], rule.id)
        owner = await connection.fetchval(PLACE, *whose)
        held = (persons, lead["vertical"], lead_id, rule.destination_id, owner)
        await connection.execute(HOLD, *held)
    async with connection.transaction():
        await connection.execute(FINISH, lead_id)
        logged = (uuid7(), lead_id, lead["workspace_id"], owner, rule.id, placement)
        await connection.execute(LOG, *logged)


async def _rulebook(url: str) -> Rulebook:
    async with _database(url) as database, database.service() as connection:
        directory = await DirectoryCache().current(connection)
    return max((each.rulebook for each in directory.workspaces.values()), key=_rules)


def _rules(book: Rulebook) -> int:
    return len(book.rules)


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[Database]:
    database = Database(url, size=4)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def _reset(url: str) -> None:
    await _execute(url, RESET)
    await _execute(url, "VACUUM ANALYZE leads")


async def _all_routed(url: str, leads: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        routed = await connection.fetchval("SELECT count(*) FROM placements")
    finally:
        await connection.close()
    if routed != leads:
        raise RuntimeError(f"{routed} of {leads} leads were routed")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
