"""What each database role may see."""

import asyncpg
import pytest

SEALED_FROM_READERS = (
    "installation",
    "lead_contacts",
    "api_clients",
    "console_sessions",
    "submission_keys",
)


async def as_role(url, role, statement, **settings):
    connection = await asyncpg.connect(url, server_settings={"role": role, **settings})
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("table", SEALED_FROM_READERS)
async def test_readers_do_not_see_what_is_personal_or_secret(database_url, table):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_role(database_url, "adf_ro", f"SELECT * FROM {table}")


async def test_readers_see_every_other_table(database_url):
    tables = await as_role(
        database_url,
        "leadflow_service",
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    )
    columns = "id, workspace_id, name, active"
    for table in {row["name"] for row in tables} - set(SEALED_FROM_READERS):
        what = columns if table == "destinations" else "*"
        await as_role(database_url, "adf_ro", f"SELECT {what} FROM {table}")


async def test_readers_do_not_see_a_destination_s_secret(database_url):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_role(database_url, "adf_ro", "SELECT secret FROM destinations")


async def test_readers_change_nothing(database_url):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_role(database_url, "adf_ro", "UPDATE leads SET score = 1")
