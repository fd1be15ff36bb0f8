"""The floors: what the database alone does with the very rows that the walk has written."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

# What one lead of the walk consists of: its table, and what tells whose a row is.
TABLES = {
    "submission_keys": "lead_id",
    "identities": "lead_id",
    "placement_keys": "(holders -> 0 ->> 'lead_id')::uuid",
    "lead_contacts": "lead_id",
    "lead_facts": "lead_id",
    "placements": "lead_id",
    "assignments": "lead_id",
    "lead_routing_logs": "lead_id",
    "deliveries": "lead_id",
    "decisions": "lead_id",
    "events": "lead_id",
    "leads": "id",
}
GROUP = 200  # leads a transaction, as the walk groups them at most
SINGLES = 500  # leads for the slow floor: one in a transaction each
LEADS = 10_000  # of those that are there, the latest; 50 groups take some two seconds

LATEST = "SELECT id FROM leads ORDER BY id DESC LIMIT $1"

Rows = dict[UUID, list[Sequence[Any]]]
"""The rows of one table, by lead."""


async def measure(url: str) -> dict[str, float]:
    """Write the rows of the latest leads once more, bare; leads a second for both ways.

    Empties the tables: the same rows cannot be there twice.
    """
    connection = await asyncpg.connect(url)
    try:
        latest = await connection.fetch(LATEST, LEADS)
        leads = [row["id"] for row in reversed(latest)]  # in the order they came
        rows = {
            table: await _by_lead(connection, table, key, leads) for table, key in TABLES.items()
        }
        statements = {table: await _insert(connection, table) for table in TABLES}
        singles = [[lead] for lead in leads[:SINGLES]]
        groups = [leads[start : start + GROUP] for start in range(0, len(leads), GROUP)]
        return {
            "one transaction a lead": await _time(connection, statements, rows, singles),
            f"unnest, {GROUP} leads a transaction": await _time(
                connection, statements, rows, groups
            ),
        }
    finally:
        await connection.close()


async def _time(
    connection: asyncpg.Connection,
    statements: dict[str, str],
    rows: dict[str, Rows],
    groups: Sequence[Sequence[Any]],
) -> float:
    await connection.execute(f"TRUNCATE {', '.join(TABLES)}")
    started = time.perf_counter()
    for group in groups:
        async with connection.transaction():
            for table, statement in statements.items():
                mine = [row for lead in group for row in rows[table].get(lead, ())]
                if mine:
                    await connection.execute(statement, *map(list, zip(*mine, strict=True)))
    return sum(map(len, groups)) / (time.perf_counter() - started)


async def _by_lead(
    connection: asyncpg.Connection, table: str, whose: str, leads: Sequence[UUID]
) -> Rows:
    found: Rows = {}
    statement = f"SELECT {whose}, rows.* FROM {table} AS rows WHERE {whose} = ANY ($1)"  # noqa: S608  # of `TABLES`
    for lead, *row in await connection.fetch(statement, leads):
        found.setdefault(lead, []).append(row)
    return found


async def _insert(connection: asyncpg.Connection, table: str) -> str:
    columns = await connection.fetch(
        """
        SELECT attname, format_type(atttypid, atttypmod) AS type
        FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
        ORDER BY attnum
        """,
        table,
    )
    arrays = ", ".join(f"${place}::{row['type']}[]" for place, row in enumerate(columns, start=1))
    return f"INSERT INTO {table} SELECT * FROM unnest({arrays})"  # noqa: S608  # of `TABLES`
