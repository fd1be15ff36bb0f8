"""What is too old is put away, and nothing else is."""

from datetime import timedelta

import pytest

from leadflow.telemetry import metrics
from leadflow.work.upkeep import BATCH, PAUSE
from tests.work.stages import in_review, received, take, waiting
from tests.world import NOW, person

LIFETIME = timedelta(days=90)


async def routing(world):
    lead = await received(world)
    await world.execute("UPDATE flags SET enabled = true")
    async with world.routing() as worker:
        await worker._claim("received")
    return lead


async def routed(world):
    await world.rules("brand", default="stay")
    return await take(world)


async def duplicate(world):
    await world.workspace("rival")
    await world.destination("acme/leads")
    for slug in ("rival", "brand"):
        await world.rules(slug, "acme/leads")
    await take(world, of="rival")
    return await take(world)


@pytest.mark.parametrize("stuck", [received, waiting, in_review])
async def test_a_lead_without_an_owner_expires_when_its_lifetime_is_over(world, stuck):
    lead = await stuck(world)
    before = await world.state(lead)
    world.clock.now = NOW + LIFETIME
    await world.upkeep().run_once()
    assert await world.state(lead) == before
    world.clock.move(microseconds=1)
    await world.upkeep().run_once()
    assert await world.state(lead) == "expired/expired/-"
    assert (await world.lead(lead))["updated_at"] == world.clock()
    assert (await world.events(lead))[-1] == "lead.expired"


@pytest.mark.parametrize("stuck", [waiting, in_review])
async def test_what_was_open_about_it_is_closed(world, stuck):
    await stuck(world)
    world.clock.move(days=91)
    await world.upkeep().run_once()
    assert await world.count("lead_routing_queue WHERE processed_at IS NULL") == 0
    assert await world.count("reviews WHERE closed_at IS NULL") == 0
    async with world.routing() as worker:
        assert await worker.run_once() == 0


@pytest.mark.parametrize("owned", [routing, routed, duplicate])
async def test_a_lead_that_has_an_owner_or_gets_one_never_expires(world, owned):
    lead = await owned(world)
    before = await world.state(lead)
    world.clock.move(days=1000)
    await world.upkeep().run_once()
    assert await world.state(lead) == before


async def test_a_lead_expires_once(world):
    lead = await in_review(world)
    expired = metrics.LEADS_PROCESSED.labels("AUTO", "expired")
    before = expired._value.get()
    world.clock.move(days=91)
    assert await world.upkeep().run_once() > 0
    assert await world.upkeep().run_once() == 0
    assert (await world.events(lead)).count("lead.expired") == 1
    assert expired._value.get() == before + 1


async def test_keys_and_people_are_forgotten_when_their_window_is_over(world):
    await world.rules("brand", default="stay")
    await take(world, person(1, external_id="X-1"))
    world.clock.move(days=89)
    await take(world, person(2, external_id="X-2"))
    assert await world.upkeep().run_once() == 0
    world.clock.move(days=1)
    assert await world.upkeep().run_once() == 3  # a key, and a person known by two
    left = await world.fetch("SELECT key FROM submission_keys")
    assert left == [{"key": "X-2"}]
    assert await world.count("identities") == 2


async def test_a_batch_is_small_and_there_is_another_round_while_there_is_more(world):
    await world.execute(
        "INSERT INTO submission_keys SELECT $1, 'row', $1, n::text, $1, '', '', $2 "
        "FROM generate_series(1, $3) n",
        *(world.ids["brand"], NOW, BATCH + 7),
    )
    upkeep = world.upkeep()
    assert [await upkeep.run_once() for _ in range(3)] == [BATCH, 7, 0]


async def test_what_somebody_renews_at_this_moment_is_left_to_the_next_time(world):
    await world.execute(
        "INSERT INTO identities SELECT decode(lpad(n::text, 32, '0'), 'hex'), 'AUTO', $1, $1, $2 "
        "FROM generate_series(1, 2) n",
        *(world.ids["brand"], NOW),
    )
    async with world.database.service() as connection:
        await connection.execute("SELECT 1 FROM identities WHERE key < '\\x02' FOR UPDATE")
        locked = await connection.fetchval("SELECT count(*) FROM identities WHERE key < '\\x02'")
        assert await world.upkeep().run_once() == 2 - locked
    assert await world.upkeep().run_once() == locked


async def test_it_looks_again_after_a_while(world):
    assert await world.upkeep().next_due() == NOW + PAUSE
