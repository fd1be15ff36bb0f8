"""Deciding many leads at once: caps, agents and people are each counted exactly."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from leadflow.core.outcome import Accepted
from leadflow.core.route import choose, match, seed_of
from leadflow.store import records
from leadflow.store.configuration import DirectoryCache
from leadflow.store.database import Database
from leadflow.store.profiles import profile_of
from tests.world import NOW, hours, people, person


@pytest.fixture
async def databases_of_three(database_url):
    opened = [Database(database_url, size=3) for _ in range(3)]
    for database in opened:
        await database.open()
    yield opened
    for database in opened:
        await database.close()


@asynccontextmanager
async def intakes(world, databases):
    """Have an intake for each of several processes."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(world.intake(each)) for each in databases]


async def send(world, databases, bodies, *, of="brand"):
    """Send leads to several processes, a few at a time, so that many groups meet."""
    room = asyncio.Semaphore(24)

    async def one(intake, body):
        async with room:
            return await intake.submit(world.submission(body, of=of))

    async with intakes(world, databases) as doors:
        pairs = [(doors[n % len(doors)], body) for n, body in enumerate(bodies)]
        return await asyncio.gather(*(one(intake, body) for intake, body in pairs))


def statuses(outcomes):
    assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
    return sorted(outcome.answer.status for outcome in outcomes)


async def test_a_cap_is_reached_exactly_however_many_processes_fill_it(world, databases_of_three):
    await world.destination("acme/leads", caps={"day": 37, "month": 1000})
    await world.rules("brand", "acme/leads")
    outcomes = await send(world, databases_of_three, people(150))
    assert statuses(outcomes) == ["processed"] * 113 + ["routed"] * 37
    assert await world.used("acme/leads", "day") == 37
    assert await world.used("acme/leads", "month") == 37
    assert await world.count("placements") == 37
    assert await world.count("lead_routing_logs") == 37
    assert await world.count("lead_routing_queue WHERE processed_at IS NULL") == 113
    assert (
        await world.value(
            "SELECT count(DISTINCT lead_id) FROM lead_routing_queue WHERE processed_at IS NULL"
        )
        == 113
    )


async def test_what_one_partner_cannot_take_goes_to_the_next(world, databases_of_three):
    await world.destination("first/leads", caps={"day": 20})
    await world.destination("second/leads", caps={"total": 30})
    await world.rules("brand", ("first/leads", 9), ("second/leads", 1))
    await send(world, databases_of_three, people(60))
    assert await world.used("first/leads", "day") == 20
    assert await world.used("second/leads", "total") == 30
    assert await world.count("leads WHERE status = 'processed'") == 10


async def test_no_agent_ever_has_more_leads_than_they_can_take(world, databases_of_three):
    await world.destination("acme/leads", assigns_agents=True)
    for n in range(5):
        await world.agent(f"acme/{n}", capacity=7)
    await world.rules("brand", "acme/leads")
    outcomes = await send(world, databases_of_three, people(60))
    assert statuses(outcomes) == ["processed"] * 25 + ["routed"] * 35
    loads = await world.fetch(
        "SELECT agent_id, count(*) FROM assignments WHERE released_at IS NULL GROUP BY 1"
    )
    assert [row["count"] for row in loads] == [7] * 5
    counted = await world.fetch("SELECT used FROM capacity WHERE window_kind = 'open'")
    assert [row["used"] for row in counted] == [7] * 5


async def test_an_agent_s_load_is_one_for_all_the_doors_of_their_workspace(
    world, databases_of_three
):
    for door in ("acme/web", "acme/phone"):
        await world.destination(door, assigns_agents=True)
    await world.agent("acme/ann", capacity=10)
    await world.rules("brand", "acme/web", {**_rule("acme/phone"), "if": {"vertical": "HOME"}})
    await world.workspace("other")
    await world.rules("other", "acme/phone")
    await asyncio.gather(
        send(world, databases_of_three, people(15)),
        send(world, databases_of_three, people(15, start=100), of="other"),
    )
    assert await world.used("acme/ann", "open") == 10
    assert await world.count("assignments") == 10


def _rule(to):
    return {"name": f"to {to}", "priority": 5, "to": to}


async def test_turns_are_exact_across_processes(world, databases_of_three):
    """Three to one is three to one, also for the first leads that ever came."""
    await world.destination("big/leads", weight=3)
    await world.destination("small/leads", weight=1)
    await world.rules("brand", "big/leads", "small/leads")
    await send(world, databases_of_three, people(80))
    placed = await world.fetch("SELECT destination_id, count(*) FROM placements GROUP BY 1")
    assert {row["destination_id"]: row["count"] for row in placed} == {
        world.ids["big/leads"]: 60,
        world.ids["small/leads"]: 20,
    }


async def test_every_placement_has_one_log_row_and_every_lead_one_decision(
    world, databases_of_three
):
    await world.destination("acme/leads", caps={"hour": 10})
    await world.rules("brand", "acme/leads", default="review")
    await send(world, databases_of_three, people(40))
    unmatched = await world.value(
        "SELECT count(*) FROM placements p FULL JOIN lead_routing_logs l ON l.placement_id = p.id "
        "WHERE p.id IS NULL OR l.id IS NULL"
    )
    assert unmatched == 0
    assert await world.value("SELECT count(DISTINCT lead_id) FROM decisions") == 40
    assert await world.count("decisions") == 40


# People.


async def test_a_person_who_comes_through_two_workspaces_at_once_is_sold_to_one_partner(
    world, databases_of_three
):
    await world.workspace("rival")
    for slug in ("acme", "zenith"):
        await world.destination(f"{slug}/leads")
    await world.rules("brand", "acme/leads")
    await world.rules("rival", "zenith/leads")
    await asyncio.gather(
        send(world, databases_of_three, people(30)),
        send(world, databases_of_three, people(30), of="rival"),
    )
    assert await world.count("placements") == 30
    assert await world.count("leads WHERE status = 'duplicate'") == 30
    # Each duplicate names the lead, and the partner, that have the person.
    wrong = await world.value(
        "SELECT count(*) FROM events e JOIN placements p "
        "ON p.lead_id = (e.data ->> 'duplicate_of')::uuid "
        "JOIN lead_routing_logs l ON l.lead_id = e.lead_id "
        "WHERE e.name = 'lead.duplicate_detected' "
        "AND (l.routing_result, l.destination_workspace_id) "
        "IS DISTINCT FROM ('duplicate', p.workspace_id)"
    )
    assert wrong == 0
    assert await world.count("events WHERE name = 'lead.duplicate_detected'") == 30


async def test_a_duplicate_answers_with_the_lead_that_holds_the_person(world):
    await world.workspace("rival")
    await world.destination("acme/leads")
    await world.destination("zenith/leads")
    await world.rules("brand", "acme/leads")
    await world.rules("rival", "zenith/leads")
    async with world.intake() as intake:
        first = await intake.submit(world.submission(person(1)))
        second = await intake.submit(world.submission(person(1), of="rival"))
    assert second.answer.duplicate_of == first.answer.id
    assert await world.state(second.answer.id) == "duplicate/failed/duplicate"
    assert await world.count("reviews") == 0


async def test_partners_who_share_leads_may_have_the_same_person(world):
    await world.workspace("rival")
    for slug in ("acme", "zenith"):
        await world.destination(f"{slug}/leads", max_owners=3)
    await world.rules("brand", "acme/leads")
    await world.rules("rival", "zenith/leads")
    async with world.intake() as intake:
        await intake.submit(world.submission(person(1)))
        second = await intake.submit(world.submission(person(1), of="rival"))
    assert second.answer.destination_workspace_id == world.ids["zenith"]


async def test_a_person_has_no_more_partners_than_each_of_them_allows(world):
    slugs = ("one", "two", "three")
    for slug in slugs:
        await world.workspace(slug)
        await world.destination(f"{slug}-partner/leads", max_owners=2)
        await world.rules(slug, f"{slug}-partner/leads")
    async with world.intake() as intake:
        first, second, third = await asyncio.gather(
            *(intake.submit(world.submission(person(1), of=slug)) for slug in slugs)
        )
    assert [each.answer.status for each in (first, second)] == ["routed", "routed"]
    assert third.answer.duplicate_of == first.answer.id
    assert third.answer.reason.startswith(
        "Through an earlier lead the person is placed with 2 of at most 2 partners until "
    )


async def test_a_person_is_free_again_only_when_every_shared_placement_is_over(world):
    for slug in ("one", "two"):
        await world.workspace(slug)
        await world.destination(f"{slug}-partner/leads", max_owners=3)
    await world.destination("greedy/leads")
    await world.workspace("keen", duplicate_window=timedelta(days=1))
    await world.rules("keen", "greedy/leads")
    await world.rules("one", "one-partner/leads", exclusivity_days=90)
    await world.rules("two", "two-partner/leads", exclusivity_days=30)
    async with world.intake() as intake:
        await intake.submit(world.submission(person(1), of="one"))
        await intake.submit(world.submission(person(1), of="two"))
        world.clock.move(days=31)
        early = await intake.submit(world.submission(person(1), of="keen"))
        world.clock.move(days=59)
        late = await intake.submit(world.submission(person(1), of="keen"))
    assert early.answer.status == "duplicate"
    assert late.answer.status == "routed"


async def test_shared_placements_of_one_group_hold_a_person_each_until_its_end(world):
    for slug, days in (("one", 90), ("two", 30)):
        await world.workspace(slug)
        await world.destination(f"{slug}-partner/leads", max_owners=3)
        await world.rules(slug, f"{slug}-partner/leads", exclusivity_days=days)
    async with world.intake() as intake:
        await asyncio.gather(
            *(intake.submit(world.submission(person(1), of=slug)) for slug in ("one", "two"))
        )
    held = await world.fetch(
        "SELECT (holder ->> 'until')::timestamptz AS until "
        "FROM placement_keys, jsonb_array_elements(holders) AS holder WHERE max_owners = 3"
    )
    ends = [row["until"] for row in held]
    assert set(ends) == {NOW + timedelta(days=30), NOW + timedelta(days=90)}
    assert len(ends) == 2 * len(set(ends))  # by mail and by phone


# Configuration that changes.


async def test_a_lead_that_begins_to_wait_while_the_cap_is_raised_is_not_forgotten(
    world, database_url
):
    """The change wakes who waits; who is about to wait must not slip through."""
    await world.destination("acme/leads", caps={"day": 1})
    await world.rules("brand", "acme/leads")
    elsewhere = Database(database_url, size=2)
    await elsewhere.open()
    async with world.intake(elsewhere) as intake:
        await intake.submit(world.submission(person(0)))
        async with world.database.service() as connection:
            # The counter is held, so that the next group stands still in the midst of deciding.
            await connection.execute("SELECT 1 FROM capacity FOR UPDATE")
            waits = asyncio.create_task(intake.submit(world.submission(person(1))))
            await world.blocked()
            raised = await world.change("UPDATE destinations SET caps = $1", {"day": 2}, of="acme")
        outcome = await waits
    await elsewhere.close()
    assert raised == 0  # nobody waited yet
    assert outcome.answer.status == "routed"


# What is kept of a decision.


async def test_a_decision_can_be_taken_again_from_what_is_stored(world):
    await world.destination("acme/leads", assigns_agents=True, caps={"day": 3})
    await world.destination("zenith/leads", hours=hours(9, 10))
    await world.agent("acme/ann", capacity=2)
    await world.agent("acme/bob", capacity=9, rating=4.5)
    await world.rules("brand", "acme/leads", ("zenith/leads", 7))
    async with world.intake() as intake:
        await asyncio.gather(*(intake.submit(world.submission(body)) for body in people(6)))
    async with world.database.service() as connection:
        directory = await DirectoryCache().current(connection)
    rulebook = directory.workspaces[world.ids["brand"]].rulebook
    first, *_ = decisions = await recorded(world)
    assert len(decisions) == 6
    [batch] = await world.fetch("SELECT * FROM decision_batches")
    snapshot = records.unpack_snapshot(batch["snapshot"])
    again = choose(
        first[0],
        match(first[0], rulebook),
        rulebook,
        snapshot,
        batch["opened_at"],
        seed_of(first[0].lead_id),
    )
    assert again == first[1]
    assert records.unpack_snapshot(records.pack_snapshot(snapshot)) == snapshot


async def recorded(world):
    """Read each profile and decision as they were stored, in their order."""
    rows = await world.fetch(
        "SELECT l.id, l.workspace_id, l.vertical, l.created_at, f.attributes, f.identity, d.record "
        "FROM decisions d JOIN leads l ON l.id = d.lead_id "
        "JOIN lead_facts f ON f.lead_id = l.id ORDER BY d.position"
    )
    return [
        (
            profile_of(row),
            records.unpack(row["record"]),
        )
        for row in rows
    ]


async def test_money_is_never_spent_beyond_its_cap(world, databases_of_three):
    await world.destination("acme/leads", spend_caps={"day": 1000}, price_minor=70)
    await world.rules("brand", "acme/leads")
    outcomes = await send(world, databases_of_three, people(60))
    assert statuses(outcomes) == ["processed"] * 46 + ["routed"] * 14
    assert await world.used("acme/leads", "day_spend") == 14 * 70


async def test_agents_take_turns_over_any_number_of_processes(world, databases_of_three):
    await world.destination("acme/leads", assigns_agents=True, agent_choice="rotation")
    for name, weight in (("ann", 3), ("bob", 2), ("cyd", 1)):
        await world.agent(f"acme/{name}", capacity=100, weight=weight)
    await world.rules("brand", "acme/leads")
    await send(world, databases_of_three, people(120))
    rows = await world.fetch(
        "SELECT g.name, count(*) AS leads FROM assignments a JOIN agents g ON g.id = a.agent_id "
        "GROUP BY g.name ORDER BY g.name"
    )
    assert [(row["name"], row["leads"]) for row in rows] == [("ann", 60), ("bob", 40), ("cyd", 20)]
    assert await world.value("SELECT sum(credit) FROM rotations") == 0


async def test_a_filter_that_cannot_be_read_lets_nothing_through(world):
    await world.destination("acme/leads", filter={"if": {"no such thing": 1}})
    await world.rules("brand", "acme/leads")
    async with world.intake() as intake:
        outcome = await intake.submit(world.submission(person(1)))
    assert "does not want such leads" in outcome.answer.reason
