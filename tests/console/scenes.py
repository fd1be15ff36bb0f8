"""Leads in every state the console can meet, each brought there by the walk itself.

A scene takes a world, adds its own brand, partner and person, and gives the lead's id. Scenes leave
each other alone when they are played in the order of `SCENES`.
"""

import secrets
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from uuid import UUID

from msgspec.structs import replace

from leadflow.core.deliver import Patience
from leadflow.core.lead import Source
from leadflow.ports import Receipt
from leadflow.store import sources
from leadflow.store.counts import first_id
from leadflow.work.deliver import Delivery
from tests.world import person

HOUR = timedelta(hours=1)
TAKEN = Receipt(outcome="delivered", status_code=200)
NEVER = Receipt(outcome="refused", status_code=410, error="the receiver answered 410")
NOT_NOW = Receipt(
    outcome="failed", status_code=503, error="the receiver answered 503", retry_after=HOUR
)
SILENCE = Receipt(outcome="unknown", error="the receiver did not answer within 10 s")
ONE_TRY = Patience(max_attempts=1)
NUMBERS = count(1000)  # of people, so that no two scenes have the same one


class Receiver:
    """Answers with what it was told to, then takes everything."""

    def __init__(self, *receipts):
        self._receipts = list(receipts)

    async def send(self, endpoint, message, timeout):  # noqa: ASYNC109  # the port's promise
        return self._receipts.pop(0) if self._receipts else TAKEN


# What scenes are made of.


async def brand(world, slug, *to, **options):
    """Add a brand whose rules lead there."""
    await world.workspace(slug)
    await world.rules(slug, *to, **options)


async def partner(world, name, **columns):
    """Add a destination whose deliveries can be signed."""
    id_ = await world.destination(name, **columns)
    await world.execute(
        "UPDATE destinations SET secret = $2 WHERE id = $1",
        *(id_, world.vault.seal_text(id_, b"whsec_" + b"A" * 44)),
    )
    return id_


async def source(world, slug, channel, name):
    """Add a source by which leads come into a brand."""
    where = Source(UUID(int=secrets.randbits(128)), world.ids[slug], channel, name)
    async with world.database.service() as connection:
        entry = sources.defaults(where.workspace_id, world.clock())[0]
        changes = {"id": where.id, "channel": channel, "name": name}
        await sources.insert(connection, replace(entry, **changes))
    return where


async def take(world, slug, body=None, **changes):
    """Take a lead in; give its id."""
    made = UUID(int=first_id(world.clock()).int | 0x7 << 76 | 0x2 << 62 | secrets.randbits(62))
    submission = world.submission(body or someone(), of=slug, lead_id=made)
    async with world.intake() as intake:
        outcome = await intake.submit(replace(submission, **changes))
    return outcome.answer.id


def someone(**options):
    return person(next(NUMBERS), **options)


async def deliver(world, *receipts, patience=None):
    """Send what is due, once."""
    delivery = Delivery(
        world.database, world.vault, {"webhook": Receiver(*receipts)}, "worker", world.clock,
        patience=patience,
    )  # fmt: skip
    delivery.start()
    try:
        await delivery.run_once()
    finally:
        await delivery.close()


async def placed(world, slug, **columns):
    """Place a lead with a partner of its own, whose agent gets it."""
    await partner(world, f"{slug}-buyer/leads", assigns_agents=True, **columns)
    await world.agent(f"{slug}-buyer/ann", rating=4.5, conversion_rate=0.3, state="CA")
    await brand(world, slug, f"{slug}-buyer/leads")
    return await take(world, slug)


@asynccontextmanager
async def earlier(world, **by):
    """Set the clock back for a while."""
    now = world.clock.now
    world.clock.move(**{name: -amount for name, amount in by.items()})
    try:
        yield
    finally:
        world.clock.now = now


# The scenes.


async def waiting(world):
    """Find the destination full: the lead waits for its next day."""
    await partner(world, "full/leads", caps={"day": 0})
    await brand(world, "waiting", "full/leads")
    return await take(world, "waiting")


async def retried(world):
    """Nobody at the destination could ever take it: the first try is used."""
    await partner(world, "empty/leads", assigns_agents=True)
    await brand(world, "retried", "empty/leads")
    return await take(world, "retried")


async def routed(world):
    return await placed(world, "routed")


async def delivered(world):
    lead = await placed(world, "delivered")
    await deliver(world)
    return lead


async def retried_delivery(world):
    lead = await placed(world, "retried-delivery")
    await deliver(world, NOT_NOW)
    return lead


async def dead_delivery(world):
    lead = await placed(world, "dead-delivery")
    await world.accept(lead)  # else it would come back
    await deliver(world, NEVER)
    return lead


async def unknown_delivery(world):
    lead = await placed(world, "unknown-delivery")
    await deliver(world, SILENCE, patience=ONE_TRY)
    return lead


async def duplicate(world):
    """Send the same person through two brands, to two partners."""
    body = someone()
    for slug in ("first", "second"):
        await partner(world, f"{slug}-buyer/leads")
        await brand(world, slug, f"{slug}-buyer/leads")
    await take(world, "first", body)
    return await take(world, "second", body)


async def review(world):
    """No rule matches, and the source wants a person to look."""
    await brand(world, "review")
    return await take(world, "review")


async def failed(world):
    """All tries are used up."""
    await partner(world, "nobody/leads", assigns_agents=True)
    await brand(world, "failed", "nobody/leads")
    async with earlier(world, hours=1):
        lead = await take(world, "failed")
        async with world.routing() as routing:
            for _ in range(2):
                world.clock.move(minutes=5)
                await routing.run_once()
    return lead


async def kept(world):
    await brand(world, "kept", default="stay")
    return await take(world, "kept")


async def by_hand(world):
    await brand(world, "by-hand")
    await world.agent("by-hand/bob", capacity=2)
    lead = await take(world, "by-hand")
    await world.route(lead, agent="by-hand/bob")
    return lead


async def expired(world):
    async with earlier(world, days=90, hours=1):
        await brand(world, "expired")
        lead = await take(world, "expired")
    await world.upkeep().run_once()
    return lead


async def rejected(world):
    """Refused by a policy; no policy is there yet, so that the row says it alone."""
    await brand(world, "rejected")
    lead = await take(world, "rejected")
    await world.execute(
        "UPDATE leads SET status = 'rejected', routing_status = 'failed', "
        "routing_result = 'failed' WHERE id = $1",
        lead,
    )
    await world.execute(
        "UPDATE reviews SET closed_at = $2, resolution = 'rejected' WHERE lead_id = $1",
        *(lead, world.clock()),
    )
    return lead


async def erased(world):
    lead = await placed(world, "erased")
    await world.execute("DELETE FROM lead_contacts WHERE lead_id = $1", lead)
    return lead


async def being_routed(world):
    """In the hands of a worker."""
    lead = await received(world, "being-routed")
    async with world.routing("another") as routing:
        await routing._claim("received")
    return lead


async def received(world, slug="received"):
    """Store it while routing is switched off."""
    await brand(world, slug)
    await world.execute("DELETE FROM flags")
    await world.flag("enableAutoRouting", False)
    lead = await take(world, slug)
    await world.execute("UPDATE flags SET enabled = true")
    return lead


SCENES = (
    expired, failed, waiting, retried, delivered, retried_delivery, dead_delivery,
    unknown_delivery, routed, duplicate, review, kept, by_hand, rejected, erased, being_routed,
    received,
)  # fmt: skip
"""In this order: workers that an earlier scene has run would take up what a later one leaves."""
