"""The page about the database names what is in it, and nothing else."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs/reference/database.md").read_text(encoding="utf-8")
ROLES = {"leadflow_service", "adf_app", "adf_ro"}


def section(heading, level="##"):
    return PAGE.partition(f"\n{level} {heading}\n")[2].partition(f"\n{level} ")[0]


def first_cells(text):
    """List the names that begin the rows of a section's tables."""
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


async def names(database, query):
    async with database.service() as connection:
        return {row[0] for row in await connection.fetch(query)}


async def test_every_table_is_on_the_page_once(database):
    named = first_cells(section("Tables"))
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert sorted(named) == sorted(await names(database, tables))


async def test_every_named_rule_is_on_the_page_once(database):
    """Primary keys are there where they promise something."""
    named = first_cells(section("What the schema guarantees"))
    rules = await names(
        database,
        "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
        "AND contype IN ('c', 'u', 'x', 'p') UNION SELECT indexname FROM pg_indexes "
        "WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%'",
    )
    assert len(set(named)) == len(named)
    assert set(named) <= rules
    assert {rule for rule in rules if not rule.endswith("_pkey")} <= set(named)


async def test_every_role_is_on_the_page(database):
    assert set(first_cells(section("Roles"))) == ROLES
    known = await names(database, "SELECT rolname FROM pg_roles WHERE NOT rolcanlogin")
    assert known >= ROLES


async def test_what_readers_do_not_see_is_what_the_page_says(database):
    [row] = [line for line in section("Roles").splitlines() if line.startswith("| `adf_ro`")]
    hidden = await names(
        database,
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'destinations' "
        "AND relnamespace = 'public'::regnamespace "
        "AND NOT has_table_privilege('adf_ro', oid, 'SELECT')",
    )
    said = set(re.findall(r"`([a-z_]+)`", row.partition("not `installation`")[2]))
    assert said | {"installation"} == hidden
    columns = await names(
        database,
        "SELECT attname FROM pg_attribute WHERE attrelid = 'destinations'::regclass "
        "AND attnum > 0 AND NOT has_column_privilege('adf_ro', attrelid, attnum, 'SELECT')",
    )
    assert columns == {"url", "secret"}


async def test_frozen_columns_are_there_for_readers(database):
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", section("Frozen columns"), re.MULTILINE)
    assert [table for table, _ in rows] == ["leads", "lead_routing_logs", "lead_routing_queue"]
    async with database.service() as connection:
        await connection.execute("SET LOCAL ROLE adf_ro")
        for table, columns in rows:
            names = columns.replace("`", "")
            await connection.execute(f"SELECT {names} FROM {table}")
