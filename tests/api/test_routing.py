"""Routing by hand: it moves a lead that is stuck anywhere in the automated flow."""

import pytest

from leadflow.app import utc_now
from leadflow.work.record import Tries
from leadflow.work.routing import Routing
from tests.api.conftest import client_of, error, fields, made
from tests.world import Clock, person

LEADS = "/api/v1/leads"


@pytest.fixture
async def team(world):
    """Have two agents of the brand's own: Ann, who is the better one, and Bob."""
    return {
        "ann": await world.agent("Ann", of="brand", rating=5, email="ann@brand.example.com"),
        "bob": await world.agent("Bob", of="brand", rating=1),
    }


async def received(api, world):
    """Leave a lead as a worker finds it that has not come to it yet."""
    await world.execute("INSERT INTO flags VALUES ('enableAutoRouting', false, now())")
    lead_id = made(await api.post(LEADS, json=person(1)))["id"]
    await world.execute("DELETE FROM flags")
    return lead_id


async def in_review(api, world):
    return made(await api.post(LEADS, json=person(1)))["id"]


async def waiting(api, world):
    await world.destination(active=False)
    await world.rules("partner/leads")
    return made(await api.post(LEADS, json=person(1)))["id"]


async def failed(api, world):
    """Leave a lead that has used up its tries: nobody is there who could take it."""
    await world.destination(assigns_agents=True)
    await world.rules("partner/leads")
    lead_id = made(await api.post(LEADS, json=person(1)))["id"]
    clock = Clock(utc_now())
    worker = Routing(world.app.database, "worker", Tries(), clock)
    worker.start()
    for _ in range(2):
        clock.move(minutes=5)
        await worker.run_once()
    await worker.close()
    lead = made(await api.get(f"{LEADS}/{lead_id}"), 200)
    assert (lead["status"], lead["routing_status"], lead["routing_attempts"]) == (
        "review",
        "failed",
        3,
    )
    return lead_id


STUCK = pytest.mark.parametrize("leave", [received, in_review, waiting, failed])


@STUCK
async def test_a_stuck_lead_goes_to_the_agent_named(api, world, team, leave):
    lead_id = await leave(api, world)
    response = await api.post(f"{LEADS}/{lead_id}/route", json={"agentId": team["bob"]["id"]})
    answer = made(response, 200)
    assert answer.keys() == {"success", "lead", "assignment", "agent"}
    assert answer["success"] is True
    assert (
        answer["lead"]
        | {
            "id": lead_id,
            "workspace_id": str(world.brand.id),
            "status": "routed",
            "routing_status": "routed",
            "routing_result": "success",
        }
        == answer["lead"]
    )
    assert answer["assignment"]["agent_id"] == team["bob"]["id"]
    assert answer["assignment"]["reason"]
    assert (answer["agent"]["id"], answer["agent"]["name"]) == (team["bob"]["id"], "Bob")
    lead = made(await api.get(f"{LEADS}/{lead_id}"), 200)
    assert lead["ownership"]["agent_id"] == team["bob"]["id"]
    assert (lead["waiting"], lead["review"]) == (None, None)


@STUCK
@pytest.mark.parametrize("body", [b"{}", b"", b'{"agentId": null}'])
async def test_without_an_agent_the_best_one_gets_it(api, world, team, leave, body):
    lead_id = await leave(api, world)
    headers = {"Content-Type": "application/json"}
    answer = made(await api.post(f"{LEADS}/{lead_id}/route", content=body, headers=headers), 200)
    assert answer["agent"]["name"] == "Ann"
    assert answer["agent"]["email"] == "ann@brand.example.com"


async def test_the_rules_come_before_the_source_s_own_agents(api, world, team):
    lead_id = await received(api, world)
    await world.destination(assigns_agents=True)
    agent = await world.agent("Pat", email="pat@partner.example.com")
    rulebook = await world.rules("partner/leads")
    answer = made(await api.post(f"{LEADS}/{lead_id}/route", json={}), 200)
    assert answer["assignment"]["workspace_id"] == str(world.partner.id)
    assert answer["assignment"]["rule_id"] == rulebook["document"]["rules"][0]["id"]
    assert answer["agent"] == {
        "id": agent["id"],
        "workspace_id": str(world.partner.id),
        "name": "Pat",
        "email": None,  # another workspace's
    }


async def test_a_destination_without_agents_takes_it_by_the_rules(api, world):
    lead_id = await received(api, world)
    await world.destination()
    await world.rules("partner/leads")
    answer = made(await api.post(f"{LEADS}/{lead_id}/route", json={}), 200)
    assert (answer["success"], answer["agent"]) == (True, None)


async def test_snake_case_is_taken_as_well(api, world, team):
    lead_id = await in_review(api, world)
    body = {"agent_id": team["bob"]["id"]}
    assert (
        made(await api.post(f"{LEADS}/{lead_id}/route", json=body), 200)["agent"]["name"] == "Bob"
    )


@pytest.mark.parametrize("lead_id", ["01a216cb-0238-70e6-b8cb-3f116bc40040", "lead_123"])
async def test_a_lead_that_is_not_there_is_not_found(api, lead_id):
    said = error(await api.post(f"{LEADS}/{lead_id}/route", json={}), 404, "not_found")
    assert said["message"] == "Lead not found"


async def test_another_workspace_s_lead_is_not_found(api, partner, world, team):
    lead_id = await in_review(api, world)
    said = error(await partner.post(f"{LEADS}/{lead_id}/route", json={}), 404, "not_found")
    assert said["message"] == "Lead not found"


@pytest.mark.parametrize("agent_id", ["01a216cb-0238-70e6-b8cb-3f116bc40040", "agent_123", ""])
async def test_an_agent_who_is_not_there_is_not_found(api, world, agent_id):
    lead_id = await in_review(api, world)
    response = await api.post(f"{LEADS}/{lead_id}/route", json={"agentId": agent_id})
    assert error(response, 404, "not_found")["message"] == "Agent not found"


async def test_an_agent_of_a_workspace_that_has_nothing_to_do_with_it_is_not_found(api, world):
    lead_id = await in_review(api, world)
    agent = await world.agent("Pat")
    response = await api.post(f"{LEADS}/{lead_id}/route", json={"agentId": agent["id"]})
    assert error(response, 404, "not_found")["message"] == "Agent not found"


async def test_where_there_is_nobody_it_says_so_and_the_lead_stays(api, world):
    lead_id = await in_review(api, world)
    said = error(await api.post(f"{LEADS}/{lead_id}/route", json={}), 404, "not_found")
    assert said["message"] == "No matching agents found"
    assert made(await api.get(f"{LEADS}/{lead_id}"), 200)["status"] == "review"


async def test_an_agent_who_is_not_active_gets_nothing(api, world, team):
    lead_id = await in_review(api, world)
    await api.delete(f"/api/v1/agents/{team['bob']['id']}")
    response = await api.post(f"{LEADS}/{lead_id}/route", json={"agentId": team["bob"]["id"]})
    assert error(response, 400, "invalid")["message"] == "Agent is not active"


async def test_an_agent_who_has_as_many_leads_as_they_can_gets_nothing(api, world):
    agent = await world.agent(of="brand", capacity=1)
    body = {"agentId": agent["id"]}
    first = made(await api.post(LEADS, json=person(1)))["id"]
    second = made(await api.post(LEADS, json=person(2)))["id"]
    made(await api.post(f"{LEADS}/{first}/route", json=body), 200)
    response = await api.post(f"{LEADS}/{second}/route", json=body)
    said = error(response, 400, "invalid")
    assert said["message"] == "Agent has reached maximum lead capacity"


async def test_a_lead_that_has_an_owner_stays_there_unless_it_is_forced(api, world, team):
    lead_id = await in_review(api, world)
    path = f"{LEADS}/{lead_id}/route"
    made(await api.post(path, json={"agentId": team["ann"]["id"]}), 200)
    said = error(await api.post(path, json={"agentId": team["bob"]["id"]}), 409, "conflict")
    assert "brand" in said["message"]
    forced = made(await api.post(path, json={"agentId": team["bob"]["id"], "force": True}), 200)
    assert forced["agent"]["name"] == "Bob"
    assert await world.count("audit_log WHERE action = 'lead.reassigned'") == 1


async def test_a_lead_that_a_worker_holds_is_left_to_it(api, world, team):
    lead_id = await waiting(api, world)
    await world.execute(
        "UPDATE leads SET routing_status = 'routing', routing_locked_at = now(), "
        "routing_locked_by = 'worker-7' WHERE id = $1",
        lead_id,
    )
    path = f"{LEADS}/{lead_id}/route"
    said = error(await api.post(path, json={}), 409, "conflict")
    assert "worker-7" in said["message"]
    made(await api.post(path, json={"force": True}), 200)


async def test_a_lead_that_has_expired_stays_so(api, world, team):
    lead_id = await in_review(api, world)
    await world.execute("UPDATE reviews SET closed_at = now(), resolution = 'too old'")
    await world.execute(
        "UPDATE leads SET status = 'expired', routing_status = 'expired', routing_result = NULL"
    )
    error(await api.post(f"{LEADS}/{lead_id}/route", json={}), 409, "conflict")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"agentId": 7}, "agentId"),
        ({"agentId": ["x"]}, "agentId"),
        ({"force": "yes"}, "force"),
        ({"agent": "x"}, "agent"),
        ({"agentId": "x", "agent_id": "y"}, "agent_id"),
        ({"agentId": "\0"}, "agentId"),
    ],
)
async def test_a_body_that_cannot_be_read_is_named(api, world, body, field):
    lead_id = await in_review(api, world)
    response = await api.post(f"{LEADS}/{lead_id}/route", json=body)
    assert fields(error(response, 400, "invalid")) == [field]


async def test_a_body_must_be_json(api, world):
    lead_id = await in_review(api, world)
    response = await api.post(f"{LEADS}/{lead_id}/route", content=b"agentId=x")
    error(response, 415, "unsupported_media_type")


async def test_an_operator_routes_for_anybody(operator, api, world, team):
    lead_id = await in_review(api, world)
    assert made(await operator.post(f"{LEADS}/{lead_id}/route", json={}), 200)["success"]


async def test_a_key_without_the_scope_routes_nothing(world, api):
    lead_id = await in_review(api, world)
    key = await world.new_key(world.brand.id, scopes=("leads:write", "leads:read", "admin"))
    async with client_of(world.asgi, key) as client:
        said = error(await client.post(f"{LEADS}/{lead_id}/route", json={}), 403, "forbidden")
    assert said["message"] == "This key lacks the scope route"
