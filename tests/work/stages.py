"""Leads left behind at some stage of the walk; each function gives the id of one."""

from tests.world import hours, person


async def take(world, body=None, *, of="brand"):
    async with world.intake() as intake:
        outcome = await intake.submit(world.submission(body or person(1), of=of))
    return outcome.answer.id


async def received(world):
    await world.flag("enableAutoRouting", False)
    return await take(world)


async def waiting(world):
    await world.destination("acme/leads", hours=hours(9, 10))
    await world.rules("brand", "acme/leads")
    return await take(world)


async def in_review(world):
    return await take(world)
