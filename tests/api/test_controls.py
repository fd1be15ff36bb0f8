"""Controls over automatic routing, and flags: operators' words, and retries of one's own leads."""

import pytest

from leadflow.core.controls import FLAGS
from leadflow.store.ids import new_id
from tests.api.conftest import client_of, error, fields, made
from tests.world import person

ROUTING = "/api/v1/routing"
FLAG = "/api/v1/flags/enableAutoRouting"
OPERATORS_ONLY = [
    ("GET", ROUTING, None),
    ("PUT", f"{ROUTING}/pause", {"below": "hot"}),
    ("DELETE", f"{ROUTING}/pause", None),
    ("GET", "/api/v1/flags", None),
    ("PUT", FLAG, {"enabled": False}),
]


@pytest.fixture
async def shop(world):
    """Have the brand's leads go to a destination of the partner."""
    await world.destination()
    await world.rules("partner/leads")
    return world


async def waiting(world, api, number=1):
    """Leave a lead in the queue; give its id."""
    await world.destination(f"closed-{number}", active=False)
    await world.rules(f"partner/closed-{number}")
    return made(await api.post("/api/v1/leads", json=person(number)))["id"]


async def test_routing_is_paused_and_resumed(shop, api, operator):
    paused = made(await operator.put(f"{ROUTING}/pause", json={"below": "hot"}), 200)
    assert paused["below"] == "hot"
    assert paused["paused_by"].startswith("key:test")
    lead = made(await api.post("/api/v1/leads", json=person(1, priority="cold")))
    assert (lead["status"], lead["reason"]) == ("received", "Routing of cold leads is paused.")
    explain = f"/api/v1/leads/{lead['id']}/explain"
    assert made(await api.get(explain), 200)["stopped"] == "Routing of cold leads is paused."
    on_the_spot = await api.post("/api/leads/route", json=person(2, priority="cold"))
    assert made(on_the_spot)["success"] is False
    urgent = made(await api.post("/api/v1/leads", json=person(3, priority="hot")))
    assert urgent["status"] == "routed"
    state = made(await operator.get(ROUTING), 200)
    assert (state["enabled"], state["pause"], state["workspaces"]) == (True, paused, None)
    assert (state["leads"]["received"], state["leads"]["stopped"]) == (2, 2)
    assert made(await operator.put(f"{ROUTING}/pause", json={"below": "hot"}), 200) == paused
    for _ in range(2):
        assert (await operator.delete(f"{ROUTING}/pause")).status_code == 204
    assert made(await operator.get(ROUTING), 200)["pause"] is None
    assert made(await api.get(explain), 200)["stopped"] is None
    assert await shop.count("audit_log WHERE action IN ('routing.paused', 'routing.resumed')") == 2


async def test_a_paused_lead_is_routed_by_hand(shop, api, operator):
    made(await operator.put(f"{ROUTING}/pause", json={"below": "hot"}), 200)
    lead = made(await api.post("/api/v1/leads", json=person(1, priority="cold")))
    routed = made(await api.post(f"/api/v1/leads/{lead['id']}/route"), 200)
    assert routed["success"] is True


async def test_what_is_under_way_is_counted_by_workspace_where_that_is_asked_for(
    shop, api, operator
):
    await waiting(shop, api)
    state = made(await operator.get(f"{ROUTING}?by_workspace=true"), 200)
    [brand] = state["workspaces"]
    assert brand.pop("workspace") == "brand"
    assert brand == state["leads"]
    assert (brand["not_due"], brand["due"]) == (1, 0)
    assert brand["next_due"] is not None


@pytest.mark.parametrize("body", [{}, {"below": "cold"}, {"below": 2}, {"below": None}])
async def test_a_pause_is_below_a_priority_that_has_others_below(operator, body):
    response = await operator.put(f"{ROUTING}/pause", json=body)
    assert fields(error(response, 400, "invalid")) == ["below"]


async def test_a_flag_is_switched_and_routing_with_it(shop, api, operator):
    listed = made(await operator.get("/api/v1/flags"), 200)["items"]
    assert [each["name"] for each in listed] == list(FLAGS)
    assert {(each["enabled"], each["changed_at"]) for each in listed} == {(True, None)}
    off = made(await operator.put(FLAG, json={"enabled": False}), 200)
    assert (off["name"], off["enabled"]) == ("enableAutoRouting", False)
    assert off in made(await operator.get("/api/v1/flags"), 200)["items"]
    lead = made(await api.post("/api/v1/leads", json=person(1)))
    assert (lead["status"], lead["reason"]) == ("received", "Routing is switched off.")
    made(await operator.put(FLAG, json={"enabled": True}), 200)
    lead = made(await api.post("/api/v1/leads", json=person(2)))
    assert lead["status"] == "routed"
    assert await shop.count("audit_log WHERE action = 'flag.changed'") == 2


async def test_a_flag_that_is_not_there_is_not_made(operator):
    said = error(await operator.put("/api/v1/flags/x", json={"enabled": True}), 404, "not_found")
    assert said["message"] == "Flag not found"
    for body in ({}, {"enabled": "off"}, {"enabled": None}):
        assert fields(error(await operator.put(FLAG, json=body), 400, "invalid")) == ["enabled"]


@pytest.mark.parametrize(("method", "path", "body"), OPERATORS_ONLY)
async def test_a_workspace_s_key_does_not_switch_what_concerns_all(world, api, method, path, body):
    error(await api.request(method, path, json=body), 403, "forbidden")
    assert await world.count("routing_pause") + await world.count("flags") == 0


@pytest.mark.parametrize(("method", "path", "body"), OPERATORS_ONLY)
async def test_an_operator_s_key_needs_the_scope(world, method, path, body):
    key = await world.new_key(None, scopes=("leads:write", "leads:read", "route"))
    async with client_of(world.asgi, key) as client:
        error(await client.request(method, path, json=body), 403, "forbidden")


async def test_leads_of_the_queue_are_tried_now(shop, api):
    lead = await waiting(shop, api)
    retry = f"{ROUTING}/retry"
    assert made(await api.post(retry), 200) == {"made_due": 1, "due_already": 0}
    assert made(await api.post(retry, json={}), 200) == {"made_due": 0, "due_already": 1}
    assert made(await api.post(retry, json={"leadId": lead}), 200)["due_already"] == 1
    said = error(await api.post(retry, json={"leadId": str(new_id())}), 404, "not_found")
    assert said["message"] == "Lead not found"
    for body in ({"leadId": "x"}, {"lead_id": 7}):
        assert len(fields(error(await api.post(retry, json=body), 400, "invalid"))) == 1
    assert await shop.count("leads WHERE routing_attempts > 0") == 0


async def test_a_lead_that_is_not_in_the_queue_is_not_retried(shop, api):
    lead = made(await api.post("/api/v1/leads", json=person(1)))
    said = error(await api.post(f"{ROUTING}/retry", json={"leadId": lead["id"]}), 409, "conflict")
    assert "not in the queue" in said["message"]


async def test_nobody_retries_the_leads_of_another_workspace(shop, api, partner, operator):
    lead = await waiting(shop, api)
    assert made(await partner.post(f"{ROUTING}/retry"), 200)["made_due"] == 0
    error(await partner.post(f"{ROUTING}/retry", json={"leadId": lead}), 404, "not_found")
    error(await partner.post(f"{ROUTING}/retry?workspace=brand"), 403, "forbidden")
    narrowed = await operator.post(f"{ROUTING}/retry?workspace=partner")
    assert made(narrowed, 200) == {"made_due": 0, "due_already": 0}
    assert made(await operator.post(f"{ROUTING}/retry?workspace=brand"), 200)["made_due"] == 1


async def test_a_retry_needs_the_scope_of_routing(world):
    async with world.holder(scopes=("leads:read", "leads:write", "admin")) as client:
        error(await client.post(f"{ROUTING}/retry"), 403, "forbidden")


async def test_what_is_stopped_is_a_metric(shop, operator):
    made(await operator.put(f"{ROUTING}/pause", json={"below": "warm"}), 200)
    text = (await operator.get("/metrics")).text
    assert 'routing_paused{priority="cold"} 1.0' in text
    assert 'routing_paused{priority="warm"} 0.0' in text
