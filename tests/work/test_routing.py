"""Leads without an owner: claimed by one worker at a time, tried again, and never forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from leadflow.core.route import match
from leadflow.errors import TemporaryError
from leadflow.store.database import Database
from leadflow.telemetry import metrics
from leadflow.work.record import Tries
from leadflow.work.routing import CLAIM, LEASE, Routing
from tests.world import NOW, hours, people, person


@pytest.fixture
async def market(world):
    """Have one partner who takes every lead of the brand."""
    await world.destination("acme/leads")
    await world.rules("brand", "acme/leads")
    return world


@pytest.fixture
async def routing(world):
    async with world.routing() as routing:
        yield routing


async def take(world, *bodies, of="brand"):
    """Take leads in, one after the other; give their ids."""
    async with world.intake() as intake:
        outcomes = [await intake.submit(world.submission(body, of=of)) for body in bodies]
    return [outcome.answer.id for outcome in outcomes]


async def receive(world, *bodies):
    """Take leads in while routing is switched off; give their ids."""
    await world.flag("enableAutoRouting", False)
    leads = await take(world, *bodies)
    await world.execute("UPDATE flags SET enabled = true")
    return leads


async def claim_and_die(world, most=CLAIM):
    """Claim what is due, as a worker that is killed right after."""
    async with world.routing("killed") as killed:
        killed._most = most
        for work in ("received", "due", "stale"):
            await killed._claim(work)


def counted(counter):
    return counter._value.get()


# Received leads.


async def test_a_received_lead_is_decided_once_routing_is_on(market, routing):
    [lead] = await receive(market, person(1))
    assert await routing.run_once() == 1
    assert await market.state(lead) == "routed/routed/success"
    assert (await market.lead(lead))["routing_attempts"] == 1
    assert (await market.events(lead))[-2:] == ["lead.processed", "lead.routed"]
    assert await routing.run_once() == 0


async def test_while_routing_is_off_received_leads_stay_where_they_are(market, routing):
    await market.flag("enableAutoRouting", False)
    [lead] = await take(market, person(1))
    assert await routing.run_once() == 0
    assert await market.state(lead) == "received/pending/-"


async def test_while_routing_is_off_waiting_leads_and_retries_wait_on(world, routing):
    await world.destination("acme/leads", hours=hours(20, 22))
    await world.rules("brand", "acme/leads")
    [lead] = await take(world, person(1))
    await world.flag("enableAutoRouting", False)
    world.clock.move(hours=4)
    assert await routing.run_once() == 0
    assert await routing.next_due() is None  # or it would look without a pause
    assert await world.state(lead) == "processed/pending/-"
    await world.execute("UPDATE flags SET enabled = true")
    assert await routing.run_once() == 1
    assert await world.state(lead) == "routed/routed/success"


async def test_what_a_worker_had_begun_is_finished_when_routing_is_off(market, routing):
    [lead] = await receive(market, person(1))
    await claim_and_die(market)
    await market.execute("UPDATE flags SET enabled = false")
    market.clock.move(seconds=LEASE.total_seconds())
    assert await routing.run_once() == 1
    assert await market.state(lead) == "routed/routed/success"


async def test_a_lease_lasts_as_long_as_it_is_told_to(market, database):
    short = timedelta(seconds=2)
    [lead] = await receive(market, person(1))
    await claim_and_die(market)
    successor = Routing(database, "successor", market.tries, market.clock, lease=short)
    successor.start()
    assert await successor.next_due() == market.clock() + short
    assert await successor.run_once() == 0
    market.clock.now += short
    assert await successor.run_once() == 1
    await successor.close()
    assert await market.state(lead) == "routed/routed/success"


async def test_several_workers_share_the_leads_and_decide_each_once(market, database_url):
    await market.execute("UPDATE destinations SET caps = $1", {"day": 30})
    leads = await receive(market, *people(60))
    elsewhere = Database(database_url, size=3)
    await elsewhere.open()
    async with market.routing("one") as one, market.routing("two", elsewhere) as two:
        done = await asyncio.gather(one.run_once(), two.run_once())
    await elsewhere.close()
    assert sum(done) == len(leads)
    assert await market.used("acme/leads", "day") == 30
    assert await market.count("decisions") == 60
    assert await market.count("lead_routing_queue WHERE processed_at IS NULL") == 30


# Retries.


@pytest.fixture
async def hopeless(world):
    """Have a partner whose agents do something else: nobody could ever take the lead."""
    await world.destination("acme/leads", assigns_agents=True)
    await world.agent("acme/ann", specialties=["HOME"])
    await world.rules("brand", "acme/leads")
    return world


async def test_a_lead_nobody_can_take_is_tried_three_times_and_then_a_person_looks(
    hopeless, routing
):
    [lead] = await take(hopeless, person(1))
    waits = []
    for attempt in (1, 2):
        row = await hopeless.one("SELECT * FROM lead_routing_queue WHERE processed_at IS NULL")
        assert (row["attempt_number"], row["max_attempts"], row["reason"]) == (attempt, 3, "retry")
        assert row["last_error"].startswith("No agents found for lead")
        assert await hopeless.state(lead) == "processed/pending/-"
        waits.append(row["next_retry_at"] - hopeless.clock())
        hopeless.clock.now = row["next_retry_at"] - timedelta(microseconds=1)
        assert await routing.run_once() == 0
        hopeless.clock.now = row["next_retry_at"]
        assert await routing.run_once() == 1
    assert timedelta(seconds=60) <= waits[0] <= timedelta(seconds=75)
    assert timedelta(seconds=120) <= waits[1] <= timedelta(seconds=150)
    assert await hopeless.state(lead) == "review/failed/failed"
    assert (await hopeless.lead(lead))["routing_attempts"] == 3
    assert await hopeless.count("lead_routing_logs") == 1
    assert await hopeless.count("reviews WHERE closed_at IS NULL") == 1
    assert await hopeless.count("lead_routing_queue WHERE processed_at IS NULL") == 0
    assert await hopeless.count("lead_routing_queue") == 1
    assert await hopeless.count("decisions") == 3
    assert await routing.run_once() == 0


async def test_a_lead_that_is_placed_on_retry_leaves_no_open_row(hopeless, routing):
    [lead] = await take(hopeless, person(1))
    await hopeless.execute("UPDATE agents SET specialties = '{AUTO}'")
    hopeless.clock.move(minutes=2)
    await routing.run_once()
    assert await hopeless.state(lead) == "routed/routed/success"
    assert (await hopeless.lead(lead))["routing_attempts"] == 2
    assert await hopeless.count("lead_routing_queue WHERE processed_at IS NULL") == 0


async def test_how_often_and_how_soon_is_a_setting(hopeless):
    hopeless.tries = Tries(most=2, delay=timedelta(seconds=10))
    [lead] = await take(hopeless, person(1))
    hopeless.clock.move(seconds=13)
    async with hopeless.routing() as routing:
        await routing.run_once()
    assert await hopeless.state(lead) == "review/failed/failed"


# Waiting.


async def test_a_closed_destination_makes_leads_wait_for_its_opening_and_costs_no_try(
    world, routing
):
    await world.destination("acme/leads", hours=hours(9, 12))
    await world.rules("brand", "acme/leads")
    [lead] = await take(world, person(1))  # at 17:00
    opening = datetime(2026, 3, 5, 9, tzinfo=UTC)
    row = await world.one("SELECT * FROM lead_routing_queue")
    assert (row["reason"], row["next_retry_at"], row["attempt_number"]) == ("waiting", opening, 0)
    assert (await world.lead(lead))["routing_attempts"] == 0
    assert await routing.next_due() == opening
    world.clock.now = opening
    assert await routing.run_once() == 1
    assert await world.state(lead) == "routed/routed/success"
    assert (await world.lead(lead))["routing_attempts"] == 1


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("America/New_York", datetime(2026, 3, 5, 5, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 3, 4, 18, 30, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 3, 5, 11, tzinfo=UTC)),
    ],
)
async def test_a_full_day_ends_at_the_midnight_of_the_destination(world, routing, zone, midnight):
    await world.workspace("acme", kind="partner", time_zone=zone)
    await world.destination("acme/leads", caps={"day": 1})
    await world.rules("brand", "acme/leads")
    _, second = await take(world, *people(2))
    row = await world.one("SELECT * FROM lead_routing_queue")
    assert row["next_retry_at"] == midnight
    world.clock.now = midnight
    await routing.run_once()
    assert await world.state(second) == "routed/routed/success"
    assert await world.used("acme/leads", "day") == 2
    assert await world.count("capacity WHERE used = 1") == 2


async def test_waiting_leads_drain_by_priority_and_then_by_age(world, routing):
    await world.destination("acme/leads", hours=hours(9, 12), caps={"day": 3})
    await world.rules("brand", "acme/leads")
    bodies = [
        person(n, priority=priority)
        for n, priority in enumerate(["cold", "warm", "hot", "warm", "hot", "cold"])
    ]
    leads = await take(world, *bodies)
    served = []
    for day in (5, 6):
        world.clock.now = datetime(2026, 3, day, 9, tzinfo=UTC)
        await routing.run_once()
        placed = await world.fetch("SELECT lead_id FROM placements ORDER BY placed_at, id")
        served = [leads.index(row["lead_id"]) for row in placed]
    assert served == [2, 4, 1, 3, 0, 5]


async def test_a_change_of_capacity_wakes_who_waits(world, routing):
    await world.destination("acme/leads", caps={"day": 1})
    await world.rules("brand", "acme/leads")
    _, second = await take(world, *people(2))
    assert await routing.run_once() == 0
    woken = await world.change("UPDATE destinations SET caps = $1", {"day": 2}, of="acme")
    assert woken == 1
    assert await routing.run_once() == 1
    assert await world.state(second) == "routed/routed/success"


async def test_who_still_waits_after_a_wake_up_keeps_one_row_and_all_tries(world, routing):
    await world.destination("acme/leads", caps={"day": 1})
    await world.rules("brand", "acme/leads")
    _, second = await take(world, *people(2))
    for _ in range(5):
        await world.change("UPDATE destinations SET weight = weight + 1", of="acme")
        assert await routing.run_once() == 1
    assert await world.state(second) == "processed/pending/-"
    assert (await world.lead(second))["routing_attempts"] == 0
    assert await world.count("lead_routing_queue") == 1


# Workers that die.


async def test_what_a_killed_worker_had_in_hand_is_claimed_when_its_lease_is_over(market, routing):
    [lead] = await receive(market, person(1))
    await claim_and_die(market)
    assert await market.state(lead) == "processed/routing/-"
    assert await routing.run_once() == 0
    assert await routing.next_due() == NOW + LEASE
    market.clock.now = NOW + LEASE
    assert await routing.run_once() == 1
    assert await market.state(lead) == "routed/routed/success"
    assert (await market.lead(lead))["routing_attempts"] == 2
    assert "lead.processed" in await market.events(lead)  # nobody had decided it before


async def test_a_lead_that_kills_every_worker_ends_with_a_person(market, routing):
    [lead] = await receive(market, person(1))
    failed, total = metrics.ROUTING_LOGS_FAILED, metrics.ROUTING_LOGS_TOTAL
    before = counted(failed), counted(total)
    for _ in range(3):
        await claim_and_die(market)
        market.clock.move(seconds=LEASE.total_seconds())
    assert await routing.run_once() == 1
    assert await market.state(lead) == "review/failed/failed"
    review = await market.one("SELECT * FROM reviews")
    assert review["reason"] == "Its tries are used up: workers died over it."
    assert await market.count("lead_routing_logs WHERE routing_result = 'failed'") == 1
    assert (counted(failed), counted(total)) == (before[0] + 1, before[1] + 1)


async def test_leads_in_hand_of_a_dead_worker_do_not_hide_the_others(world, routing):
    """A full claim of the most urgent leads lies with a dead worker; the rest must go on."""
    routing._most = 10
    await world.destination("acme/leads", hours=hours(9, 12))
    await world.rules("brand", "acme/leads")
    await take(world, *people(10, priority="hot"))
    [late] = await take(world, person(11, priority="cold"))
    world.clock.now = datetime(2026, 3, 5, 9, tzinfo=UTC)
    await claim_and_die(world, most=10)
    assert await world.count("leads WHERE routing_status = 'routing'") == 10
    assert await routing.run_once() == 1
    assert await world.state(late) == "routed/routed/success"
    assert await routing.next_due() == world.clock() + LEASE  # nothing to look for before


async def test_a_worker_that_lost_its_lease_writes_nothing(market, routing):
    [lead] = await receive(market, person(1))
    async with market.routing("slow") as slow:
        await slow._claim("received")
        market.clock.now = NOW + LEASE
        await routing.run_once()
        assert await slow._settle([slow._in_hand[lead]]) == [None]
    assert (await market.lead(lead))["routing_attempts"] == 2
    assert await market.count("placements") == 1
    assert await market.count("decisions") == 1
    assert await market.count("decision_batches") == 1


async def test_a_lease_lost_between_claim_and_decision_is_counted(market):
    [lead] = await receive(market, person(1))
    before = counted(metrics.ROUTING_LOCK_FAILED)
    async with market.routing("slow") as slow:
        await slow._claim("received")
        await market.execute("UPDATE leads SET routing_locked_by = 'other'")
        assert await slow.run_once() == 1
    assert counted(metrics.ROUTING_LOCK_FAILED) == before + 1
    assert (await market.lead(lead))["routing_locked_by"] == "other"
    assert await market.count("placements") == 0


# What goes wrong.


class Away(Database):
    """A database that can be taken away."""

    away = False

    def service(self):
        if self.away:
            raise TemporaryError("the database is away")
        return super().service()


async def test_what_was_in_hand_when_the_database_went_away_needs_no_new_try(market, database_url):
    [lead] = await receive(market, person(1))
    database = Away(database_url, size=2)
    await database.open()
    async with market.routing(database=database) as routing:
        await routing._claim("received")
        database.away = True
        for _ in range(3):
            with pytest.raises(TemporaryError):
                await routing.run_once()
        database.away = False
        assert await routing.run_once() == 1
    await database.close()
    assert await market.state(lead) == "routed/routed/success"
    assert (await market.lead(lead))["routing_attempts"] == 1


async def test_after_a_lease_in_hand_a_lead_is_left_to_the_others(market, database_url):
    await receive(market, person(1))
    async with market.routing() as routing:
        await routing._claim("received")
        market.clock.now = NOW + LEASE
        routing._let_go()
        assert routing._in_hand == {}


@pytest.fixture
async def poison(market):
    """Have three leads of which the database refuses one: a placement of it is in the way."""
    leads = await receive(market, *people(3))
    await market.execute(
        "INSERT INTO placements SELECT gen_random_uuid(), $1, 1, $2, $3, $3, NULL, 1, 0, 'USD', "
        "$4, NULL",
        *(leads[1], market.ids["acme/leads"], market.ids["acme"], NOW),
    )
    return leads


async def test_one_lead_that_cannot_be_decided_costs_the_others_nothing(market, routing, poison):
    assert await routing.run_once() == 3
    states = [await market.state(lead) for lead in poison]
    assert states == ["routed/routed/success", "processed/pending/-", "routed/routed/success"]
    row = await market.one("SELECT * FROM lead_routing_queue WHERE processed_at IS NULL")
    assert (row["lead_id"], row["reason"]) == (poison[1], "retry")
    assert row["last_error"] == "PermanentError"


async def test_nor_does_one_whose_rules_cannot_be_asked(market, routing, monkeypatch):
    leads = await receive(market, *people(3))

    def asked(profile, rulebook):
        if profile.lead_id == leads[1]:
            raise ZeroDivisionError
        return match(profile, rulebook)

    monkeypatch.setattr("leadflow.work.parts.match", asked)
    monkeypatch.setattr("leadflow.work.decide.match", asked)
    assert await routing.run_once() == 3
    states = [await market.state(lead) for lead in leads]
    assert states == ["routed/routed/success", "processed/pending/-", "routed/routed/success"]


async def test_it_is_tried_again_and_ends_with_a_person(market, routing, poison):
    for _ in range(3):
        await routing.run_once()
        market.clock.move(minutes=5)
    assert await market.state(poison[1]) == "review/failed/failed"
    review = await market.one("SELECT * FROM reviews")
    assert review["reason"] == "Deciding it failed: PermanentError."
    assert await market.count("lead_routing_logs WHERE routing_result = 'failed'") == 1
    assert await routing.run_once() == 0


async def test_the_next_thing_due_is_known_as_far_as_it_can_be(market, routing):
    assert await routing.next_due() is None
