"""Leads that their owners do not keep: what they held is free again, and the next one gets them."""

import asyncio

import asyncpg
import pytest

from leadflow.errors import ConflictError, InputError, NotFoundError
from leadflow.work import outcomes
from leadflow.work.outcomes import Said
from leadflow.work.verifying import Which, verify
from tests.world import person

WAITING = "processed/pending/-"
ROUTED = "routed/routed/success"


@pytest.fixture
async def market(world):
    """Have two partners with caps, the first of whom has two agents and half an hour to accept."""
    caps = {"day": 20, "total": 100}
    await world.destination(
        "acme/leads",
        assigns_agents=True,
        caps=caps,
        spend_caps={"month": 10_000},
        price_minor=700,
        accept_within_minutes=30,
    )
    await world.agent("acme/ann", rating=5, capacity=3)
    await world.agent("acme/bob", rating=1, capacity=3)
    await world.destination("zenith/leads", caps=caps)
    await world.rules("brand", ("acme/leads", 9), ("zenith/leads", 1))
    return world


async def take(world, number=1, **changes):
    async with world.intake() as intake:
        outcome = await intake.submit(world.submission(person(number), **changes))
    return outcome.answer.id


async def arrive(world):
    """Have all deliveries taken."""
    await world.execute(
        "UPDATE deliveries SET state = 'delivered', next_attempt_at = NULL, finished_at = $1 "
        "WHERE state = 'pending'",
        world.clock(),
    )


async def go_on(world):
    async with world.routing() as routing:
        return await routing.run_once()


async def owner(world, lead):
    """Name who has a lead: the agent, or else the destination."""
    rows = await world.fetch(
        "SELECT p.destination_id, a.agent_id FROM placements p "
        "LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL "
        "WHERE p.lead_id = $1 AND p.released_at IS NULL",
        lead,
    )
    names = {id_: name for name, id_ in world.ids.items()}
    return [names[row["agent_id"] or row["destination_id"]] for row in rows]


async def counters(world):
    """Tell what is used of every counter that is not empty."""
    names = {id_: name for name, id_ in world.ids.items()}
    rows = await world.fetch("SELECT owner_id, window_kind, used FROM capacity WHERE used > 0")
    return {(names[row["owner_id"]], row["window_kind"]): row["used"] for row in rows}


# Declined.


async def test_a_lead_that_is_declined_leaves_no_trace_in_what_it_held(market):
    lead = await take(market)
    await arrive(market)
    assert await counters(market) == {
        ("acme/leads", "day"): 1,
        ("acme/leads", "total"): 1,
        ("acme/leads", "month_spend"): 700,
        ("acme/ann", "open"): 1,
    }
    returned = await market.decline(lead, of="acme")
    assert (returned.reason, returned.detail) == ("declined", "busy")
    assert (returned.workspace_id, returned.agent_id) == (
        market.ids["acme"],
        market.ids["acme/ann"],
    )
    assert await market.state(lead) == WAITING
    assert await counters(market) == {}
    assert await owner(market, lead) == []
    assert await market.value("SELECT max(jsonb_array_length(holders)) FROM placement_keys") == 0
    assert await market.count("assignments WHERE released_at IS NULL") == 0


async def test_it_goes_to_the_next_agent_and_then_to_the_next_partner(market):
    lead = await take(market)
    seen = [await owner(market, lead)]
    for _ in range(2):
        await arrive(market)
        await market.decline(lead, of="acme")
        await go_on(market)
        seen.append(await owner(market, lead))
    assert seen == [["acme/ann"], ["acme/bob"], ["zenith/leads"]]
    assert await market.state(lead) == ROUTED
    assert await counters(market) == {("zenith/leads", "day"): 1, ("zenith/leads", "total"): 1}


async def test_it_keeps_its_age_and_uses_no_try(market):
    lead = await take(market)
    before = await market.lead(lead)
    market.clock.move(minutes=5)
    await market.decline(lead)
    row = await market.one("SELECT * FROM lead_routing_queue WHERE processed_at IS NULL")
    assert (row["reason"], row["next_retry_at"]) == ("waiting", market.clock())
    assert row["attempt_number"] == 0
    after = await market.lead(lead)
    assert after["created_at"] == before["created_at"]
    assert (before["routing_attempts"], after["routing_attempts"]) == (1, 0)


async def test_an_agent_may_decline_before_their_system_has_it(market):
    lead = await take(market)
    await market.decline(lead, of="acme")
    delivery = await market.one("SELECT * FROM deliveries")
    assert (delivery["state"], delivery["last_error"]) == ("dead", "declined: given back")
    await go_on(market)
    assert await owner(market, lead) == ["acme/bob"]


async def test_everybody_is_asked_once_and_then_a_person_has_to_look(market):
    lead = await take(market)
    for _ in range(3):
        await market.decline(lead)
        await go_on(market)
    assert await owner(market, lead) == []
    for _ in range(2):
        market.clock.move(hours=1)
        await go_on(market)
    assert await market.state(lead) == "review/failed/failed"
    review = await market.one("SELECT reason FROM reviews")
    assert review["reason"] == (
        "No destination can take the lead: acme/leads has no agent for it, "
        "zenith/leads has had it already"
    )


async def test_it_is_told_and_written_down(market):
    lead = await take(market)
    await market.decline(lead, "wrong_area", of="acme")
    event = await market.one(
        "SELECT * FROM events WHERE lead_id = $1 ORDER BY id DESC LIMIT 1", lead
    )
    assert (event["name"], event["workspace_id"]) == ("lead.returned", market.ids["brand"])
    assert event["data"] == {
        "workspace_id": str(market.ids["acme"]),
        "agent_id": str(market.ids["acme/ann"]),
        "reason": "declined",
        "detail": "wrong_area",
    }
    audit = await market.one("SELECT * FROM audit_log")
    assert (audit["actor"], audit["action"]) == ("key:test", "lead.declined")
    assert audit["detail"] == {"reason": "wrong_area"}


async def test_the_next_decision_knows_and_can_be_taken_again(market):
    lead = await take(market)
    await market.decline(lead)
    await go_on(market)
    verified = await verify(market.database, Which())
    assert (verified.same, verified.differences) == (2, ())


async def test_whoever_waits_for_the_room_goes_on(market):
    await market.execute("UPDATE destinations SET caps = '{\"day\": 1}'")
    first, second, third = [await take(market, number) for number in range(3)]
    assert await market.state(third) == WAITING
    await market.decline(first)
    await market.decline(second)
    market.clock.move(seconds=1)
    await go_on(market)
    states = [await market.state(lead) for lead in (first, second, third)]
    assert states.count(ROUTED) == 2
    assert await owner(market, second) != ["zenith/leads"]


# Not to be declined.


async def test_what_was_accepted_is_not_given_back(market):
    lead = await take(market)
    accepted = await market.accept(lead, of="acme")
    assert accepted.accepted_at == market.clock()
    with pytest.raises(ConflictError, match="the lead was accepted, and that is final"):
        await market.decline(lead, of="acme")
    market.clock.move(hours=1)
    assert (await market.accept(lead, of="acme")).accepted_at == accepted.accepted_at
    assert await market.returns().run_once() == 0
    assert await market.count("events WHERE name = 'lead.accepted'") == 1


async def test_to_say_what_became_of_it_is_to_accept_it(market):
    lead = await take(market)
    said = Said(lead_id=lead, outcome="contacted", workspace_id=None, actor="key:test")
    await outcomes.record(market.database, said, market.clock())
    with pytest.raises(ConflictError, match="accepted"):
        await market.decline(lead)


@pytest.mark.parametrize("state", ["sending", "unknown"])
async def test_a_lead_that_may_have_arrived_is_not_given_to_anybody_else(market, state):
    lead = await take(market)
    await market.execute(
        "UPDATE deliveries SET state = $1, locked_by = $2, lease_until = $3",
        *((state, "w", market.clock()) if state == "sending" else (state, None, None)),
    )
    with pytest.raises(ConflictError, match="on its way to acme, which may have it already"):
        await market.decline(lead)
    market.clock.move(days=1)
    assert await market.returns().run_once() == 0
    assert await market.returns().next_due() is None
    assert await owner(market, lead) == ["acme/ann"]


async def test_only_its_owner_answers_for_a_lead(market):
    lead = await take(market)
    with pytest.raises(InputError) as refused:
        await market.decline(lead, of="brand")
    assert refused.value.code == "forbidden"
    with pytest.raises(NotFoundError, match="Lead not found"):
        await market.accept(lead, of="zenith")


async def test_what_nobody_has_and_what_its_source_keeps_is_not_answered_for(market):
    await market.workspace("keeper")
    await market.rules("keeper", default="stay")
    kept = await take(market, of="keeper")
    with pytest.raises(ConflictError, match="the lead stays with its source"):
        await market.decline(kept)
    await market.workspace("loser")
    lost = await take(market, of="loser")
    with pytest.raises(ConflictError, match="nobody has the lead"):
        await market.accept(lost)


async def test_of_many_who_decline_at_once_one_does(market):
    lead = await take(market)
    answers = await asyncio.gather(
        *(market.decline(lead) for _ in range(8)), return_exceptions=True
    )
    refused = [each for each in answers if isinstance(each, ConflictError)]
    assert len(refused) == 7
    assert await counters(market) == {}
    assert await market.count("returns") == 1


# Too late.


async def test_a_lead_that_is_not_accepted_in_time_comes_back(market):
    lead = await take(market)
    await arrive(market)
    due = await market.returns().next_due()
    market.clock.move(minutes=30)
    assert due == market.clock()
    assert await market.returns().run_once() == 1
    assert await market.value("SELECT reason FROM returns") == "late"
    await go_on(market)
    assert await owner(market, lead) == ["acme/bob"]


async def test_a_lead_whose_delivery_begins_at_that_moment_stays(market, database_url):
    lead = await take(market)
    market.clock.move(minutes=30)
    sender = await asyncpg.connect(database_url)
    sending = sender.transaction()
    await sending.start()
    await sender.execute(
        "UPDATE deliveries SET state = 'sending', locked_by = 'w', lease_until = now()"
    )
    giving_back = asyncio.ensure_future(market.returns().run_once())
    await market.blocked()
    await sending.commit()
    await sender.close()
    assert await giving_back == 0
    assert await owner(market, lead) == ["acme/ann"]
    assert await counters(market) != {}


async def test_a_moment_earlier_it_does_not(market):
    await take(market)
    market.clock.move(minutes=29, seconds=59)
    assert await market.returns().run_once() == 0


async def test_a_system_that_is_down_loses_the_lead_for_all_of_its_agents(market):
    lead = await take(market)  # its delivery stays pending
    market.clock.move(minutes=30)
    assert await market.returns().run_once() == 1
    await go_on(market)
    assert await owner(market, lead) == ["zenith/leads"]


async def test_no_agent_works_against_a_clock_that_is_not_set(market):
    await market.execute("UPDATE destinations SET accept_within_minutes = NULL")
    await take(market)
    market.clock.move(days=30)
    assert await market.returns().run_once() == 0


async def test_several_workers_give_each_lead_back_once(market):
    await market.execute("UPDATE agents SET capacity = 100")
    for number in range(14):  # what its budget allows
        await take(market, number)
    market.clock.move(minutes=31)
    done = await asyncio.gather(*(market.returns().run_once() for _ in range(4)))
    assert sum(done) == 14
    assert await counters(market) == {}


# Refused on delivery.


async def test_a_refused_lead_goes_to_the_next_partner_and_frees_the_cap(market):
    lead = await take(market)
    await market.execute(
        "UPDATE deliveries SET state = 'dead', finished_at = $1, next_attempt_at = NULL",
        market.clock(),
    )
    await market.execute("UPDATE placements SET return_at = $1", market.clock())
    assert await market.returns().run_once() == 1
    assert await market.value("SELECT reason FROM returns") == "refused"
    await go_on(market)
    assert await owner(market, lead) == ["zenith/leads"]
    assert ("acme/leads", "day") not in await counters(market)


# What it was counted in.


async def test_what_was_counted_by_another_clock_is_given_back_by_that_one(market):
    lead = await take(market)  # at 17:00 UTC, the same day everywhere named here
    await market.execute(
        "UPDATE workspaces SET time_zone = 'Pacific/Kiritimati' WHERE id = $1", market.ids["acme"]
    )
    market.clock.move(hours=20)
    await market.execute("UPDATE destinations SET caps = caps || '{\"week\": 5}', price_minor = 1")
    await market.decline(lead)
    assert await counters(market) == {}


async def test_a_lead_taken_by_force_frees_what_it_held_too(market):
    lead = await take(market)
    await market.route(lead, agent="acme/bob", force=True)
    assert await counters(market) == {
        ("acme/leads", "day"): 1,
        ("acme/leads", "total"): 1,
        ("acme/leads", "month_spend"): 700,
        ("acme/bob", "open"): 1,
    }


async def test_by_hand_it_may_go_to_whoever_had_it_if_they_are_named(market):
    await market.execute("UPDATE destinations SET active = false WHERE name = 'leads'")
    await market.execute(
        "UPDATE destinations SET active = true WHERE id = $1", market.ids["acme/leads"]
    )
    lead = await take(market)
    await market.decline(lead)
    await market.route(lead, agent="acme/ann")
    assert await owner(market, lead) == ["acme/ann"]
