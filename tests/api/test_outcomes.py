"""What became of a lead in sales: said by who has it."""

import pytest

from leadflow.store.ids import new_id
from tests.api.conftest import error, made
from tests.world import person

LEADS = "/api/v1/leads"


@pytest.fixture
async def placed(api, world):
    """Have a lead that the partner has; give its id."""
    await world.destination()
    await world.rules("partner/leads")
    return made(await api.post(LEADS, json=person(1)))["id"]


async def test_the_owner_says_it_and_both_read_it(api, partner, placed):
    response = await partner.post(f"{LEADS}/{placed}/outcome", json={"outcome": "converted"})
    assert response.status_code == 200
    said = response.json()
    assert (said["lead_id"], said["outcome"]) == (placed, "converted")
    for client in (api, partner):
        ownership = (await client.get(f"{LEADS}/{placed}")).json()["ownership"]
        assert (ownership["outcome"], ownership["outcome_at"]) == ("converted", said["outcome_at"])


async def test_until_it_is_said_nothing_became_of_it(api, placed):
    ownership = (await api.get(f"{LEADS}/{placed}")).json()["ownership"]
    assert (ownership["outcome"], ownership["outcome_at"]) == (None, None)


async def test_the_source_does_not_say_it(api, placed):
    response = await api.post(f"{LEADS}/{placed}/outcome", json={"outcome": "lost"})
    error(response, 403, "forbidden")


async def test_what_is_over_stays_over(partner, placed):
    await partner.post(f"{LEADS}/{placed}/outcome", json={"outcome": "lost"})
    response = await partner.post(f"{LEADS}/{placed}/outcome", json={"outcome": "contacted"})
    assert error(response, 409, "conflict")["message"] == "the lead is lost, and that is final"


async def test_nobody_knows_what_became_of_a_lead_that_nobody_has(api, world):
    lead = made(await api.post(LEADS, json=person(1)))["id"]
    response = await api.post(f"{LEADS}/{lead}/outcome", json={"outcome": "lost"})
    assert "nobody has the lead" in error(response, 409, "conflict")["message"]


async def test_an_outcome_that_is_none_is_refused_by_name(partner, placed):
    response = await partner.post(f"{LEADS}/{placed}/outcome", json={"outcome": "won"})
    [problem] = error(response, 400, "invalid")["details"]
    assert problem["field"] == "outcome"
    assert "converted" in problem["expected"]


async def test_a_lead_that_is_not_there_is_not_found(partner):
    response = await partner.post(f"{LEADS}/{new_id()}/outcome", json={"outcome": "lost"})
    assert error(response, 404, "not_found")["message"] == "Lead not found"
