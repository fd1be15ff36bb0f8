"""What became of leads in sales, and what that is to their agents."""

import asyncio

import pytest

from leadflow.errors import ConflictError, InputError, NotFoundError
from leadflow.work import outcomes
from leadflow.work.outcomes import Said
from tests.world import person


@pytest.fixture
async def partner(world):
    """Have a partner with one agent, who can work on one lead at a time."""
    await world.destination("acme/leads", assigns_agents=True)
    await world.agent("acme/ann", capacity=1)
    await world.rules("brand", "acme/leads")
    return world


async def take(world, number=1, **changes):
    async with world.intake() as intake:
        outcome = await intake.submit(world.submission(person(number), **changes))
    return outcome.answer.id


async def say(world, lead, outcome, *, of="acme"):
    return await outcomes.record(
        world.database,
        Said(
            lead_id=lead,
            outcome=outcome,
            workspace_id=world.ids[of] if of else None,
            actor="key:test",
        ),
        world.clock(),
    )


@pytest.mark.parametrize("outcome", ["converted", "lost"])
async def test_a_lead_that_is_over_leaves_its_agent_room_and_the_next_goes_on(partner, outcome):
    first, second = await take(partner, 1), await take(partner, 2)
    assert await partner.state(second) == "processed/pending/-"
    await say(partner, first, outcome)
    assert await partner.used("acme/ann", "open") == 0
    async with partner.routing() as routing:
        await routing.run_once()
    assert await partner.state(second) == "routed/routed/success"
    assert await partner.used("acme/ann", "open") == 1


@pytest.mark.parametrize("outcome", ["contacted", "qualified"])
async def test_a_lead_that_goes_on_keeps_its_agent(partner, outcome):
    lead = await take(partner)
    await say(partner, lead, outcome)
    assert await partner.used("acme/ann", "open") == 1
    assert await partner.value("SELECT outcome FROM placements") == outcome


async def test_the_states_of_a_lead_are_left_alone(partner):
    lead = await take(partner)
    before = await partner.lead(lead)
    await say(partner, lead, "converted")
    assert await partner.lead(lead) == before


async def test_it_is_told_and_written_down(partner):
    lead = await take(partner)
    await say(partner, lead, "qualified")
    event = await partner.one(
        "SELECT * FROM events WHERE lead_id = $1 ORDER BY id DESC LIMIT 1", lead
    )
    assert (event["name"], event["data"]["outcome"]) == ("lead.outcome_recorded", "qualified")
    assert event["workspace_id"] == partner.ids["brand"]
    audit = await partner.one("SELECT * FROM audit_log")
    assert (audit["actor"], audit["action"]) == ("key:test", "lead.outcome_recorded")
    assert (audit["workspace_id"], audit["detail"]) == (
        partner.ids["acme"],
        {"outcome": "qualified"},
    )


async def test_to_say_the_same_again_changes_nothing(partner):
    lead = await take(partner)
    first = await say(partner, lead, "lost")
    partner.clock.move(hours=1)
    assert await say(partner, lead, "lost") == first
    assert await partner.used("acme/ann", "open") == 0
    assert (await partner.events(lead)).count("lead.outcome_recorded") == 1


async def test_two_who_say_it_at_once_free_one_place(partner):
    await partner.execute("UPDATE agents SET capacity = 2")
    lead, _ = await take(partner, 1), await take(partner, 2)
    await asyncio.gather(*(say(partner, lead, "converted") for _ in range(4)))
    assert await partner.used("acme/ann", "open") == 1


@pytest.mark.parametrize("later", ["contacted", "qualified", "converted"])
async def test_what_is_over_stays_over(partner, later):
    lead = await take(partner)
    await say(partner, lead, "lost")
    with pytest.raises(ConflictError, match="the lead is lost, and that is final"):
        await say(partner, lead, later)


async def test_a_lead_taken_from_its_owner_after_it_was_closed_frees_nobody_twice(partner):
    await partner.agent("brand/bob")
    await partner.execute("UPDATE agents SET capacity = 2")
    lead, _ = await take(partner, 1), await take(partner, 2)
    await say(partner, lead, "lost")
    await partner.route(lead, agent="brand/bob", force=True)
    assert await partner.used("acme/ann", "open") == 1
    assert await partner.value("SELECT outcome FROM placements WHERE released_at IS NULL") is None


async def test_who_has_the_lead_says_what_became_of_it(partner):
    lead = await take(partner)
    with pytest.raises(InputError, match="Only the workspace that has the lead") as refused:
        await say(partner, lead, "lost", of="brand")
    assert refused.value.code == "forbidden"
    assert (await say(partner, lead, "lost", of=None)).outcome == "lost"


async def test_of_a_lead_that_nobody_has_nothing_can_have_become(partner):
    await partner.rules("brand")
    with pytest.raises(ConflictError, match="nobody has the lead"):
        await say(partner, await take(partner), "lost", of=None)


async def test_a_lead_that_is_another_s_is_not_there(partner):
    await partner.workspace("stranger")
    with pytest.raises(NotFoundError, match="Lead not found"):
        await say(partner, await take(partner), "lost", of="stranger")
