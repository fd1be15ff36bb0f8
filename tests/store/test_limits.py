"""Token buckets: a client has its burst and its rate, and never more, however it asks."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadflow.errors import PermanentError
from leadflow.store.ids import new_id
from leadflow.store.limits import Bucket, lease

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOUR = Bucket(most=10, per_second=10 / 3600)


@pytest.fixture
async def client(database):
    async with database.service() as connection:
        return await new_client(connection)


async def new_client(connection):
    id_ = new_id()
    await connection.execute(
        "INSERT INTO api_clients (id, name, prefix, digest, scopes, created_at) "
        "VALUES ($1, 'x', 'lf_x', $2, '{}', $3)",
        *(id_, id_.bytes, NOW),
    )
    return id_


async def take(database, client, wanted=1, *, at_least=1, returned=0, at=NOW, bucket=HOUR):
    async with database.service() as connection:
        return await lease(
            connection, client, bucket, wanted=wanted, at_least=at_least, returned=returned, now=at
        )


async def test_a_new_client_has_a_full_bucket(database, client):
    taken = await take(database, client, 3)
    assert (taken.tokens, taken.left) == (3, 7)


async def test_an_empty_bucket_gives_nothing_and_loses_nothing(database, client):
    await take(database, client, 10)
    assert (await take(database, client)).tokens == 0
    assert (await take(database, client)).left == 0


async def test_who_wants_more_than_there_is_gets_what_there_is(database, client):
    assert (await take(database, client, 25)).tokens == 10


async def test_who_needs_more_than_there_is_gets_nothing(database, client):
    taken = await take(database, client, 11, at_least=11)
    assert (taken.tokens, taken.left) == (0, 10)


async def test_it_fills_again_with_time_and_not_over_its_brim(database, client):
    await take(database, client, 10)
    assert (await take(database, client, 9, at=NOW + timedelta(minutes=12))).tokens == 2
    assert (await take(database, client, 99, at=NOW + timedelta(days=9))).tokens == 10


async def test_what_was_leased_and_not_used_comes_back(database, client):
    await take(database, client, 10)
    assert (await take(database, client, 9, returned=4)).tokens == 4
    assert (await take(database, client, 99, returned=99)).tokens == 10


async def test_a_clock_that_goes_back_gives_nothing_twice(database, client):
    await take(database, client, 10)
    assert (await take(database, client, 10, at=NOW + timedelta(hours=1))).tokens == 10
    assert (await take(database, client, 1, at=NOW)).tokens == 0
    assert (await take(database, client, 1, at=NOW + timedelta(hours=1))).tokens == 0


async def test_processes_that_ask_together_share_one_bucket(database, client):
    taken = await asyncio.gather(*(take(database, client, 3) for _ in range(8)))
    assert sorted(one.tokens for one in taken) == [0, 0, 0, 0, 1, 3, 3, 3]


async def test_a_limit_that_was_lowered_holds_at_once(database, client):
    await take(database, client, 1)
    small = Bucket(most=2, per_second=0.1)
    assert (await take(database, client, 99, bucket=small)).tokens == 2


async def test_nobody_s_bucket_is_not_kept(database):
    with pytest.raises(PermanentError, match="rate_limits_client_id_fkey"):
        await take(database, new_id())


asks = st.lists(
    st.tuples(
        st.floats(0, 500, allow_nan=False).map(lambda s: timedelta(seconds=s)),  # since the last
        st.integers(1, 30),  # wanted
        st.integers(0, 3),  # at least
        st.floats(0, 1),  # the share of the last lease that comes back
    ),
    min_size=1,
    max_size=12,
)


@given(asks=asks, most=st.integers(1, 20), per_second=st.floats(0.001, 1))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example has its own client
)
async def test_nobody_ever_uses_more_than_burst_and_rate_allow(database, asks, most, per_second):
    async with database.service() as connection:
        client = await new_client(connection)
    bucket = Bucket(most=most, per_second=per_second)
    now, used, last = NOW, 0, 0
    for pause, wanted, at_least, share in asks:
        now += pause
        returned = int(last * share)
        taken = await take(
            database, client, wanted, at_least=at_least, returned=returned, at=now, bucket=bucket
        )
        used += taken.tokens - returned
        last = taken.tokens
        assert 0 <= taken.tokens <= wanted
        assert taken.tokens == 0 or taken.tokens >= at_least
        assert 0 <= taken.left <= most
        assert used <= most + per_second * (now - NOW).total_seconds() + 1e-6
