"""One lead: all there is about it, what happened to it, and why."""

import pytest

from leadflow.store.ids import new_id
from tests.api.conftest import error, made
from tests.world import person

LEADS = "/api/v1/leads"
VIEWS = ("", "/timeline", "/explain", "/matching-agents")


@pytest.fixture
async def placed(api, world):
    """Have a lead that went to Ann of the partner, past a destination that is full."""
    await world.destination("full", caps={"day": 0})
    await world.destination(assigns_agents=True)
    await world.agent("Ann", rating=5, specialties=["AUTO"])
    await world.agent("Bob", active=False)
    await world.agent("Own", of="brand")
    await world.rules(
        {"to": "partner/full", "priority": 2},
        {"to": "partner/leads", "priority": 1},
        {"to": "partner/leads", "priority": 3, "if": {"state": "NY"}},
    )
    return made(await api.post(LEADS, json=person(1)))["id"]


@pytest.fixture
async def stuck(api):
    """Have a lead that nobody takes."""
    return made(await api.post(LEADS, json=person(1)))["id"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("lead_id", ["00000000-0000-0000-0000-000000000000", "17", "é", "%00"])
async def test_a_lead_that_is_not_there_is_not_found(api, view, lead_id):
    said = error(await api.get(f"{LEADS}/{lead_id}{view}"), 404, "not_found")
    assert said["message"] == "Lead not found"


@pytest.mark.parametrize("view", VIEWS)
async def test_another_workspace_s_lead_is_not_found(partner, stuck, view):
    said = error(await partner.get(f"{LEADS}/{stuck}{view}"), 404, "not_found")
    assert said["message"] == "Lead not found"


async def test_a_lead_is_shown_with_its_contact_and_its_owner(api, world, placed):
    lead = made(await api.get(f"{LEADS}/{placed}"), 200)
    assert lead["contact"]["email"] == "zeb1@wheelwright.example"
    assert lead["contact"]["phone"] == "+14152000001"
    assert lead["vertical_data"]["make"] == "Toyota"
    assert lead["ownership"]["workspace_id"] == str(world.partner.id)
    assert lead["assessment"]["score"]["reasons"]
    assert (lead["waiting"], lead["review"]) == (None, None)
    assert lead["deliveries"] == []  # they go to the partner's destination


async def test_its_owner_sees_the_delivery_and_not_where_the_lead_came_from(partner, placed):
    lead = made(await partner.get(f"{LEADS}/{placed}"), 200)
    assert [each["state"] for each in lead["deliveries"]] == ["pending"]
    assert (lead["source"], lead["channel"]) == (None, None)
    assert lead["contact"]["email"] == "zeb1@wheelwright.example"


async def test_a_lead_that_nobody_takes_says_so(api, stuck):
    lead = made(await api.get(f"{LEADS}/{stuck}"), 200)
    assert lead["ownership"] is None
    assert "No rule of 0 matched" in lead["review"]["reason"]


async def test_the_timeline_tells_what_happened_in_order(api, placed):
    timeline = made(await api.get(f"{LEADS}/{placed}/timeline"), 200)
    assert [each["name"] for each in timeline] == [
        "lead.created",
        "lead.validated",
        "lead.enriched",
        "lead.scored",
        "lead.processed",
        "lead.routed",
    ]
    assert timeline == sorted(timeline, key=lambda each: (each["occurred_at"], each["id"]))


async def test_the_source_is_told_which_gates_stopped_a_rule_and_no_figures(api, placed):
    answer = made(await api.get(f"{LEADS}/{placed}/explain"), 200)
    [decision] = answer["decisions"]
    assert [(each["rule"], each["rank"]) for each in decision["candidates"]] == [
        ("rule 0", None),
        ("rule 1", 1),
    ]
    assert decision["candidates"][0]["destination"] == "partner/full"
    assert "0" not in decision["candidates"][0]["why"]
    assert decision["agents"] == []
    [other] = decision["not_matched"]
    assert other["name"] == "rule 2"
    assert "state" in other["why"]


async def test_the_owner_is_told_how_it_came_to_the_lead_and_nothing_of_others(partner, placed):
    [decision] = made(await partner.get(f"{LEADS}/{placed}/explain"), 200)["decisions"]
    assert {each["destination"] for each in decision["candidates"]} <= {
        "partner/full",
        "partner/leads",
    }
    assert decision["agents"][0]["agent"] == "Ann"
    assert decision["not_matched"] == []


async def test_an_operator_is_told_everything(operator, placed):
    [decision] = made(await operator.get(f"{LEADS}/{placed}/explain"), 200)["decisions"]
    assert "0" in decision["candidates"][0]["why"]
    assert {each["agent"] for each in decision["agents"]} == {"Ann", "Bob"}


async def test_what_a_lead_waits_for_is_explained(api, world):
    await world.destination(active=False)
    await world.rules("partner/leads")
    lead_id = made(await api.post(LEADS, json=person(1)))["id"]
    answer = made(await api.get(f"{LEADS}/{lead_id}/explain"), 200)
    assert answer["status"] == "processed"
    assert answer["waiting"]["reason"] == "waiting"
    assert "partner/leads is paused" in answer["decisions"][0]["sentence"]


async def test_a_decision_by_rules_that_are_gone_is_still_explained(api, world, placed):
    await world.execute("DELETE FROM rulebooks")
    [decision] = made(await api.get(f"{LEADS}/{placed}/explain"), 200)["decisions"]
    assert decision["not_matched"] == []
    assert len(decision["candidates"]) == 2


async def test_a_workspace_is_shown_how_its_own_agents_stand_to_a_lead(api, placed):
    [own] = made(await api.get(f"{LEADS}/{placed}/matching-agents"), 200)
    assert (own["name"], own["rank"]) == ("Own", 1)
    assert 0 <= own["rank_score"] <= 1


async def test_an_operator_is_shown_the_agents_of_everybody_whom_a_rule_leads_to(operator, placed):
    found = made(await operator.get(f"{LEADS}/{placed}/matching-agents"), 200)
    assert {each["name"]: each["rank"] for each in found} == {"Ann": 1, "Own": 2, "Bob": None}
    assert next(each["gate"] for each in found if each["name"] == "Bob") == "inactive"


async def test_an_agent_who_declined_a_lead_does_not_match_it_any_more(operator, partner, placed):
    made(await partner.post(f"{LEADS}/{placed}/decline", json={}), 200)
    found = made(await operator.get(f"{LEADS}/{placed}/matching-agents"), 200)
    assert next(each["gate"] for each in found if each["name"] == "Ann") == "returned"


async def test_nobody_is_shown_where_there_are_no_agents(api, stuck):
    assert made(await api.get(f"{LEADS}/{stuck}/matching-agents"), 200) == []


async def test_a_lead_of_a_workspace_that_is_no_longer_active_is_still_explained(operator, stuck):
    await operator.delete("/api/v1/workspaces/brand")
    for view in VIEWS:
        made(await operator.get(f"{LEADS}/{stuck}{view}"), 200)


async def test_ids_are_read_in_capitals_as_well(api, stuck):
    assert made(await api.get(f"{LEADS}/{stuck.upper()}"), 200)["id"] == stuck
    error(await api.get(f"{LEADS}/{new_id()}"), 404, "not_found")


async def test_operators_are_told_what_would_have_made_a_rule_win(operator, api, world, placed):
    ask = f"{LEADS}/{placed}/explain"
    rules = made(await api.get(ask), 200)["decisions"][0]["candidates"]
    full = next(each["rule"] for each in rules if each["destination"] == "partner/full")
    answer = made(await operator.get(ask, params={"rule": full}), 200)
    assert answer["nearest_miss"]["changes"] == ["its day cap were 1 and not 0"]
    assert made(await operator.get(ask), 200)["nearest_miss"] is None
    error(await api.get(ask, params={"rule": full}), 403, "forbidden")
    error(await operator.get(ask, params={"rule": "no such rule"}), 404, "not_found")


async def test_of_what_a_person_decided_there_is_no_nearest_miss(operator, world, placed):
    body = {"agentId": (await world.agent("Cy"))["id"], "force": True}
    made(await operator.post(f"{LEADS}/{placed}/route", json=body), 200)
    said = await operator.get(f"{LEADS}/{placed}/explain", params={"rule": "any"})
    error(said, 409, "conflict")
