"""Leads in a list: filters, pages, and what a workspace sees."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import error, fields, made
from tests.core.submissions import NEEDED
from tests.world import people, person

LEADS = "/api/v1/leads"


@pytest.fixture
async def shop(api, world):
    """Have three leads: one placed with an agent, one kept for review, one by another source."""
    await world.destination(assigns_agents=True)
    await world.agent()
    await world.rules({"to": "partner/leads", "if": {"vertical": "AUTO"}})
    made(await api.post("/api/v1/sources", json={"channel": "api", "name": "fair"}))
    return {
        "placed": made(await api.post(LEADS, json=person(1, priority="hot"))),
        "home": made(await api.post(LEADS, json=person(2, vertical="HOME", priority="cold"))),
        "fair": made(await api.post(LEADS, json=person(3, vertical="LIFE", source="fair"))),
    }


async def listed(client, **query):
    page = made(await client.get(LEADS, params=query), 200)
    return [lead["id"] for lead in page["items"]]


async def test_the_newest_come_first_and_their_contacts_are_covered(api, shop):
    page = made(await api.get(LEADS), 200)
    assert [lead["id"] for lead in page["items"]] == [
        shop[name]["id"] for name in ("fair", "home", "placed")
    ]
    assert page["next_cursor"] is None
    contact = page["items"][0]["contact"]
    assert contact["email"].startswith("z")
    assert "zeb3" not in str(contact)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"vertical": "AUTO"}, ["placed"]),
        ({"vertical": "auto"}, ["placed"]),
        ({"vertical": "RENTERS"}, []),
        ({"status": "routed"}, ["placed"]),
        ({"status": "review"}, ["fair", "home"]),
        ({"routing_status": "failed"}, ["fair", "home"]),
        ({"source": "fair"}, ["fair"]),
        ({"source": "default"}, ["home", "placed"]),
        ({"source": "nobody"}, []),
        ({"destination": "partner"}, ["placed"]),
        ({"destination": "brand"}, []),
        ({"vertical": "HOME", "source": "default"}, ["home"]),
        ({"min_score": 101 - 1}, []),
        ({"max_score": 0}, []),
    ],
    ids=str,
)
async def test_filters_narrow_the_list(api, shop, query, names):
    assert await listed(api, **query) == [shop[name]["id"] for name in names]


async def test_scores_are_bounds_that_count_themselves(api, shop):
    for lead in shop.values():
        exactly = await listed(api, min_score=lead["score"], max_score=lead["score"])
        assert lead["id"] in exactly
        assert lead["id"] not in await listed(api, min_score=min(100, lead["score"] + 1))


async def test_an_agent_s_leads_are_listed_to_their_workspace(partner, api, shop):
    ann = shop["placed"]["agent_id"]
    assert await listed(partner, agent=ann) == [shop["placed"]["id"]]
    assert await listed(partner, agent=shop["placed"]["id"]) == []
    assert await listed(api, agent=ann) == []


async def test_times_bound_from_the_first_instant_to_before_the_last(api, shop):
    at = datetime.fromisoformat(shop["home"]["created_at"])
    later = at + timedelta(microseconds=1)
    assert shop["home"]["id"] in await listed(api, created_from=at.isoformat())
    assert shop["home"]["id"] not in await listed(api, created_from=later.isoformat())
    assert shop["home"]["id"] in await listed(api, created_before=later.isoformat())
    assert shop["home"]["id"] not in await listed(api, created_before=at.isoformat())


@pytest.mark.parametrize(
    "instant",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00+14:00"],
)
async def test_any_time_that_utc_holds_will_do(api, shop, instant):
    made(await api.get(LEADS, params={"created_from": instant}), 200)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"vertical": "BOATS"}, "vertical"),
        ({"status": "sold"}, "status"),
        ({"routing_status": "sold"}, "routing_status"),
        ({"min_score": -1}, "min_score"),
        ({"max_score": 101}, "max_score"),
        ({"min_score": "many"}, "min_score"),
        ({"min_score": "9" * 40}, "min_score"),
        ({"created_from": "yesterday"}, "created_from"),
        ({"created_from": "2026-01-01T00:00:00"}, "created_from"),
        ({"created_before": "0001-01-01T00:00:00+14:00"}, "created_before"),
        ({"created_before": "9999-12-31T23:59:59-14:00"}, "created_before"),
        ({"destination": "nobody"}, "workspace"),
        ({"destination": "../x"}, "workspace"),
        ({"agent": "ann"}, "agent"),
        ({"source": "\0"}, "source"),
        ({"source": "x" * 101}, "source"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "\0"}, "cursor"),
        ({"cursor": "é" * 22}, "cursor"),
        ({"cursor": "x" * 65}, "cursor"),
    ],
    ids=str,
)
async def test_a_filter_that_cannot_be_read_is_named(api, query, field):
    said = error(await api.get(LEADS, params=query), 400, "invalid")
    assert fields(said) == [field]
    assert all(each["reason"] and each["expected"] for each in said["details"])


async def test_a_refusal_does_not_repeat_what_stood_in_the_query(api):
    response = await api.get(LEADS, params={"status": "zeb@quackenbush.example"})
    error(response, 400, "invalid")
    assert "quackenbush" not in response.text


async def test_pages_show_each_lead_once_whatever_is_added_in_between(api):
    sent = [made(await api.post(LEADS, json=body))["id"] for body in people(5)]
    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = made(await api.get(LEADS, params=query), 200)
        seen += [lead["id"] for lead in page["items"]]
        cursor = page["next_cursor"]
        made(await api.post(LEADS, json=person(100 + len(seen))))
    assert cursor is None
    assert seen == sent[::-1]


async def test_a_full_last_page_has_no_cursor(api):
    for body in people(2):
        made(await api.post(LEADS, json=body))
    assert made(await api.get(LEADS, params={"limit": 2}), 200)["next_cursor"] is None


async def test_a_partner_sees_the_leads_it_got_and_no_others(partner, api, shop):
    assert await listed(partner) == [shop["placed"]["id"]]
    [seen] = made(await partner.get(LEADS), 200)["items"]
    assert (seen["source"], seen["channel"]) == (None, None)


async def test_an_operator_sees_all_and_may_narrow_it_to_one(operator, world, shop):
    for vertical in ("HEALTH", "RENTERS"):
        body = person(9, vertical=vertical, data=NEEDED[vertical])
        made(await operator.post(f"{LEADS}?workspace=partner", json=body))
    assert len(await listed(operator)) == 5
    assert len(await listed(operator, workspace="brand")) == 3
    named = await operator.get(LEADS, headers={"X-Workspace": "partner"})
    assert len(made(named, 200)["items"]) == 3


async def test_a_lead_whose_person_was_erased_is_still_listed(api, world, shop):
    await world.execute("DELETE FROM lead_contacts")
    page = made(await api.get(LEADS), 200)
    assert [lead["contact"] for lead in page["items"]] == [None] * 3
    assert datetime.fromisoformat(page["items"][0]["created_at"]).tzinfo == UTC
    lead = made(await api.get(f"{LEADS}/{shop['home']['id']}"), 200)
    assert (lead["contact"], lead["vertical_data"], lead["extra"]) == (None, {}, {})
