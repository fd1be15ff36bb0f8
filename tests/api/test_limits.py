"""Rate limits: a bucket for each key, in which a batch counts its rows."""

import asyncio
from datetime import timedelta

from tests.api.conftest import client_of, error, made, under
from tests.world import people, person

LEADS = "/api/v1/leads"
BATCH = f"{LEADS}/batch"


async def test_a_key_does_as_much_as_its_bucket_holds(world):
    async with world.holder(rate_limit=3) as client:
        for _ in range(3):
            made(await client.get(LEADS), 200)
        response = await client.get(LEADS)
        said = error(response, 429, "rate_limited")
        assert said["message"] == "This key has used up its limit of 3 requests"
        assert 1 <= int(response.headers["retry-after"]) <= 1200  # a third of the hour


async def test_a_key_without_a_limit_of_its_own_has_the_installation_s(world):
    key = await world.new_key(world.brand.id, rate_limit=None)
    async with under(world, rate_limit_max=2) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        for _ in range(2):
            made(await client.get(LEADS), 200)
        error(await client.get(LEADS), 429, "rate_limited")


async def test_a_bucket_fills_again(world):
    key = await world.new_key(world.brand.id, rate_limit=100)
    async with under(world, rate_limit_window=timedelta(seconds=5)) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        answers = await asyncio.gather(*(client.get(LEADS) for _ in range(130)))
        assert {each.status_code for each in answers} == {200, 429}
        wait = max(int(each.headers.get("retry-after", 0)) for each in answers)
        await asyncio.sleep(wait)  # as the answer asks
        made(await client.get(LEADS), 200)


async def test_buckets_of_different_keys_do_not_meet(world):
    async with world.holder(rate_limit=1) as one, world.holder(rate_limit=1) as other:
        made(await one.get(LEADS), 200)
        error(await one.get(LEADS), 429, "rate_limited")
        made(await other.get(LEADS), 200)


async def test_a_batch_counts_its_rows(world):
    async with world.holder(rate_limit=5) as client:
        made(await client.post(BATCH, json=people(3)), 200)
        error(await client.post(BATCH, json=people(3, start=3)), 429, "rate_limited")
        assert await world.count() == 3
        made(await client.post(BATCH, json=people(2, start=3)), 200)
        error(await client.get(LEADS), 429, "rate_limited")


async def test_more_rows_than_a_bucket_ever_holds_are_too_many(world):
    async with world.holder(rate_limit=2) as client:
        said = error(await client.post(BATCH, json=people(3)), 413, "too_large")
        assert said["message"] == "3 rows at once are more than this key's limit of 2: send fewer"
        made(await client.post(BATCH, json=people(2)), 200)


async def test_a_call_that_is_refused_for_its_key_uses_nothing_up(world):
    async with world.holder(rate_limit=1, scopes=["leads:read"]) as client:
        for _ in range(3):
            error(await client.post(LEADS, json=person(1)), 403, "forbidden")
        made(await client.get(LEADS), 200)


async def test_processes_share_a_bucket(world):
    """Each takes tokens out in portions; together they never hand out more than there are."""
    key = await world.new_key(world.brand.id, rate_limit=100)
    async with under(world) as one, under(world) as other:
        for client in (one, other):
            client.headers["Authorization"] = f"Bearer {key}"
        answers = await asyncio.gather(
            *(client.get(LEADS) for client in (one, other) for _ in range(80))
        )
    taken = sum(each.status_code == 200 for each in answers)
    assert 95 <= taken <= 101  # the hour fills one token in 36 s


async def test_a_refusal_is_repeated_without_asking_the_database(world):
    key = await world.new_key(world.brand.id, rate_limit=1)
    async with client_of(world.asgi, key) as client:
        made(await client.get(LEADS), 200)
        error(await client.get(LEADS), 429, "rate_limited")
        await world.execute("UPDATE rate_limits SET tokens = 1")
        error(await client.get(LEADS), 429, "rate_limited")


async def test_a_key_with_no_limit_has_none(world):
    async with under(world, rate_limit_max=1) as client:  # the brand's key is such a one
        for _ in range(5):
            made(await client.get(LEADS), 200)


async def test_a_process_asks_the_database_once_for_many_requests(world):
    async with world.holder(rate_limit=10_000) as client:
        for _ in range(20):
            made(await client.get(LEADS), 200)
    assert await world.count("rate_limits WHERE tokens BETWEEN 9900 AND 9901") == 1
