"""Caps roll over at the destination's own midnight, also where clocks do as they like."""

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.scenarios.nights import Nights, arriving
from tests.world import hours

CAP = 20
PRICE, BUDGET = 100, 1600  # sixteen leads a day
# Arizona keeps its time; Lord Howe moves its clocks by half an hour, the other way round.
CHANGES = {
    "Phoenix, when Denver goes forward": ("America/Phoenix", datetime(2026, 3, 7, 19, tzinfo=UTC)),
    "Phoenix, when Denver goes back": ("America/Phoenix", datetime(2026, 10, 31, 19, tzinfo=UTC)),
    "Lord Howe goes back": ("Australia/Lord_Howe", datetime(2026, 4, 4, 1, tzinfo=UTC)),
    "Lord Howe goes forward": ("Australia/Lord_Howe", datetime(2026, 10, 3, 1, tzinfo=UTC)),
    "Denver goes forward": ("America/Denver", datetime(2026, 3, 7, 19, tzinfo=UTC)),
    "Denver goes back": ("America/Denver", datetime(2026, 10, 31, 18, tzinfo=UTC)),
}


@pytest.fixture(params=CHANGES.values(), ids=[*CHANGES])
async def midnights(world, request):
    """Have three doors: one with a cap of leads, one with a cap of money, one that sleeps."""
    zone, world.clock.now = request.param
    await world.workspace("acme", kind="partner", time_zone=zone)
    await world.destination("acme/count", caps={"day": CAP})
    await world.destination("acme/spend", spend_caps={"day": BUDGET}, price_minor=PRICE)
    await world.destination("acme/hours", hours=hours(1, 3, time_zone=zone), caps={"day": CAP})
    await world.rules("brand", ("acme/count", 3), ("acme/spend", 2), ("acme/hours", 9))
    async with world.intake() as intake, world.routing() as routing:
        yield Nights(world, intake, routing, zone)


async def test_each_local_day_takes_its_cap_and_begins_at_its_own_midnight(midnights):
    start = midnights.world.clock.now
    noon = start.astimezone(midnights.zone)
    await midnights.pass_until(start + timedelta(days=2), arriving(start, 192))
    days = await midnights.placements()
    first, last = (noon.date() + timedelta(days=ahead) for ahead in (1, 2))
    for day in (first, last):
        midnight = datetime.combine(day, time.min, midnights.zone)
        assert len(days["count", day]) == CAP
        assert len(days["spend", day]) == BUDGET // PRICE
        # Somebody waited at midnight, and had not to wait a minute longer.
        assert days["count", day][0][0] == midnight
        assert all(1 <= at.hour < 3 for at, _ in days["hours", day])
    # An hour that is repeated or skipped is part of the opening as clocks show it: in the first
    # night everybody who came then was taken, in the second there were more.
    rows = await midnights.world.fetch("SELECT created_at FROM leads")
    came = [row["created_at"].astimezone(midnights.zone) for row in rows]
    awake = [at for at in came if at.date() == first and 1 <= at.hour < 3]
    assert len(days["hours", first]) == len(awake) != 0
    assert len(days["hours", last]) == CAP
    midnight = datetime.combine(last, time.min, midnights.zone)
    assert days["spend", last][0][0] == midnight  # by then more wait than the first door takes
    assert await midnights.world.count("capacity WHERE used > cap") == 0
    assert await midnights.world.count("reviews") == 0
