"""Routing by workers: ours beside one transaction a step, as the systems before it did it."""

import asyncio
import multiprocessing
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from leadflow.app import utc_now
from leadflow.bench.installation import Installation, installation
from leadflow.bench.leads import People
from leadflow.bench.load import post_files
from leadflow.bench.measuring import FILE_ROWS
from leadflow.cli.opening import run
from leadflow.core.rulebook import Rulebook
from leadflow.store import claims
from leadflow.store.configuration import DirectoryCache
from leadflow.store.database import Database
from leadflow.store.ids import new_id
from leadflow.store.profiles import split
from leadflow.store.writes import Writes
from leadflow.telemetry import logs
from leadflow.work.decide import decide
from leadflow.work.record import Tries, Undecided
from leadflow.work.routing import GROUP, LEASE, Routing

WORKERS = (1, 2)
SPAWN = multiprocessing.get_context("spawn")
CONNECTED = 4  # of a worker before the clock starts
START_S, ROUTE_S = 60, 300  # at most, for processes to be up, and to be done
CONNECTIONS = (1, 4, 16, 64)  # of the reference; its best is what we compare with
ROUNDS = 5
WAL_FILES = 48  # of 16 MB, more than all runs together fill between two checkpoints

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
    """Store leads with routing switched off, and time how they are routed.

    Both ways take turns, so that what else the machine does meets them alike. Of the reference its
    best in each round is what ours is compared with.
    """
    logs.configure(level="warning", service="benchmark")  # as the installation's processes
    async with installation() as made:
        await _store(made, leads)
        figures = await _steps(made.database, leads)
        speeds: dict[str, list[float]] = defaultdict(list)
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(ROUNDS):
            reference = {
                _of_reference(connections): await _reference(made.database, leads, connections)
                for connections in CONNECTIONS
            }
            ours = {_of(workers): await _ours(made.database, leads, workers) for workers in WORKERS}
            for name, speed in (ours | reference).items():
                speeds[name].append(speed)
                times[name].append(speed / max(reference.values()))
        return figures | {
            name: {
                "leads_per_second": statistics.median(speeds[name]),
                "times_the_reference": statistics.median(times[name]),
            }
            for name in speeds
        }


def _of(workers: int) -> str:
    return f"{workers} worker{'s' if workers > 1 else ''}, groups of {GROUP}"


def _of_reference(connections: int) -> str:
    return f"reference: a transaction a step, {connections} connections"


async def _store(made: Installation, leads: int) -> None:
    await _execute(made.database, "INSERT INTO flags VALUES ('enableAutoRouting', false, now())")
    stored = await post_files(made.batch, made.key, People().leads(leads), FILE_ROWS)
    if stored.leads != leads:
        raise RuntimeError(f"{stored.leads} of {leads} leads were stored")
    await _execute(made.database, "UPDATE flags SET enabled = true")
    await _have_run_for_a_while(made.database)


async def _have_run_for_a_while(url: str) -> None:
    """Have the server fill files of its log, to be used again: a new one would make each anew."""
    connection = await asyncpg.connect(url)
    try:
        for _ in range(WAL_FILES):
            await connection.execute("SELECT pg_logical_emit_message(true, 'benchmark', 'full')")
            await connection.execute("SELECT pg_switch_wal()")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _ours(url: str, leads: int, workers: int) -> float:
    """Route all leads by so many workers, each a process of its own; give leads a second."""
    await _reset(url)
    ready, done = SPAWN.Queue(), SPAWN.Queue()
    go = SPAWN.Event()
    processes = [
        SPAWN.Process(target=_worker, args=(url, f"worker {number}", ready, go, done))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    for _ in processes:
        await asyncio.to_thread(ready.get, timeout=START_S)
    began = time.perf_counter()
    go.set()
    for _ in processes:
        await asyncio.to_thread(done.get, timeout=ROUTE_S)
    speed = leads / (time.perf_counter() - began)
    for process in processes:
        process.join()
    await _all_routed(url, leads)
    return speed


def _worker(url: str, name: str, ready: Any, go: Any, done: Any) -> None:
    logs.configure(level="warning", service="benchmark")
    run(_route(url, name, ready, go, done))


async def _route(url: str, name: str, ready: Any, go: Any, done: Any) -> None:
    async with _database(url) as database:
        routing = Routing(database, name, Tries(), utc_now)
        routing.start()
        # Connected before the clock starts, as the reference is.
        await asyncio.gather(*(database.ping() for _ in range(CONNECTED)))
        ready.put(name)
        go.wait()
        while await routing.run_once():
            pass
        done.put(name)
        await routing.close()


async def _steps(url: str, leads: int) -> dict[str, dict[str, float]]:
    """Time each step of a group apart, as a worker takes them."""
    steps: dict[str, list[float]] = {"claim": [], "lock and decide": [], "write and commit": []}
    await _reset(url)
    async with _database(url) as database:
        directories, settled = DirectoryCache(), 0
        while settled < leads:
            times = [time.perf_counter()]
            async with database.service() as connection:
                claimed = await claims.claim(
                    connection, "received", owner="steps", now=utc_now(), most=GROUP, lease=LEASE,
                    least_urgency=0,
                )  # fmt: skip
            times.append(time.perf_counter())
            async with database.service() as connection:
                lead_ids = [each.profile.lead_id for each in claimed]
                ours = await claims.still_ours(connection, lead_ids, "steps")
                directory = await directories.current(connection)
                writes = Writes(utc_now())
                todo = [
                    Undecided(
                        profile=each.profile, priority=each.priority, attempts=each.attempts,
                        taken_up_at=each.locked_at, owner="steps", first=each.first,
                    )
                    for each in claimed
                    if each.profile.lead_id in ours
                ]  # fmt: skip
                await decide(connection, directory, todo, writes, Tries())
                times.append(time.perf_counter())
                await writes.flush(connection, utc_now)
            times.append(time.perf_counter())
            settled += len(ours)
            for taken, (began, ended) in zip(steps.values(), pairwise(times), strict=True):
                taken.append((ended - began) * 1e3)
    return {
        f"a group of {GROUP}: {step}": {
            "p50_ms": statistics.median(taken),
            "p95_ms": sorted(taken)[int(0.95 * len(taken))],
        }
        for step, taken in steps.items()
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
    placement = new_id()
    async with connection.transaction():
        whose = (placement, lead_id, rule.destination_id, lead["workspace_id"], rule.id)
        owner = await connection.fetchval(PLACE, *whose)
        held = (persons, lead["vertical"], lead_id, rule.destination_id, owner)
        await connection.execute(HOLD, *held)
    async with connection.transaction():
        await connection.execute(FINISH, lead_id)
        logged = (new_id(), lead_id, lead["workspace_id"], owner, rule.id, placement)
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
