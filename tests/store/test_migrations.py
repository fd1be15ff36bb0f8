"""Schemas: brought up to date once, by whoever comes first, and never by guess."""

import asyncio
import secrets
from urllib.parse import urlsplit

import asyncpg
import pytest

from leadflow.errors import SetupError, TemporaryError
from leadflow.store.migrate import Migration, apply_pending, available, migrate, pending, status

MAKE_LIST = """
CREATE TABLE schema_migrations (
  number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)
"""
RECORD = "INSERT INTO schema_migrations (number, name, digest) VALUES ($1, $2, $3)"
NAMES = tuple(migration.name for migration in available())


@pytest.fixture
async def empty(databases):
    """Give the address of a database in which nothing is."""
    async with databases.fresh(template="template0") as url:
        yield url


async def run(url, statement, *values):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


async def run_script(url, script):
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


def test_migrations_are_numbered_without_a_gap():
    assert [migration.number for migration in available()] == [*range(1, len(NAMES) + 1)]


async def test_an_empty_database_gets_every_migration_in_order(empty):
    assert await status(empty) == NAMES
    assert await migrate(empty) == NAMES
    assert await status(empty) == ()
    rows = await run(empty, "SELECT name, digest FROM schema_migrations ORDER BY number")
    assert [tuple(row) for row in rows] == [(each.name, each.digest) for each in available()]


async def test_a_database_that_is_up_to_date_is_left_as_it_is(database_url):
    before = await run(database_url, "SELECT * FROM schema_migrations")
    assert await migrate(database_url) == ()
    assert await run(database_url, "SELECT * FROM schema_migrations") == before


async def test_processes_that_start_together_take_turns(empty):
    done = await asyncio.gather(*(migrate(empty) for _ in range(4)))
    assert sorted(done, key=len) == [(), (), (), NAMES]


async def test_after_a_kill_between_two_migrations_the_rest_is_applied(empty):
    first, second, *rest = available()
    await run(empty, MAKE_LIST)
    for done in (first, second):
        await run_script(empty, done.sql)
        await run(empty, RECORD, done.number, done.name, done.digest)
    assert await migrate(empty) == tuple(migration.name for migration in rest)


async def test_a_migration_that_fails_leaves_nothing_behind(empty):
    await run(empty, "CREATE TABLE leads (id integer)")  # somebody else's
    with pytest.raises(SetupError, match=r"0001_schema cannot be applied .*already exists"):
        await migrate(empty)
    [[tables]] = await run(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert tables == 2  # theirs, and the list of what was applied
    assert await run(empty, "SELECT * FROM schema_migrations") == []
    await run(empty, "DROP TABLE leads")
    assert await migrate(empty) == NAMES


async def test_a_file_that_has_changed_since_it_was_applied_is_refused(database_url):
    await run(database_url, "UPDATE schema_migrations SET digest = 'other' WHERE number = 1")
    for look in (migrate, status):
        with pytest.raises(SetupError, match=f"{NAMES[0]} is not the file that was applied"):
            await look(database_url)


async def test_a_database_of_a_newer_release_is_refused(database_url):
    await run(database_url, "INSERT INTO schema_migrations VALUES (999, '0999_later', 'x')")
    with pytest.raises(SetupError, match=r"migrations that this release lacks: \[999\]"):
        await migrate(database_url)


class OldServer:
    """A connection to a server of another age."""

    def get_server_version(self):
        return asyncpg.types.ServerVersion(15, 9, 0, "final", 0)


async def test_a_server_that_is_too_old_is_told_so():
    with pytest.raises(SetupError, match="the server is PostgreSQL 15; leadflow needs 16 or newer"):
        await apply_pending(OldServer())  # type: ignore[arg-type]


async def test_a_database_that_is_away_may_be_there_later(unused_tcp_port):
    with pytest.raises(TemporaryError, match="not reachable"):
        await migrate(f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/leadflow")


async def test_a_database_that_does_not_exist_is_the_operator_s_to_make(database_url):
    with pytest.raises(SetupError, match="check DATABASE_URL"):
        await migrate(f"{database_url}_not_there")


async def test_the_lock_is_given_back_when_a_migration_is_refused(database_url):
    await run(database_url, "UPDATE schema_migrations SET digest = 'other' WHERE number = 1")
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(SetupError):
            await apply_pending(connection)
        [[locks]] = await run(
            database_url,
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        assert locks == 0
    finally:
        await connection.close()


async def test_an_owner_of_the_database_who_is_no_superuser_can_migrate(databases, server_url):
    """Hosted servers give nobody more than this."""
    owner = "leadflow_hosted_owner"
    async with databases.fresh(template="template0") as url:
        await run(url, f"DROP ROLE IF EXISTS {owner}")
        await run(url, f"CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD 'secret'")
        try:
            await run(url, f"GRANT pg_read_all_stats TO {owner} WITH ADMIN OPTION")
            # They are there already, because the cluster has other databases.
            for role in ("adf_app", "adf_ro", "leadflow_service"):
                await run(url, f"GRANT {role} TO {owner} WITH ADMIN OPTION")
            await run(url, f"ALTER SCHEMA public OWNER TO {owner}")
            place = url.rpartition("@")[2]
            assert await migrate(f"postgresql://{owner}:secret@{place}") == NAMES
        finally:
            await run(url, f"REASSIGN OWNED BY {owner} TO CURRENT_USER")
            await run(url, f"DROP OWNED BY {owner}")
            await run(url, f"DROP ROLE {owner}")


async def test_what_is_pending_can_be_asked_inside_a_transaction(database_url):
    connection = await asyncpg.connect(database_url)
    try:
        assert await pending(connection) == ()
    finally:
        await connection.close()


def test_a_migration_is_known_by_what_is_in_it():
    one, other = (Migration(number=1, name="0001_x", sql=sql) for sql in ("SELECT 1", "SELECT 2"))
    assert one.digest != other.digest


async def test_a_user_who_may_not_make_roles_is_told_so(empty):
    user = f"test_{secrets.token_hex(6)}"
    database = urlsplit(empty).path.removeprefix("/")
    await run_script(empty, f"CREATE ROLE {user} LOGIN PASSWORD 'secret'; "
                            f"ALTER DATABASE {database} OWNER TO {user}")  # fmt: skip
    place = empty.rpartition("@")[2]
    try:
        with pytest.raises(SetupError, match="InsufficientPrivilege"):
            await migrate(f"postgresql://{user}:secret@{place}")
    finally:
        await run_script(empty, f"REASSIGN OWNED BY {user} TO CURRENT_USER; DROP ROLE {user}")
