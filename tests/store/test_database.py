"""Transactions: who asks, for which tenant, and what the server's refusals mean."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from leadflow.errors import (
    ContendedError,
    LeadflowError,
    PermanentError,
    SetupError,
    TemporaryError,
)
from leadflow.store.database import DRIVER, RETRY_AFTER, Database, translate
from leadflow.telemetry import metrics

ONE, OTHER = UUID(int=1), UUID(int=2)
INSERT = (
    "INSERT INTO workspaces (id, slug, name, kind, created_at, updated_at) "
    "VALUES ($1, $2, 'x', $3, now(), now())"
)
WHO = "SELECT current_user, nullif(current_setting('leadflow.workspace_id', true), '')"


async def open_at(url, **options):
    database = Database(url, **options)
    await database.open()
    return database


@pytest.fixture
async def single(database_url):
    """Open a store whose every transaction takes the same connection."""
    database = await open_at(database_url, size=1, connect_timeout=0.2)
    yield database
    await database.close()


@pytest.fixture
async def two_rows(database):
    """Have two rows to lock."""
    async with database.service() as connection:
        await connection.execute("INSERT INTO rotations VALUES ($1, 0), ($2, 0)", ONE, OTHER)
    return database


async def run(database, *statements):
    async with database.service() as connection:
        for statement in statements:
            await connection.execute(statement)


async def lock(connection, row):
    await connection.execute("UPDATE rotations SET credit = 1 WHERE owner_id = $1", row)


def lock_timeouts():
    return metrics.ROUTING_LOCK_TIMEOUT_ERRORS._value.get()


# Who asks.


async def test_the_service_is_nobody_s_tenant(database):
    async with database.service() as connection:
        assert tuple(await connection.fetchrow(WHO)) == ("leadflow_service", None)


async def test_a_tenant_asks_for_one_workspace(database):
    async with database.tenant(ONE) as connection:
        assert tuple(await connection.fetchrow(WHO)) == ("adf_app", str(ONE))


async def test_an_operator_asks_for_all(database):
    async with database.tenant(None) as connection:
        assert tuple(await connection.fetchrow(WHO)) == ("leadflow_service", None)


async def test_a_connection_that_goes_from_tenant_to_tenant_carries_nothing_over(single):
    async with single.tenant(ONE) as connection:
        first = await connection.fetchval("SELECT pg_backend_pid()")
    async with single.tenant(OTHER) as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") == first
        assert tuple(await connection.fetchrow(WHO)) == ("adf_app", str(OTHER))
    async with single._transaction("adf_app") as connection:
        assert tuple(await connection.fetchrow(WHO)) == ("adf_app", None)


@pytest.mark.parametrize("failing", [True, False])
async def test_what_a_transaction_sets_ends_with_it(single, failing):
    async def set_everything():
        async with single.service() as connection:
            await connection.execute("SET LOCAL ROLE adf_ro")
            await connection.execute("SET LOCAL lock_timeout = '77ms'")
            if failing:
                raise KeyError

    await asyncio.gather(set_everything(), return_exceptions=True)
    async with single.service() as connection:
        assert await connection.fetchval("SELECT current_user") == "leadflow_service"
        assert await connection.fetchval("SHOW lock_timeout") == "2s"


async def test_what_fails_is_undone(database):
    with pytest.raises(PermanentError):
        await run(database, f"INSERT INTO rotations VALUES ('{ONE}', 0)", "SELECT 1 / 0")
    async with database.service() as connection:
        assert await connection.fetchval("SELECT count(*) FROM rotations") == 0


async def test_json_comes_and_goes_as_values(database):
    value = {"a": [1, None, "ü", {"b": True}]}
    async with database.service() as connection:
        for kind in ("json", "jsonb"):
            assert await connection.fetchval(f"SELECT $1::{kind}", value) == value


async def test_times_are_utc(database):
    async with database.service() as connection:
        assert await connection.fetchval("SHOW timezone") == "UTC"


async def test_use_is_counted_in_each_pool(database):
    assert database.use() == {"leadflow_service": (0, 4), "adf_app": (0, 4)}
    async with database.service(), database.service(), database.tenant(ONE):
        assert database.use() == {"leadflow_service": (2, 4), "adf_app": (1, 4)}
    assert database.use() == {"leadflow_service": (0, 4), "adf_app": (0, 4)}


async def test_closing_waits_for_who_is_at_work(database_url):
    database = await open_at(database_url)
    async with database.service() as connection:
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        assert await connection.fetchval("SELECT 1") == 1
        assert not closing.done()
    await closing


async def test_who_asks_after_the_end_is_told_to_come_again(database_url):
    database = await open_at(database_url)
    await database.close()
    with pytest.raises(TemporaryError, match="not reachable"):
        await database.ping()


# Rows that are refused.


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ((OTHER, "brand", "standard"), "workspaces_slug_is_unique"),
        ((ONE, "other", "standard"), "workspaces_pkey"),
        ((OTHER, "other", "circus"), "workspaces_kind_is_known"),
        ((OTHER, None, "standard"), "NotNullViolationError"),
        ((OTHER, "a\0b", "standard"), "CharacterNotInRepertoireError"),
    ],
)
async def test_a_refused_row_is_named_by_its_constraint_and_by_no_value(
    database, values, constraint
):
    async with database.service() as connection:
        await connection.execute(INSERT, ONE, "brand", "standard")
    with pytest.raises(PermanentError) as refused:
        async with database.service() as connection:
            await connection.execute(INSERT, *values)
    assert str(refused.value) == f"the database refused a row: {constraint}"


# Somebody else was faster.


async def test_a_row_that_is_held_too_long_is_contended_and_counted(two_rows):
    before = lock_timeouts()
    async with two_rows.service() as holder:
        await lock(holder, ONE)
        with pytest.raises(ContendedError, match="LockNotAvailableError"):
            await run(
                two_rows, "SET LOCAL lock_timeout = '20ms'", "SELECT * FROM rotations FOR UPDATE"
            )
    assert lock_timeouts() == before + 1


async def test_a_deadlock_costs_one_of_two_their_transaction(two_rows):
    both_hold = asyncio.Barrier(2)
    before = lock_timeouts()

    async def hold(first, second):
        async with two_rows.service() as connection:
            await lock(connection, first)
            await both_hold.wait()
            await lock(connection, second)

    ends = await asyncio.gather(hold(ONE, OTHER), hold(OTHER, ONE), return_exceptions=True)
    assert {type(end) for end in ends} == {type(None), ContendedError}
    assert lock_timeouts() == before  # it was no time-out


async def test_a_row_that_changed_under_a_serializable_reader_is_contended(two_rows):
    async def read_and_change():
        async with two_rows.service() as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await connection.fetch("SELECT * FROM rotations")
            async with two_rows.service() as faster:
                await lock(faster, ONE)
            await lock(connection, ONE)

    with pytest.raises(ContendedError, match="SerializationError"):
        await read_and_change()


# The server is away.


async def cut_off(url):
    """End everybody else's connections, as a server does that is stopped."""
    admin = await asyncpg.connect(url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await admin.close()


async def test_a_lost_connection_costs_one_transaction_and_is_made_again(single, database_url):
    async def lose():
        async with single.service() as connection:
            await cut_off(database_url)
            await connection.execute("SELECT 1")

    with pytest.raises(TemporaryError, match="not reachable") as lost:
        await lose()
    assert lost.value.retry_after == RETRY_AFTER
    await single.ping()


async def test_connections_lost_while_nobody_used_them_are_made_again(database, database_url):
    async with database.service(), database.service():
        pass
    await cut_off(database_url)
    ends = await asyncio.gather(*(database.ping() for _ in range(4)), return_exceptions=True)
    assert {type(end) for end in ends} <= {type(None), TemporaryError}
    for _ in range(4):
        await database.ping()


async def test_when_every_connection_is_busy_the_caller_is_told_to_come_again(single):
    async with single.service():
        with pytest.raises(TemporaryError, match="TimeoutError"):
            await single.ping()
    await single.ping()


async def test_a_statement_that_takes_too_long_is_cut_off(single):
    with pytest.raises(TemporaryError, match="QueryCanceledError"):
        await run(single, "SET LOCAL statement_timeout = '10ms'", "SELECT pg_sleep(10)")
    await single.ping()


async def test_a_caller_who_goes_leaves_a_connection_behind_that_works(single):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await run(single, "SELECT pg_sleep(60)")
    async with single.service() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_server_that_is_not_there_may_be_there_later(unused_tcp_port):
    database = await open_at(f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/leadflow")
    with pytest.raises(TemporaryError, match="not reachable"):
        await database.ping()
    await database.close()


# The operator has something to do.


async def test_a_database_without_a_schema_is_to_be_migrated(databases):
    async with databases.fresh(template="template0") as url:
        database = await open_at(url)
        with pytest.raises(SetupError, match="run `leadflow db migrate`"):
            async with database.service() as connection:
                await connection.execute("SELECT * FROM leads")
        await database.close()


@pytest.mark.parametrize("wrong", ["password", "database"])
async def test_an_address_that_does_not_let_us_in_is_to_be_corrected(database_url, wrong):
    if wrong == "password":
        start, _, place = database_url.rpartition("@")
        url = f"{start}x@{place}"
    else:
        url = f"{database_url}_not_there"
    database = await open_at(url)
    with pytest.raises(SetupError, match="check DATABASE_URL"):
        await database.ping()
    await database.close()


@pytest.mark.parametrize("error", DRIVER)
def test_every_error_of_the_driver_that_we_know_says_who_can_act(error):
    told = translate(error("a secret"))
    assert isinstance(told, LeadflowError)
    assert type(told) in {SetupError, ContendedError, PermanentError, TemporaryError}
    assert "secret" not in str(told)


async def test_a_mistake_of_ours_is_not_taken_for_the_server_s(database):
    with pytest.raises(asyncpg.PostgresSyntaxError):
        async with database.service() as connection:
            await connection.execute("SELEKT 1")
