"""Two nights: closed and full destinations make leads wait, and nothing fails meanwhile."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.scenarios.nights import Nights, arriving
from tests.world import hours

OPENS, CLOSES = 8, 18
DAY_CAP = 12
URGENCY = {"hot": 2, "warm": 1, "cold": 0}
# In two days more leads come than both doors take, and just enough between noon and evening.
ARRIVALS = 192

ZONE = "America/New_York"
BEGINNINGS = {
    "ordinary nights": datetime(2026, 3, 3, 17, tzinfo=UTC),  # Tuesday noon in New York
    "clocks go forward in the first": datetime(2026, 3, 7, 17, tzinfo=UTC),
    "clocks go back in the first": datetime(2026, 10, 31, 16, tzinfo=UTC),
    "the week ends in the second": datetime(2026, 3, 14, 16, tzinfo=UTC),
}


@pytest.fixture(params=BEGINNINGS.values(), ids=[*BEGINNINGS])
async def nights(world, request):
    """Have two doors that close at night and take few leads a day, and one that is always shut."""
    world.clock.now = request.param
    open_daily = hours(OPENS, CLOSES, time_zone=ZONE)
    for name in ("acme/east", "acme/west"):
        await world.destination(name, hours=open_daily, caps={"day": DAY_CAP})
    await world.destination("acme/paused", active=False)
    await world.rules("brand", ("acme/east", 5), ("acme/west", 5), ("acme/paused", 1))
    async with world.intake() as intake, world.routing() as routing:
        yield Nights(world, intake, routing, ZONE)


def opening_on(day):
    return datetime.combine(day, datetime.min.time(), ZoneInfo(ZONE)).replace(hour=OPENS)


async def test_leads_wait_over_two_nights_and_are_drained_by_priority_then_age(nights):
    world, start = nights.world, nights.world.clock.now
    first_day = start.astimezone(ZoneInfo(ZONE)).date()
    await nights.pass_until(start + timedelta(days=2), arriving(start, ARRIVALS))
    assert await world.count("leads") == ARRIVALS

    # Caps are exact on each day, and used up: there was never too little to place.
    days = await nights.placements()
    assert {key: len(placed) for key, placed in days.items()} == {
        (door, first_day + timedelta(days=day)): DAY_CAP
        for door in ("east", "west")
        for day in range(3)
    }

    # Nobody was placed while it was closed, and the doors' first lead came with their opening.
    for (_, day), placed in days.items():
        assert all(OPENS <= at.hour < CLOSES for at, _ in placed)
        if day > first_day:
            assert placed[0][0] == opening_on(day)

    # At an opening the most urgent went first, and of these the one who had waited longest.
    for day in (first_day + timedelta(days=1), first_day + timedelta(days=2)):
        placed = days["east", day] + days["west", day]
        drained = [lead for at, lead in placed if at == opening_on(day)]
        assert len(drained) == 2 * DAY_CAP
        waited = await nights.waiting_at(opening_on(day))
        waited.sort(key=lambda lead: (-URGENCY[nights.priority[lead]], lead))
        assert set(drained) == set(waited[: 2 * DAY_CAP])

    # Nothing failed, nobody had to look, and no try was used.
    assert await world.count("reviews") == 0
    assert await world.count("lead_routing_logs WHERE routing_result <> 'success'") == 0
    assert Counter(row["routing_attempts"] for row in await world.fetch("SELECT * FROM leads")) == {
        1: 6 * DAY_CAP,
        0: ARRIVALS - 6 * DAY_CAP,
    }

    # Who still waits does so for the next opening: the doors are full for today.
    rows = await world.fetch(
        "SELECT next_retry_at FROM lead_routing_queue WHERE processed_at IS NULL"
    )
    assert {row["next_retry_at"] for row in rows} == {opening_on(first_day + timedelta(days=3))}


async def test_a_change_at_night_lets_those_who_wait_go_on_at_once(nights):
    world = nights.world
    start = world.clock.now
    night = start.astimezone(ZoneInfo(ZONE)).replace(hour=23)
    await nights.pass_until(night.astimezone(UTC), arriving(start, 40))
    waiting = await world.count("lead_routing_queue WHERE processed_at IS NULL")
    assert waiting == await world.count("leads") - 2 * DAY_CAP > 0
    statement = "UPDATE destinations SET hours = NULL, caps = '{}' WHERE id = $1"
    assert await world.change(statement, world.ids["acme/east"], of="acme") == waiting
    while await nights.routing.run_once():
        pass
    assert await world.count("leads WHERE status <> 'routed'") == 0
    await nights.check()
