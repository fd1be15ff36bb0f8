"""Routing by hand: what an operator can do with a lead, wherever it is stuck."""

import asyncio
from datetime import timedelta

import pytest

from leadflow.errors import ConflictError, InputError, NotFoundError
from leadflow.store.database import Database
from leadflow.store.ids import new_id
from leadflow.work.routing import LEASE
from tests.work.stages import in_review, received, take, waiting
from tests.world import NOW, person


@pytest.fixture
async def office(world):
    """Have a brand with a small team of its own, and no rules."""
    await world.agent("brand/ann", capacity=2)
    await world.agent("brand/bob", capacity=2, rating=5)
    return world


async def failed(world):
    await world.destination("acme/leads", assigns_agents=True)
    await world.rules("brand", "acme/leads")
    lead = await take(world)
    async with world.routing() as routing:
        for _ in range(2):
            world.clock.move(minutes=5)
            await routing.run_once()
    assert await world.state(lead) == "review/failed/failed"
    return lead


async def abandoned(world):
    """Leave a lead in the hands of a worker that died."""
    lead = await received(world)
    await world.execute("UPDATE flags SET enabled = true")
    async with world.routing("dead") as routing:
        await routing._claim("received")
    world.clock.now += LEASE
    return lead


STUCK = [received, waiting, in_review, failed, abandoned]


def decision(routed):
    return routed.decided.decision.outcome


# From everywhere it can be stuck.


@pytest.mark.parametrize("stuck", STUCK)
async def test_a_stuck_lead_goes_to_the_agent_named(office, stuck):
    lead = await stuck(office)
    routed = await office.route(lead, agent="brand/ann")
    assert routed.lead_id == lead
    assert (routed.agent["id"], routed.agent["name"]) == (office.ids["brand/ann"], "ann")
    assert await office.state(lead) == "routed/routed/success"
    assignment = await office.one("SELECT * FROM assignments")
    assert (assignment["lead_id"], assignment["agent_id"]) == (lead, office.ids["brand/ann"])
    assert await office.used("brand/ann", "open") == 1


@pytest.mark.parametrize("stuck", STUCK)
async def test_a_stuck_lead_finds_the_best_agent_of_its_own_workspace(office, stuck):
    lead = await stuck(office)
    routed = await office.route(lead)
    assert routed.agent["id"] == office.ids["brand/bob"]
    assert await office.state(lead) == "routed/routed/success"


@pytest.mark.parametrize("stuck", STUCK)
async def test_what_was_open_about_it_is_closed(office, stuck):
    lead = await stuck(office)
    await office.route(lead)
    assert await office.count("lead_routing_queue WHERE processed_at IS NULL") == 0
    assert await office.count("reviews WHERE closed_at IS NULL") == 0
    assert await office.count("lead_routing_logs WHERE routing_result = 'success'") == 1
    row = await office.lead(lead)
    assert (row["routing_locked_at"], row["routing_locked_by"]) == (None, None)
    async with office.routing() as routing:
        office.clock.move(days=1)
        assert await routing.run_once() == 0


async def test_rules_that_can_place_a_lead_now_come_before_the_team(office):
    lead = await waiting(office)
    await office.execute("UPDATE destinations SET hours = NULL")
    routed = await office.route(lead)
    assert decision(routed).workspace_id == office.ids["acme"]
    assert routed.agent is None
    assert await office.count("deliveries") == 1


async def test_a_placement_with_a_partner_s_agent_goes_through_their_door(office):
    lead = await in_review(office)
    await office.destination("acme/web", assigns_agents=True, caps={"day": 5})
    await office.agent("acme/zoe")
    await office.route(lead, agent="acme/zoe")
    placement = await office.one("SELECT * FROM placements")
    assert placement["destination_id"] == office.ids["acme/web"]
    assert await office.used("acme/web", "day") == 1
    assert await office.used("acme/zoe", "open") == 1
    assert await office.count("deliveries") == 1


# What is refused, and how.


async def test_a_lead_nobody_knows_is_not_found(office):
    with pytest.raises(NotFoundError, match=r"^Lead not found$"):
        await office.route(new_id())


async def test_another_tenant_s_lead_is_not_found(office):
    lead = await in_review(office)
    await office.workspace("stranger")
    with pytest.raises(NotFoundError, match=r"^Lead not found$"):
        await office.route(lead, of="stranger")
    assert await office.state(lead) == "review/failed/failed"


@pytest.mark.parametrize("of", [None, "brand"])
async def test_an_agent_nobody_knows_is_not_found(office, of):
    lead = await in_review(office)
    with pytest.raises(NotFoundError, match=r"^Agent not found$"):
        await office.route(lead, agent=new_id(), of=of)


async def test_an_agent_of_a_workspace_that_has_nothing_to_do_with_it_is_not_found(office):
    lead = await in_review(office)
    await office.workspace("stranger")
    await office.agent("stranger/eve")
    with pytest.raises(NotFoundError, match=r"^Agent not found$"):
        await office.route(lead, agent="stranger/eve", of="brand")


async def test_an_agent_of_a_partner_in_the_rules_is_found(office):
    lead = await waiting(office)
    await office.agent("acme/zoe")
    routed = await office.route(lead, agent="acme/zoe", of="brand")
    assert routed.agent["id"] == office.ids["acme/zoe"]


async def test_an_inactive_agent_gets_nothing(office):
    lead = await in_review(office)
    await office.agent("brand/old", active=False)
    with pytest.raises(InputError, match=r"^Agent is not active$"):
        await office.route(lead, agent="brand/old")
    assert await office.state(lead) == "review/failed/failed"


async def test_an_agent_gets_no_more_than_they_can_take(office):
    await office.rules("brand", default="review")
    for n in range(2):
        await office.route(await take(office, person(n)), agent="brand/ann")
    with pytest.raises(InputError, match=r"^Agent has reached maximum lead capacity$"):
        await office.route(await take(office, person(2)), agent="brand/ann")
    assert await office.used("brand/ann", "open") == 2


async def test_without_anybody_who_fits_no_agent_is_found(world):
    lead = await in_review(world)
    with pytest.raises(NotFoundError, match=r"^No matching agents found$"):
        await world.route(lead)
    assert await world.state(lead) == "review/failed/failed"
    assert await world.count("reviews WHERE closed_at IS NULL") == 1


async def test_a_lead_with_an_owner_stays_there_unless_it_is_forced(office):
    await office.destination("acme/leads")
    await office.rules("brand", "acme/leads")
    lead = await take(office)
    with pytest.raises(ConflictError, match=r"^the lead is with acme; force takes it from there$"):
        await office.route(lead, agent="brand/ann")
    assert await office.count("placements WHERE released_at IS NULL") == 1


async def test_a_lead_that_a_worker_is_routing_stays_in_its_hands(office):
    lead = await abandoned(office)
    office.clock.now -= timedelta(seconds=1)
    with pytest.raises(ConflictError, match=r"^dead is routing the lead, until 17:05:00$"):
        await office.route(lead)
    await office.route(lead, agent="brand/ann", force=True)
    assert await office.state(lead) == "routed/routed/success"


async def test_the_worker_it_was_taken_from_writes_nothing(office):
    lead = await received(office)
    await office.execute("UPDATE flags SET enabled = true")
    async with office.routing("slow") as slow:
        await slow._claim("received")
        await office.route(lead, agent="brand/ann", force=True)
        await slow.run_once()
    assert await office.count("placements") == 1
    assert await office.count("decisions") == 1
    assert await office.state(lead) == "routed/routed/success"


async def test_a_lead_whose_life_is_over_is_not_revived(office):
    lead = await in_review(office)
    office.clock.move(days=91)
    await office.upkeep().run_once()
    with pytest.raises(ConflictError, match=r"^the lead is expired, and that is final$"):
        await office.route(lead, force=True)


async def test_a_person_whom_another_partner_has_is_not_sold_again(office):
    await office.workspace("rival")
    await office.destination("acme/leads")
    await office.rules("rival", "acme/leads")
    holder = await take(office, of="rival")
    await office.destination("zenith/web", assigns_agents=True)
    await office.agent("zenith/zoe")
    await office.rules("brand", "zenith/web")
    lead = await take(office)
    assert await office.state(lead) == "duplicate/failed/duplicate"
    for agent in (None, "zenith/zoe", "brand/ann"):
        with pytest.raises(ConflictError, match=f"through lead {holder}$"):
            await office.route(lead, agent=agent, force=True)


async def test_a_person_whom_partners_share_is_not_sold_to_one_alone(office):
    await office.workspace("rival")
    await office.destination("acme/leads", max_owners=3)
    await office.rules("rival", "acme/leads")
    await take(office, of="rival")
    lead = await in_review(office)
    await office.destination("zenith/web", assigns_agents=True)
    await office.agent("zenith/zoe")
    with pytest.raises(ConflictError, match="zenith/web: the person is already placed"):
        await office.route(lead, agent="zenith/zoe")


async def test_a_door_that_is_full_is_named_without_its_figures(office):
    await office.destination("acme/web", assigns_agents=True, caps={"day": 0})
    await office.agent("acme/zoe")
    lead = await in_review(office)
    with pytest.raises(ConflictError) as refusal:
        await office.route(lead, agent="acme/zoe")
    assert str(refusal.value) == (
        "no destination of the agent can take the lead (acme/web: the destination is full)"
    )


# By force.


async def with_an_agent_of_acme(office):
    """Place a lead with the only agent of a partner; give its id."""
    await office.destination("acme/web", assigns_agents=True)
    await office.agent("acme/zoe", capacity=1)
    await office.rules("brand", "acme/web")
    return await take(office)


async def test_force_takes_a_lead_from_its_owner_and_is_written_down(office):
    lead = await with_an_agent_of_acme(office)
    await office.route(lead, agent="brand/ann", force=True)
    placements = await office.fetch("SELECT * FROM placements ORDER BY id")
    assert [row["released_at"] is None for row in placements] == [False, True]
    assert placements[1]["workspace_id"] == office.ids["brand"]
    assert await office.count("assignments WHERE released_at IS NULL") == 1
    assert await office.used("acme/zoe", "open") == 0
    assert await office.used("brand/ann", "open") == 1
    delivery = await office.one("SELECT * FROM deliveries")
    assert (delivery["state"], delivery["last_error"]) == ("dead", "reassigned by hand")
    audit = await office.one("SELECT * FROM audit_log")
    assert (audit["actor"], audit["action"], audit["target"]) == (
        "key:test",
        "lead.reassigned",
        str(lead),
    )
    assert audit["detail"] == {
        "from": str(office.ids["acme"]),
        "from_agent": str(office.ids["acme/zoe"]),
        "agent": str(office.ids["brand/ann"]),
    }


async def test_a_lead_that_nobody_had_is_written_down_too(office):
    lead = await in_review(office)
    await office.route(lead, agent="brand/ann")
    audit = await office.one("SELECT * FROM audit_log")
    assert (audit["action"], audit["target"]) == ("lead.routed_by_hand", str(lead))
    assert audit["detail"] == {"agent": str(office.ids["brand/ann"])}


async def test_an_agent_who_is_free_again_wakes_who_waited_for_them(office):
    lead = await with_an_agent_of_acme(office)
    next_one = await take(office, person(2))
    assert await office.state(next_one) == "processed/pending/-"
    await office.route(lead, agent="brand/ann", force=True)
    async with office.routing() as routing:
        assert await routing.run_once() == 1
    assert await office.state(next_one) == "routed/routed/success"


async def test_a_person_taken_from_a_partner_is_free_for_another(office):
    lead = await with_an_agent_of_acme(office)
    await office.route(lead, agent="brand/ann", force=True)
    await office.workspace("rival")
    await office.destination("zenith/leads")
    await office.rules("rival", "zenith/leads")
    assert await office.state(await take(office, of="rival")) == "routed/routed/success"


async def test_forced_to_the_agent_who_has_it_already_counts_once(office):
    lead = await with_an_agent_of_acme(office)
    await office.route(lead, agent="acme/zoe", force=True)
    assert await office.used("acme/zoe", "open") == 1
    assert await office.count("placements WHERE released_at IS NULL") == 1


@pytest.mark.parametrize("state", ["sending", "unknown"])
async def test_not_even_force_takes_what_is_on_its_way(office, state):
    lead = await with_an_agent_of_acme(office)
    await office.execute(
        "UPDATE deliveries SET state = $1, locked_by = $2, lease_until = $3",
        *((state, "d", NOW) if state == "sending" else (state, None, None)),
    )
    with pytest.raises(ConflictError, match=r"^the lead is on its way to acme, which may have it"):
        await office.route(lead, agent="brand/ann", force=True)
    assert await office.used("acme/zoe", "open") == 1
    assert (await office.one("SELECT state FROM deliveries"))["state"] == state


async def test_a_delivery_that_begins_while_a_lead_is_taken_away_is_seen(office, database_url):
    """Who sends and who takes away both look at the row: one of them waits for the other."""
    lead = await with_an_agent_of_acme(office)
    elsewhere = Database(database_url, size=2)
    await elsewhere.open()
    async with elsewhere.service() as connection:
        await connection.execute(
            "UPDATE deliveries SET state = 'sending', locked_by = 'd', lease_until = $1", NOW
        )
        taking = asyncio.create_task(office.route(lead, agent="brand/ann", force=True))
        await office.blocked()
    with pytest.raises(ConflictError, match="on its way to acme"):
        await taking
    await elsewhere.close()
    assert await office.count("placements WHERE released_at IS NULL") == 1


# At the same moment.


async def test_of_many_who_route_one_lead_at_once_one_succeeds(office, database_url):
    lead = await in_review(office)
    elsewhere = Database(database_url, size=4)
    await elsewhere.open()
    attempts = [
        office.route(lead, agent=agent, database=database)
        for agent in ("brand/ann", "brand/bob", None)
        for database in (office.database, elsewhere)
    ]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    await elsewhere.close()
    assert [type(outcome) for outcome in outcomes].count(ConflictError) == 5
    assert await office.count("placements WHERE released_at IS NULL") == 1
    assert await office.count("assignments WHERE released_at IS NULL") == 1
    assert await office.used("brand/ann", "open") or 0 + await office.used("brand/bob", "open") == 1


async def test_hands_and_the_flow_that_count_the_same_agents_do_not_block_each_other(
    office, database_url
):
    """Leads are pulled to and fro between agents while others come in for the same agents."""
    names = [f"acme/{n}" for n in range(6)]
    await office.destination("acme/web", assigns_agents=True)
    for name in names:
        await office.agent(name, capacity=100)
    await office.rules("brand", "acme/web")
    leads = [await take(office, person(n)) for n in range(4)]
    elsewhere = Database(database_url, size=4)
    await elsewhere.open()

    async def pull(lead):
        for turn in range(6):
            await office.route(
                lead,
                agent=names[(turn * 5 + leads.index(lead)) % 6],
                force=True,
                database=elsewhere,
            )

    async with office.intake() as intake:
        bodies = [person(100 + n) for n in range(60)]
        await asyncio.gather(
            *(pull(lead) for lead in leads),
            *(intake.submit(office.submission(body)) for body in bodies),
        )
    await elsewhere.close()
    counted = await office.fetch("SELECT owner_id, used FROM capacity WHERE window_kind = 'open'")
    open_ = await office.fetch(
        "SELECT agent_id, count(*) FROM assignments WHERE released_at IS NULL GROUP BY 1"
    )
    assert {row["owner_id"]: row["used"] for row in counted if row["used"]} == {
        row["agent_id"]: row["count"] for row in open_
    }
    assert sum(row["count"] for row in open_) == 64


# A person whom several partners share.


@pytest.fixture
async def shared(world):
    """Have two partners who share leads, one who wants them alone, and a person with the two."""
    for slug in ("one", "two"):
        await world.workspace(slug)
        await world.destination(f"{slug}-partner/leads", max_owners=3)
        await world.rules(slug, f"{slug}-partner/leads")
        await world.agent(f"{slug}/ann")
    await world.destination("greedy/leads")
    await world.rules("brand", "greedy/leads")
    async with world.intake() as intake:
        for slug in ("one", "two"):
            outcome = await intake.submit(world.submission(person(1), of=slug))
            world.ids[f"{slug}'s lead"] = outcome.answer.id
    return world


@pytest.mark.parametrize("taken", ["one", "two"])
async def test_a_person_taken_from_one_of_two_partners_is_still_with_the_other(shared, taken):
    await shared.route(shared.ids[f"{taken}'s lead"], agent=f"{taken}/ann", force=True)
    async with shared.intake() as intake:
        outcome = await intake.submit(shared.submission(person(1)))
    assert outcome.answer.status == "duplicate"
    assert await shared.count("placements WHERE max_owners = 1 AND destination_id IS NOT NULL") == 0


@pytest.mark.parametrize("taken", ["one", "two"])
async def test_a_lead_of_a_shared_person_is_not_given_to_who_wants_them_alone(shared, taken):
    await shared.destination(f"{taken}-partner/alone")
    await shared.rules(taken, f"{taken}-partner/alone")
    with pytest.raises(ConflictError, match="the person is with a partner"):
        await shared.route(shared.ids[f"{taken}'s lead"], force=True)
    assert await shared.count("placements WHERE released_at IS NULL AND max_owners = 1") == 0


async def test_leads_of_one_group_share_a_person_as_those_of_two_do(world):
    for slug in ("one", "two"):
        await world.workspace(slug)
        await world.destination(f"{slug}-partner/leads", max_owners=3)
        await world.rules(slug, f"{slug}-partner/leads")
    await world.agent("two/ann")
    await world.destination("greedy/leads")
    await world.rules("brand", "greedy/leads")
    async with world.intake() as intake:
        _, second = await asyncio.gather(
            *(intake.submit(world.submission(person(1), of=slug)) for slug in ("one", "two"))
        )
        await world.route(second.answer.id, agent="two/ann", force=True)
        third = await intake.submit(world.submission(person(1)))
    assert third.answer.status == "duplicate"


async def test_a_person_taken_from_the_only_partner_who_had_them_is_free(shared):
    async with shared.intake() as intake:
        first = await intake.submit(shared.submission(person(2), of="one"))
        await shared.route(first.answer.id, agent="one/ann", force=True)
        second = await intake.submit(shared.submission(person(2)))
    assert second.answer.status == "routed"


@pytest.mark.parametrize("agent", [None, "rival/ann"], ids=["by the rules", "to an agent"])
async def test_only_operators_are_told_through_which_lead_a_person_is_with_a_partner(world, agent):
    await world.workspace("rival")
    await world.destination("acme/leads")
    await world.rules("brand", "acme/leads")
    await world.destination("rival/leads", assigns_agents=True)
    await world.agent("rival/ann")
    await world.rules("rival", "acme/leads")
    holder, held = await take(world), await take(world, of="rival")
    assert await world.state(held) == "duplicate/failed/duplicate"
    with pytest.raises(ConflictError) as to_tenant:
        await world.route(held, agent=agent, of="rival")
    assert to_tenant.value.message == "the person is with a partner"
    with pytest.raises(ConflictError) as to_operator:
        await world.route(held, agent=agent)
    assert to_operator.value.message == f"the person is with a partner through lead {holder}"
