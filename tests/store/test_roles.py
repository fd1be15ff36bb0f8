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


async def test_a_dashboard_s_login_that_is_a_member_reads_what_readers_do(database_url):
    admin = await asyncpg.connect(database_url)
    login = f"dashboard_{admin.get_server_pid()}"
    try:
        await admin.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'x' IN ROLE adf_ro")
        await admin.execute(
            "INSERT INTO leads (id, workspace_id, source_id, vertical, status, routing_status, "
            "created_at, updated_at) VALUES (gen_random_uuid(), gen_random_uuid(), "
            "gen_random_uuid(), 'AUTO', 'received', 'pending', now(), now())"
        )
        reader = await asyncpg.connect(database_url, user=login, password="x")
        assert await reader.fetchval("SELECT count(*) FROM leads") == 1
        assert await reader.fetchval("SELECT count(query) FROM pg_stat_activity") > 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.fetch("SELECT * FROM lead_contacts")
        await reader.close()
    finally:
        await admin.execute(f"DROP ROLE IF EXISTS {login}")
        await admin.close()
