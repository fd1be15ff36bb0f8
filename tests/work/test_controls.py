"""Routing paused below a priority, switched off, and retried at once: by an operator's word."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from leadflow.core.controls import FLAGS
from leadflow.core.lead import URGENCY
from leadflow.errors import ConflictError, NotFoundError
from leadflow.store import claims
from leadflow.store.bell import listen
from leadflow.store.database import Database
from leadflow.store.ids import new_id
from leadflow.work import controls
from leadflow.work.controls import Asked
from leadflow.work.loop import Loop
from leadflow.work.routing import LEASE
from tests.world import hours, people, person

PATIENCE_S = 10
BY = "key:ops"
MORNING = datetime(2026, 3, 5, 9, tzinfo=UTC)
HELD = "received/pending/-"
WAITS = "processed/pending/-"
ROUTED = "routed/routed/success"


@pytest.fixture
async def market(world):
    """Have one partner who takes every lead of the brand."""
    await world.destination("acme/leads")
    await world.rules("brand", "acme/leads")
    return world


@pytest.fixture
async def closed(world):
    """Have a partner who opens the next morning."""
    await world.destination("acme/leads", hours=hours(9, 12))
    await world.rules("brand", "acme/leads")
    return world


@pytest.fixture
async def hopeless(world):
    """Have a partner whose agents do something else: leads are tried again and again."""
    await world.destination("acme/leads", assigns_agents=True)
    await world.agent("acme/ann", specialties=["HOME"])
    await world.rules("brand", "acme/leads")
    return world


@pytest.fixture
async def routing(world):
    async with world.routing() as routing:
        yield routing


async def pause(world, below="hot"):
    return await controls.pause(world.database, below, by=BY, now=world.clock())


async def resume(world):
    return await controls.resume(world.database, by=BY, now=world.clock())


async def switch(world, on, name="enableAutoRouting"):
    return await controls.switch(world.database, name, on=on, by=BY, now=world.clock())


async def retry(world, lead=None, of=None):
    asked = Asked(actor=BY, workspace_id=world.ids[of] if of else None, lead_id=lead)
    found = await controls.retry(world.database, asked, world.clock())
    return found.made_due, found.due_already


async def state_of(world):
    return await controls.state(world.database, world.clock(), LEASE)


async def take(world, *priorities, start=0, of="brand"):
    """Take leads of these priorities in; give their ids."""
    async with world.intake() as intake:
        taken = []
        for number, priority in enumerate(priorities, start):
            body = person(number, priority=priority)
            taken.append((await intake.submit(world.submission(body, of=of))).answer)
    assert [answer.priority for answer in taken] == list(priorities)
    return [answer.id for answer in taken]


async def states(world, leads):
    return [await world.state(lead) for lead in leads]


async def served(world, leads):
    """Name the leads that are placed, by their numbers, in the order they were."""
    placed = await world.fetch("SELECT lead_id FROM placements ORDER BY placed_at, id")
    return [leads.index(row["lead_id"]) for row in placed]


async def actions(world):
    rows = await world.fetch("SELECT action, actor, detail FROM audit_log ORDER BY id")
    return [tuple(row.values()) for row in rows]


@asynccontextmanager
async def heard(url):
    """Insist that the workers are called inside of the block."""
    called, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(listen(url, called.set, stop))
    async with asyncio.timeout(PATIENCE_S):
        await called.wait()  # who begins to listen is called once
        called.clear()
        yield
        await called.wait()
    stop.set()
    await task


# A pause keeps leads back.


@pytest.mark.parametrize(
    ("below", "kept"), [("hot", ["warm", "cold"]), ("warm", ["cold"])], ids=["hot", "warm"]
)
async def test_new_leads_below_the_priority_are_stored_and_the_others_are_routed(
    market, routing, below, kept
):
    await pause(market, below)
    leads = dict(zip(URGENCY, await take(market, *URGENCY), strict=True))
    assert await routing.run_once() == 0
    for priority, lead in leads.items():
        assert await market.state(lead) == (HELD if priority in kept else ROUTED)
    assert await market.count("decisions") == len(URGENCY) - len(kept)
    assert await market.count("leads WHERE routing_attempts = 0") == len(kept)


async def test_who_sends_a_lead_is_told_why_it_waits(market):
    await pause(market)
    async with market.intake() as intake:
        taken = await intake.submit(market.submission(person(1, priority="cold")))
        again = await intake.submit(market.submission(person(1, priority="cold")))
    assert taken.answer.reason == "Routing of cold leads is paused."
    assert (taken.answer.status, taken.answer.routing_status) == ("received", "pending")
    assert again.lead_id == taken.answer.id


async def test_leads_in_the_queue_wait_on_and_the_urgent_among_them_are_routed(closed, routing):
    hot, warm, cold = await take(closed, "hot", "warm", "cold")
    await pause(closed)
    closed.clock.now = MORNING
    assert await routing.run_once() == 1
    assert await states(closed, (hot, warm, cold)) == [ROUTED, WAITS, WAITS]
    assert (await closed.lead(cold))["routing_attempts"] == 0
    assert await routing.next_due() is None  # or it would look without a pause


async def test_a_paused_retry_uses_no_try(hopeless, routing):
    [cold] = await take(hopeless, "cold")
    await pause(hopeless)
    hopeless.clock.move(hours=1)
    assert await routing.run_once() == 0
    await resume(hopeless)
    assert await routing.run_once() == 1
    assert (await hopeless.lead(cold))["routing_attempts"] == 2


async def test_the_next_thing_due_is_one_that_may_be_routed(closed, routing):
    await take(closed, "cold")
    await closed.execute("UPDATE lead_routing_queue SET next_retry_at = $1", closed.clock())
    await take(closed, "hot", start=1)
    await pause(closed)
    assert await routing.next_due() == MORNING


async def test_received_leads_are_left_where_they_are(market, routing):
    await switch(market, on=False)
    hot, cold = await take(market, "hot", "cold")
    await pause(market)
    await switch(market, on=True)
    assert await routing.run_once() == 1
    assert await states(market, (hot, cold)) == [ROUTED, HELD]


async def test_what_is_in_hand_is_finished(market, routing):
    await switch(market, on=False)
    mine, dead = await take(market, "cold", "cold")
    await switch(market, on=True)
    async with market.routing("killed") as killed:
        await killed._claim("received")
    await market.execute("UPDATE leads SET routing_locked_by = 'worker' WHERE id = $1", mine)
    await pause(market)
    assert await routing._settle([replace(killed._in_hand[mine], owner="worker")])
    assert await states(market, (mine, dead)) == [ROUTED, "processed/routing/-"]
    market.clock.now += LEASE
    assert await routing.run_once() == 1
    assert await market.state(dead) == ROUTED


async def test_who_is_paused_is_routed_by_hand_and_expires_all_the_same(market):
    await pause(market)
    late, by_hand = await take(market, "cold", "cold")
    await market.route(by_hand)
    assert await market.state(by_hand) == ROUTED
    market.clock.move(days=91)
    assert await market.upkeep().run_once()
    assert await market.state(late) == "expired/expired/-"


async def test_processes_that_start_anew_find_the_pause_where_it_was(
    market, database, database_url
):
    await pause(market)
    other = Database(database_url, size=2)
    await other.open()
    async with market.intake(other) as intake, market.routing("new", other) as fresh:
        taken = await intake.submit(market.submission(person(1, priority="cold")))
        assert await fresh.run_once() == 0
        assert await market.state(taken.answer.id) == HELD
        await resume(market)
        assert await fresh.run_once() == 1
    await other.close()
    assert await market.state(taken.answer.id) == ROUTED


# And lets them go again.


async def test_when_it_is_over_they_drain_by_priority_and_then_by_age(closed, routing):
    queued = await take(closed, "cold", "warm", "cold", "warm")
    await pause(closed)
    received = await take(closed, "warm", "cold", "warm", start=4)
    leads = [*queued, *received]
    closed.clock.now = MORNING
    assert await routing.run_once() == 0
    before = await closed.fetch("SELECT id, created_at FROM leads ORDER BY id")
    await resume(closed)
    assert await routing.run_once() == len(leads)
    assert await served(closed, leads) == [1, 3, 4, 6, 0, 2, 5]
    assert await closed.fetch("SELECT id, created_at FROM leads ORDER BY id") == before
    assert await closed.count("leads WHERE routing_attempts = 1") == len(leads)
    assert await closed.count("lead_routing_queue WHERE processed_at IS NULL") == 0


async def test_received_leads_are_claimed_by_priority_and_then_by_age(market):
    await switch(market, on=False)
    leads = await take(market, "cold", "warm", "hot", "warm", "hot")
    claimed: list[Any] = []
    async with market.database.service() as connection:
        for _ in leads:
            claimed += await claims.claim(
                connection, "received", owner="w", now=market.clock(), most=1, lease=LEASE,
                least_urgency=0,
            )  # fmt: skip
    assert [leads.index(one.profile.lead_id) for one in claimed] == [2, 4, 1, 3, 0]


async def test_a_laxer_pause_takes_the_place_of_the_one_before(market, routing):
    await pause(market, "hot")
    warm, cold = await take(market, "warm", "cold")
    await pause(market, "warm")
    assert await routing.run_once() == 1
    assert await states(market, (warm, cold)) == [ROUTED, HELD]
    assert await market.count("routing_pause") == 1


async def test_a_worker_that_sleeps_is_called_when_the_pause_ends(market, database_url, routing):
    await pause(market)
    [cold] = await take(market, "cold")
    stop, asleep, routed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run_once():
        done = await routing.run_once()
        (routed if done else asleep).set()
        return done

    loop = Loop("route", run_once, routing.next_due, market.clock, timedelta(hours=1))
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run(stop))
        tasks.create_task(listen(database_url, loop.call, stop))
        await asleep.wait()
        await resume(market)
        await routed.wait()
        stop.set()
    assert await market.state(cold) == ROUTED


async def test_whatever_may_let_leads_go_on_calls_the_workers(market, database_url):
    for act in (
        lambda: pause(market, "hot"),
        lambda: pause(market, "warm"),
        lambda: resume(market),
        lambda: switch(market, on=False),
        lambda: switch(market, on=True),
        lambda: retry(market),
    ):
        async with heard(database_url):
            await act()


async def test_to_say_the_same_again_changes_nothing(market):
    first = await pause(market)
    market.clock.move(hours=1)
    assert await pause(market) == first
    assert await resume(market) == first
    assert await resume(market) is None
    assert (await switch(market, on=True)).changed_at is None
    off = await switch(market, on=False)
    market.clock.move(hours=1)
    assert await switch(market, on=False) == off
    assert await actions(market) == [
        ("routing.paused", BY, {"below": "hot"}),
        ("routing.resumed", BY, {"below": "hot"}),
        ("flag.changed", BY, {"enabled": False}),
    ]


async def test_a_pause_waits_for_who_holds_the_configuration_and_then_holds(market):
    async with market.database.service() as connection:
        await connection.fetchval("SELECT version FROM configuration FOR SHARE")
        paused = asyncio.create_task(pause(market))
        await market.blocked()
    assert (await paused).below == "hot"
    assert (await take(market, "cold")) != []
    assert await market.count("leads WHERE status = 'received'") == 1


# Flags.


async def test_every_flag_is_on_until_somebody_turns_it_off(world):
    assert {each.name: each.enabled for each in await controls.switches(world.database)} == (
        dict.fromkeys(FLAGS, True)
    )
    await switch(world, on=False, name="enableWebhooks")
    off = [each for each in await controls.switches(world.database) if not each.enabled]
    assert [(each.name, each.changed_at) for each in off] == [("enableWebhooks", world.clock())]


# Tried again at once.


async def test_leads_in_the_queue_are_tried_at_once_by_priority_and_then_by_age(closed, routing):
    leads = await take(closed, "cold", "warm", "hot", "warm")
    await closed.execute("UPDATE destinations SET hours = NULL")
    assert await routing.run_once() == 0
    assert await retry(closed) == (4, 0)
    assert await closed.count("leads WHERE routing_attempts > 0") == 0
    assert await routing.run_once() == 4
    assert await served(closed, leads) == [2, 1, 3, 0]


async def test_a_try_that_is_brought_forward_counts_as_one(hopeless, routing):
    [lead] = await take(hopeless, "warm")
    assert await retry(hopeless) == (1, 0)
    assert await retry(hopeless) == (0, 1)
    assert (await hopeless.lead(lead))["routing_attempts"] == 1
    await routing.run_once()
    assert (await hopeless.lead(lead))["routing_attempts"] == 2
    assert await hopeless.state(lead) == WAITS
    assert (await actions(hopeless))[0] == ("routing.retried", BY, {"leads": 1})


async def test_one_lead_is_tried_and_the_others_wait_on(closed):
    one, _ = await take(closed, "cold", "hot")
    assert await retry(closed, one) == (1, 0)
    assert await closed.count("lead_routing_queue WHERE next_retry_at <= $1", closed.clock()) == 1


async def test_a_lead_that_is_not_in_the_queue_is_not_retried(market):
    [routed] = await take(market, "hot")
    with pytest.raises(ConflictError, match="not in the queue"):
        await retry(market, routed)
    with pytest.raises(NotFoundError, match="Lead not found"):
        await retry(market, new_id())
    assert await actions(market) == []


async def test_who_is_paused_is_due_and_waits_on(closed, routing):
    [cold] = await take(closed, "cold")
    await pause(closed)
    assert await retry(closed) == (1, 0)
    assert await routing.run_once() == 0
    assert await closed.state(cold) == WAITS


async def test_a_row_that_is_being_written_is_passed_over(closed):
    await take(closed, "cold", "hot")
    async with closed.database.service() as connection:
        await connection.execute("SELECT FROM lead_routing_queue WHERE priority = 2 FOR UPDATE")
        assert await retry(closed) == (1, 0)


async def test_a_workspace_retries_its_own_leads_and_no_others(closed):
    await closed.workspace("second")
    await closed.rules("second", "acme/leads")
    [first] = await take(closed, "warm")
    [second] = await take(closed, "warm", of="second", start=1)
    assert await retry(closed, of="second") == (1, 0)
    [row] = await closed.fetch(
        "SELECT lead_id FROM lead_routing_queue WHERE next_retry_at <= $1", closed.clock()
    )
    assert row["lead_id"] == second
    with pytest.raises(NotFoundError):
        await retry(closed, first, of="second")
    with pytest.raises(NotFoundError):
        await retry(closed, first, of="acme")  # whose lead it may become
    audited = await closed.one("SELECT workspace_id FROM audit_log")
    assert audited["workspace_id"] == closed.ids["second"]


# How it stands.


async def test_what_is_under_way_is_counted_in_one_place_each(closed):
    await closed.workspace("second")
    await take(closed, "hot", "warm", "cold")
    await take(closed, "hot", of="second", start=3)  # no rule: a person looks
    await pause(closed)
    await take(closed, "warm", "cold", start=4)
    assert await retry(closed, (await closed.one(FIRST, 0))["lead_id"]) == (1, 0)
    async with closed.routing("killed") as killed:
        await closed.execute("UPDATE lead_routing_queue SET next_retry_at = $1", closed.clock())
        await killed._claim("due")
    await closed.execute(
        "UPDATE lead_routing_queue SET next_retry_at = $1 WHERE priority = 1", MORNING
    )
    closed.clock.now += LEASE
    found = await state_of(closed)
    brand, second = found.workspaces
    assert (brand.workspace, second.workspace) == ("brand", "second")
    assert (brand.received, brand.due, brand.not_due, brand.stopped) == (2, 1, 1, 3)
    assert (brand.in_hand, brand.stale, brand.in_review) == (1, 1, 0)
    assert (second.received, second.in_review, second.next_due) == (0, 1, None)
    assert (found.leads.received, found.leads.next_due, found.leads.in_review) == (2, MORNING, 1)
    assert (found.enabled, found.pause.below, found.pause.paused_by) == (True, "hot", BY)


FIRST = "SELECT lead_id FROM lead_routing_queue WHERE priority = $1 AND processed_at IS NULL"


async def test_while_routing_is_off_everybody_is_stopped(market):
    await switch(market, on=False)
    await take(market, *URGENCY)
    found = await state_of(market)
    assert (found.enabled, found.leads.received, found.leads.stopped) == (False, 3, 3)


async def test_an_installation_without_leads_has_nothing_under_way(world):
    found = await state_of(world)
    assert (found.pause, found.workspaces, found.leads.received) == (None, (), 0)
    assert found.leads.next_due is None


async def test_the_database_orders_priorities_as_we_do(world):
    for priority, urgency in URGENCY.items():
        assert await world.value("SELECT urgency_of($1)", priority) == urgency
    assert await world.value("SELECT urgency_of(NULL)") == min(URGENCY.values())


async def test_many_leads_are_let_go_in_as_many_rounds_as_they_need(market, routing):
    routing._most = 10
    await pause(market, "warm")
    async with market.intake() as intake:
        await asyncio.gather(
            *(intake.submit(market.submission(body)) for body in people(25, priority="cold"))
        )
    await resume(market)
    assert [await routing.run_once() for _ in range(4)] == [10, 10, 5, 0]
    assert await market.count("placements") == 25
