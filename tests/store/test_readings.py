"""What people are shown of leads: one, a page of them, their past, and what waits."""

from datetime import timedelta

import pytest

from leadflow.store import audit, backlogs, readings, reviews
from leadflow.store.audit import Change
from leadflow.store.ids import new_id
from leadflow.store.readings import LeadFilter
from leadflow.telemetry.exposition import Backlog
from leadflow.work.routing import LEASE
from tests.world import person


@pytest.fixture
async def market(world):
    """Have a partner with one agent who takes three leads a day, and a brand that sent five."""
    await world.destination("acme/leads", assigns_agents=True, caps={"day": 3})
    await world.agent("acme/ann")
    await world.workspace("other")
    await world.rules("brand", "acme/leads")
    await world.rules("other", default="stay")
    world.leads = []
    async with world.intake() as intake:
        for number, vertical in enumerate(("AUTO", "HOME", "AUTO", "LIFE", "AUTO")):
            body = person(number, vertical=vertical)
            outcome = await intake.submit(world.submission(body))
            world.leads.append(outcome.answer.id)
            world.clock.move(minutes=1)
        outcome = await intake.submit(world.submission(person(9), of="other"))
        world.elsewhere = outcome.answer.id
    return world


async def page(world, workspace=None, which=None, before=None, limit=50):
    id_ = world.ids[workspace] if workspace else None
    async with world.database.tenant(id_) as connection:
        rows = await readings.page(connection, id_, which or LeadFilter(), before, limit)
    return [row.id for row in rows]


async def test_an_operator_sees_all_leads_newest_first(market):
    assert await page(market) == [market.elsewhere, *reversed(market.leads)]


async def test_a_brand_sees_its_own(market):
    assert await page(market, "brand") == [*reversed(market.leads)]


async def test_a_partner_sees_those_that_are_with_it(market):
    assert await page(market, "acme") == [*reversed(market.leads[:3])]


async def test_a_partner_s_own_leads_and_those_placed_with_it_are_one_list(market):
    await market.rules("acme", default="stay")
    async with market.intake() as intake:
        outcome = await intake.submit(market.submission(person(77), of="acme"))
    own = outcome.answer.id
    assert await page(market, "acme") == [own, *reversed(market.leads[:3])]
    assert await page(market, "acme", limit=2) == [own, market.leads[2]]
    assert await page(market, "acme", before=market.leads[2]) == [market.leads[1], market.leads[0]]


async def test_a_lead_that_a_workspace_sold_to_itself_is_listed_once(market):
    await market.destination("brand/own")
    await market.rules("brand", "brand/own")
    async with market.intake() as intake:
        outcome = await intake.submit(market.submission(person(55)))
    assert (await page(market, "brand")).count(outcome.answer.id) == 1


async def test_pages_follow_each_other_without_a_gap(market):
    seen: list[object] = []
    while found := await page(market, before=seen[-1] if seen else None, limit=2):
        seen += found
    assert seen == [market.elsewhere, *reversed(market.leads)]


@pytest.mark.parametrize("who", [None, "brand"])
@pytest.mark.parametrize(
    ("which", "numbers"),
    [
        ({}, {0, 1, 2, 3, 4}),
        ({"vertical": "AUTO"}, {0, 2, 4}),
        ({"status": "routed"}, {0, 1, 2}),
        ({"routing_status": "pending"}, {3, 4}),
        ({"min_score": 0, "max_score": 100}, {0, 1, 2, 3, 4}),
        ({"min_score": 101}, set()),
        ({"max_score": -1}, set()),
        ({"source": "0"}, set()),  # the world's sources have no rows
        ({"vertical": "AUTO", "status": "routed"}, {0, 2}),
    ],
)
async def test_a_list_is_filtered(market, who, which, numbers):
    found = await page(market, who, LeadFilter(**which))
    assert {lead for lead in found if lead != market.elsewhere} == {
        market.leads[number] for number in numbers
    }


async def test_a_list_is_filtered_by_time_from_and_before(market):
    start = (await market.lead(market.leads[1]))["created_at"]
    which = LeadFilter(created_from=start, created_before=start + timedelta(minutes=2))
    assert await page(market, "brand", which) == [market.leads[2], market.leads[1]]


async def test_a_list_is_filtered_by_owner_and_by_agent(market):
    acme, ann = market.ids["acme"], market.ids["acme/ann"]
    first = [*reversed(market.leads[:3])]
    assert await page(market, None, LeadFilter(destination_workspace_id=acme)) == first
    assert await page(market, "brand", LeadFilter(destination_workspace_id=acme)) == first
    assert await page(market, "acme", LeadFilter(destination_workspace_id=acme)) == first
    assert await page(market, "acme", LeadFilter(agent_id=ann)) == first
    assert await page(market, None, LeadFilter(agent_id=ann)) == first
    assert await page(market, None, LeadFilter(agent_id=new_id())) == []


async def test_who_the_partner_s_agents_are_is_the_partner_s_business(market):
    assert await page(market, "brand", LeadFilter(agent_id=market.ids["acme/ann"])) == []


async def test_a_placed_lead_is_shown_with_its_owner(market):
    async with market.database.tenant(market.ids["acme"]) as connection:
        lead = await readings.lead(connection, market.leads[0])
        assert lead is not None
        assert (lead.workspace_id, lead.destination_workspace_id) == (
            market.ids["brand"],
            market.ids["acme"],
        )
        assert lead.destination_id == market.ids["acme/leads"]
        assert lead.agent_id == market.ids["acme/ann"]
        assert lead.source is None  # it is the brand's
        assert b"Quackenbush0" in market.vault.unseal(lead.id, lead.key_id, lead.sealed)
        assert await readings.lead(connection, market.leads[4]) is None
        assert await readings.lead(connection, new_id()) is None


async def test_an_erased_person_s_lead_is_shown_without_them(market):
    await market.execute("DELETE FROM lead_contacts WHERE lead_id = $1", market.leads[0])
    async with market.database.service() as connection:
        lead = await readings.lead(connection, market.leads[0])
    assert lead is not None
    assert (lead.key_id, lead.sealed) == (None, None)
    assert market.leads[0] in await page(market)


async def test_a_lead_s_past_is_told_in_order(market):
    async with market.database.service() as connection:
        past = await readings.timeline(connection, market.leads[0])
    assert [entry.name for entry in past] == [
        *("lead.created", "lead.validated", "lead.enriched", "lead.scored"),
        *("lead.processed", "lead.routed"),
    ]
    assert past[-1].data["destination_workspace_id"] == str(market.ids["acme"])


async def test_what_a_lead_waits_for_is_told(market):
    async with market.database.service() as connection:
        assert await readings.queue_row(connection, market.leads[0]) is None
        row = await readings.queue_row(connection, market.leads[3])
        assert row is not None
        assert (row.reason, row.attempt_number, row.max_attempts) == ("waiting", 0, 3)
        assert row.next_retry_at > market.clock()


async def test_decisions_are_read_back_newest_first(market):
    async with market.routing() as routing:
        market.clock.move(days=1)
        await routing.run_once()
    async with market.database.service() as connection:
        latest, first = await readings.decisions(connection, market.leads[3], 9)
        [only] = await readings.decisions(connection, market.leads[3], 1)
    assert latest.decided_at > first.decided_at
    assert only == latest
    assert [candidate.gate for candidate in first.candidates] == ["capped"]


async def test_deliveries_are_listed_to_their_receiver(market):
    async with market.database.tenant(market.ids["acme"]) as connection:
        [delivery] = await readings.deliveries(connection, market.leads[0])
    assert (delivery.state, delivery.attempts) == ("pending", 0)
    assert delivery.destination_id == market.ids["acme/leads"]
    async with market.database.tenant(market.ids["brand"]) as connection:
        assert await readings.deliveries(connection, market.leads[0]) == []


async def test_what_deciding_looks_at_names_nobody(market):
    async with market.database.service() as connection:
        profile = await readings.profile(connection, market.leads[0])
        assert await readings.profile(connection, new_id()) is None
    assert profile is not None
    assert profile.vertical == "AUTO"
    assert len(profile.identity) == 2
    assert "Quackenbush" not in str(profile.attributes)


async def test_open_leads_are_counted_for_each_agent(market):
    ann = market.ids["acme/ann"]
    async with market.database.service() as connection:
        counted = await readings.open_leads(connection, [ann, new_id()])
    assert {key.owner_id: counter.used for key, counter in counted.items()} == {ann: 3}


# Reviews.


async def send_to_review(world, number):
    await world.rules("brand", default="review")
    async with world.intake() as intake:
        outcome = await intake.submit(world.submission(person(number)))
    return outcome.answer.id


async def test_a_review_is_open_until_somebody_closes_it_once(market):
    lead = await send_to_review(market, 50)
    async with market.database.tenant(market.ids["brand"]) as connection:
        opened = await readings.open_review(connection, lead)
        assert opened is not None
        review = await reviews.by_id(connection, opened.id)
        assert review is not None
        assert (review.lead_id, review.closed_at, review.resolution) == (lead, None, None)
        closed = await reviews.close(connection, review.id, "called them", market.clock())
        assert closed is not None
        assert (closed.closed_at, closed.resolution) == (market.clock(), "called them")
        assert await reviews.close(connection, review.id, "again", market.clock()) is None
        assert await readings.open_review(connection, lead) is None
    async with market.database.tenant(market.ids["other"]) as connection:
        assert await reviews.by_id(connection, review.id) is None


async def test_reviews_are_listed_newest_first_by_whether_they_are_open(market):
    first, second = [await send_to_review(market, number) for number in (50, 51)]
    async with market.database.service() as connection:
        newest, oldest = await reviews.page(connection, None, None, 9)
        assert [newest.lead_id, oldest.lead_id] == [second, first]
        assert await reviews.page(connection, None, newest.id, 9) == [oldest]
        await reviews.close(connection, oldest.id, "done", market.clock())
        assert [
            [each.lead_id for each in await reviews.page(connection, None, None, 9, still_open=so)]
            for so in (True, False, None)
        ] == [[second], [first], [second, first]]
        assert await reviews.page(connection, market.ids["other"], None, 9) == []


# What waits, and for how long.


async def test_backlogs_tell_how_much_waits_and_since_when(market):
    await send_to_review(market, 50)
    market.clock.move(minutes=10)
    async with market.database.service() as connection:
        facts = await backlogs.facts(connection, market.clock(), LEASE)
    assert facts.due_retries == {}
    assert facts.stale_locks == 0
    assert {queue: backlog.length for queue, backlog in facts.queues.items()} == {
        "undecided": 0,
        "waiting": 2,
        "delivery": 3,
        "review": 1,
    }
    assert facts.queues["review"] == Backlog(1, timedelta(minutes=10))
    assert facts.queues["waiting"].age == timedelta(minutes=12)


async def test_backlogs_count_what_is_due_by_workspace_and_locks_whose_lease_is_over(market):
    market.clock.move(days=1)
    async with market.routing("killed") as killed:
        await killed._claim("due")
    market.clock.move(seconds=LEASE.total_seconds() + 1)
    async with market.database.service() as connection:
        facts = await backlogs.facts(connection, market.clock(), LEASE)
    assert facts.due_retries == {str(market.ids["brand"]): 2}
    assert facts.stale_locks == 2


async def test_backlogs_tell_whose_leads_are_not_routed(world):
    found = []
    for change in (
        "INSERT INTO routing_pause VALUES ('warm', now(), 'cli')",
        "INSERT INTO flags VALUES ('enableAutoRouting', false, now())",
    ):
        await world.execute(change)
        async with world.database.service() as connection:
            found.append((await backlogs.facts(connection, world.clock(), LEASE)).stopped)
    assert found == [("cold",), ("hot", "warm", "cold")]


async def test_without_leads_nothing_waits(world):
    async with world.database.service() as connection:
        facts = await backlogs.facts(connection, world.clock(), LEASE)
    assert facts.queues == {
        queue: Backlog(0, timedelta(0)) for queue in ("undecided", "delivery", "review")
    }


# The audit log.


async def test_a_change_is_written_down_with_who_made_it(world):
    change = Change(
        actor="key:crm",
        action="agent.created",
        target="ann",
        workspace_id=world.ids["brand"],
        detail={"capacity": 3},
    )
    async with world.database.tenant(world.ids["brand"]) as connection:
        await audit.record(connection, change, world.clock())
    row = await world.one("SELECT * FROM audit_log")
    assert (row["actor"], row["action"], row["target"]) == ("key:crm", "agent.created", "ann")
    assert (row["workspace_id"], row["at"]) == (world.ids["brand"], world.clock())
    assert row["detail"] == {"capacity": 3}


async def test_a_change_that_is_undone_is_not_written_down(world):
    change = Change(actor="cli", action="x", target="x", workspace_id=None)

    async def change_and_fail():
        async with world.database.service() as connection:
            await audit.record(connection, change, world.clock())
            raise KeyError

    with pytest.raises(KeyError):
        await change_and_fail()
    assert await world.count("audit_log") == 0
