"""Sending a lead and being told how it was routed, in one call."""

import pytest

from tests.api.conftest import error, fields, made
from tests.core.submissions import EXAMPLE
from tests.world import person

ROUTE = "/api/leads/route"
LEADS = "/api/v1/leads"


async def test_a_new_lead_is_made_and_routed(api, world):
    destination = await world.destination(assigns_agents=True)
    agent = await world.agent("Ann")
    rulebook = await world.rules("partner/leads")
    response = await api.post(ROUTE, json=EXAMPLE)
    answer = made(response)
    assert answer.keys() == {"success", "lead", "assignment", "agent"}
    assert answer["success"] is True
    assert answer["lead"]["routing_result"] == "success"
    assert answer["assignment"]["workspace_id"] == str(world.partner.id)
    assert answer["assignment"]["destination_id"] == destination["id"]
    assert answer["assignment"]["rule_id"] == rulebook["document"]["rules"][0]["id"]
    assert answer["agent"]["id"] == answer["assignment"]["agent_id"] == agent["id"]
    assert response.headers["location"] == f"{LEADS}/{answer['lead']['id']}"


async def test_a_lead_that_its_source_keeps_has_an_owner(api, world):
    await world.rules(default="stay")
    answer = made(await api.post(ROUTE, json=EXAMPLE))
    assert answer["success"] is True
    assert answer["assignment"]["workspace_id"] == str(world.brand.id)
    assert answer["assignment"]["destination_id"] is None
    assert answer["agent"] is None


async def test_a_lead_that_nobody_takes_is_made_all_the_same(api):
    answer = made(await api.post(ROUTE, json=EXAMPLE))
    assert (answer["success"], answer["assignment"], answer["agent"]) == (False, None, None)
    assert answer["lead"]["status"] == "review"


async def test_the_same_request_again_gives_the_same_answer(api, world):
    await world.destination()
    await world.rules("partner/leads")
    key = {"Idempotency-Key": "1"}
    first = await api.post(ROUTE, json=EXAMPLE, headers=key)
    again = await api.post(ROUTE, json=EXAMPLE, headers=key)
    assert made(again) == made(first)
    assert again.headers["idempotency-replayed"] == "true"
    said = error(await api.post(ROUTE, json=EXAMPLE), 409, "duplicate")
    assert said["lead_id"] == made(first)["lead"]["id"]


async def test_an_answer_that_is_repeated_names_no_placement_of_later(api, world):
    await world.destination()
    await world.rules("partner/leads")
    agent = await world.agent(of="brand")
    key = {"Idempotency-Key": "1"}
    first = made(await api.post(ROUTE, json=EXAMPLE, headers=key))
    forced = {"agentId": agent["id"], "force": True}
    made(await api.post(f"{LEADS}/{first['lead']['id']}/route", json=forced), 200)
    again = made(await api.post(ROUTE, json=EXAMPLE, headers=key))
    assert again["assignment"]["workspace_id"] == str(world.partner.id)
    assert again["assignment"]["destination_id"] is None


@pytest.mark.parametrize("name", ["leadId", "lead_id"])
async def test_a_lead_that_is_there_is_routed_as_by_hand(api, world, name):
    lead_id = made(await api.post(LEADS, json=person(1)))["id"]
    agent = await world.agent(of="brand")
    answer = made(await api.post(ROUTE, json={name: lead_id}), 200)
    assert (answer["success"], answer["agent"]["id"]) == (True, agent["id"])
    error(await api.post(ROUTE, json={name: lead_id, "agentId": agent["id"]}), 409, "conflict")
    made(await api.post(ROUTE, json={name: lead_id, "force": True}), 200)


@pytest.mark.parametrize("lead_id", ["01a216cb-0238-70e6-b8cb-3f116bc40040", "lead_123"])
async def test_a_lead_that_is_not_there_is_not_found(api, lead_id):
    said = error(await api.post(ROUTE, json={"leadId": lead_id}), 404, "not_found")
    assert said["message"] == "Lead not found"


async def test_a_body_that_is_neither_is_refused(api):
    error(await api.post(ROUTE, json={}), 400, "invalid")
    error(await api.post(ROUTE, json=[]), 400, "invalid")
    assert fields(error(await api.post(ROUTE, json={"leadId": 7}), 400, "invalid")) == ["leadId"]
    error(await api.post(ROUTE, content=b"x"), 415, "unsupported_media_type")


async def test_each_half_needs_its_own_scope(world):
    async with world.holder(scopes=["leads:write"]) as sender:
        lead_id = made(await sender.post(ROUTE, json=EXAMPLE))["lead"]["id"]
        error(await sender.post(ROUTE, json={"leadId": lead_id}), 403, "forbidden")
    async with world.holder(scopes=["route"]) as router:
        error(await router.post(ROUTE, json=person(2)), 403, "forbidden")
        said = error(await router.post(ROUTE, json={"leadId": lead_id}), 404, "not_found")
        assert said["message"] == "No matching agents found"
