"""Owners keep leads, or give them back."""

import pytest

from leadflow.store.ids import new_id
from tests.api.conftest import error, made
from tests.world import person

LEADS = "/api/v1/leads"


@pytest.fixture
async def placed(api, world):
    """Have a lead that the partner has ten minutes to accept; give its id."""
    await world.destination(accept_within_minutes=10)
    await world.rules("partner/leads")
    return made(await api.post(LEADS, json=person(1)))["id"]


async def ownership(client, lead):
    return (await client.get(f"{LEADS}/{lead}")).json()["ownership"]


async def test_until_when_it_is_to_be_accepted_is_told(api, partner, placed):
    for client in (api, partner):
        told = await ownership(client, placed)
        assert told["accepted_at"] is None
        assert told["accept_by"] > told["placed_at"]


async def test_the_owner_accepts_it_and_both_read_it(api, partner, placed):
    response = await partner.post(f"{LEADS}/{placed}/accept", json={})
    assert response.status_code == 200
    accepted = response.json()
    assert accepted["lead_id"] == placed
    for client in (api, partner):
        assert (await ownership(client, placed))["accepted_at"] == accepted["accepted_at"]


async def test_the_owner_declines_it_and_nobody_has_it(api, partner, placed):
    response = await partner.post(f"{LEADS}/{placed}/decline", json={"reason": "wrong_area"})
    assert response.status_code == 200
    assert (response.json()["reason"], response.json()["detail"]) == ("declined", "wrong_area")
    lead = (await api.get(f"{LEADS}/{placed}")).json()
    assert (lead["status"], lead["routing_status"], lead["ownership"]) == (
        "processed",
        "pending",
        None,
    )
    error(
        await partner.post(f"{LEADS}/{placed}/accept", json={}), 404, "not_found"
    )  # not theirs any more


async def test_no_reason_is_a_reason_too(partner, placed):
    response = await partner.post(f"{LEADS}/{placed}/decline", json={})
    assert response.json()["detail"] == "other"


async def test_a_repeated_answer_does_not_hit_the_next_owner(api, partner, placed):
    mine = (await ownership(partner, placed))["placement_id"]
    response = await partner.post(f"{LEADS}/{placed}/decline", json={"placement_id": str(new_id())})
    message = error(response, 409, "conflict")["message"]
    assert message == "the lead has come back, and is placed anew"
    response = await partner.post(f"{LEADS}/{placed}/accept", json={"placement_id": mine})
    assert response.status_code == 200


async def test_what_was_accepted_is_not_declined(partner, placed):
    await partner.post(f"{LEADS}/{placed}/accept", json={})
    response = await partner.post(f"{LEADS}/{placed}/decline", json={})
    assert error(response, 409, "conflict")["message"] == "the lead was accepted, and that is final"


@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_the_source_does_not_answer_for_it(api, placed, answer):
    error(await api.post(f"{LEADS}/{placed}/{answer}", json={}), 403, "forbidden")


@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_a_lead_that_is_not_there_is_not_found(partner, answer):
    error(await partner.post(f"{LEADS}/{new_id()}/{answer}", json={}), 404, "not_found")


async def test_words_about_the_person_are_no_reason(partner, placed):
    response = await partner.post(f"{LEADS}/{placed}/decline", json={"reason": "Zeb is rude"})
    [problem] = error(response, 400, "invalid")["details"]
    assert problem["field"] == "reason"
    assert "wrong_area" in problem["expected"]


async def test_a_time_to_accept_is_a_number_of_minutes(partner, world):
    made_ = await world.destination(accept_within_minutes=10)
    response = await partner.patch(
        f"/api/v1/destinations/{made_['id']}", json={"accept_within_minutes": 0}
    )
    [problem] = error(response, 400, "invalid")["details"]
    assert problem["field"] == "accept_within_minutes"


async def test_a_lead_in_review_is_routed_after_all(api, world):
    await world.rules()
    lead = made(await api.post(LEADS, json=person(1)))["id"]
    response = await api.post(f"{LEADS}/{lead}/reopen")
    assert response.status_code == 200
    assert response.json()["lead_id"] == lead
    shown = (await api.get(f"{LEADS}/{lead}")).json()
    assert (shown["status"], shown["review"]) == ("processed", None)
    again = error(await api.post(f"{LEADS}/{lead}/reopen"), 409, "conflict")
    assert again["message"] == "the lead is in the automated flow"
    error(await api.post(f"{LEADS}/{new_id()}/reopen"), 404, "not_found")
