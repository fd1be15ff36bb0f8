"""Agents: what they are set up with."""

import pytest

from tests.api.conftest import error, fields, made


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"email": "nobody"}, "email"),
        ({"licensed_states": ["CAL"]}, "licensed_states[0]"),
        ({"licensed_states": ["CA"] * 61}, "licensed_states"),
        ({"specialties": ["BOATS"]}, "specialties[0]"),
        ({"rating": 5.1}, "rating"),
        ({"conversion_rate": 1.1}, "conversion_rate"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": "20"}, "capacity"),
        ({"hours": {"time_zone": "UTC", "openings": [{}]}}, "hours.openings[0]"),
    ],
    ids=str,
)
async def test_an_agent_who_does_not_fit_is_refused(api, change, field):
    body = {"name": "Ada"} | change
    assert fields(error(await api.post("/api/v1/agents", json=body), 400, "invalid")) == [field]


async def test_states_and_verticals_are_taken_in_any_case(api):
    body = {"name": "Ada", "licensedStates": ["ca", "Nv"], "specialties": ["auto"], "state": "ca"}
    agent = made(await api.post("/api/v1/agents", json=body))
    assert (agent["licensed_states"], agent["specialties"], agent["state"]) == (
        ["CA", "NV"],
        ["AUTO"],
        "CA",
    )


async def test_agents_are_listed_by_whether_they_work(api, world):
    ann = await world.agent("Ann", of="brand")
    await world.agent("Bob", of="brand", active=False)
    listed = made(await api.get("/api/v1/agents?active=true"), 200)["items"]
    assert listed == [ann]
    assert len(made(await api.get("/api/v1/agents?active=false"), 200)["items"]) == 1
