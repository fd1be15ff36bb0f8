"""The same thing sent twice is one lead."""

import asyncio

import pytest

from tests.api.conftest import client_of, error, fields, made
from tests.core.submissions import EXAMPLE
from tests.world import person

LEADS = "/api/v1/leads"
KEY = {"Idempotency-Key": "order-1"}


async def test_the_same_key_gives_the_same_answer_and_no_second_lead(api, world):
    first = await api.post(LEADS, json=EXAMPLE, headers=KEY)
    again = await api.post(LEADS, json=EXAMPLE, headers=KEY)
    assert made(again) == made(first)
    assert again.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await world.count() == 1


async def test_the_same_key_with_another_body_is_a_conflict(api, world):
    first = made(await api.post(LEADS, json=EXAMPLE, headers=KEY))
    response = await api.post(LEADS, json=person(2), headers=KEY)
    said = error(response, 409, "idempotency_conflict")
    assert said["message"] == "The Idempotency-Key came before, with another body"
    assert said["lead_id"] == first["id"]
    assert said["link"] == response.headers["location"] == f"{LEADS}/{first['id']}"
    assert await world.count() == 1


async def test_the_same_person_without_a_key_is_a_duplicate(api, world):
    first = made(await api.post(LEADS, json=person(1)))
    again = await api.post(LEADS, json=person(1))
    said = error(again, 409, "duplicate")
    assert (said["lead_id"], said["link"]) == (first["id"], f"{LEADS}/{first['id']}")
    assert again.headers["location"] == said["link"]
    assert made(await api.get(said["link"]), 200)["id"] == first["id"]
    assert await world.count() == 1


async def test_the_same_person_may_ask_for_another_vertical(api):
    made(await api.post(LEADS, json=person(1)))
    made(await api.post(LEADS, json=person(1, vertical="HOME")))


async def test_the_same_external_id_is_the_same_lead(api, world):
    first = await api.post(LEADS, json=person(1, external_id="crm-1"))
    again = await api.post(LEADS, json=person(1, external_id="crm-1"))
    assert made(again) == made(first)
    said = error(
        await api.post(LEADS, json=person(2, external_id="crm-1")), 409, "idempotency_conflict"
    )
    assert said["message"] == "The external id came before, with another body"
    assert await world.count() == 1


async def test_keys_of_different_workspaces_do_not_meet(api, operator):
    first = made(await api.post(LEADS, json=EXAMPLE, headers=KEY))
    other = made(await operator.post(f"{LEADS}?workspace=partner", json=EXAMPLE, headers=KEY))
    assert first["id"] != other["id"]


async def test_a_lead_that_was_refused_leaves_its_key_free(api):
    error(await api.post(LEADS, json={}, headers=KEY), 400, "invalid")
    made(await api.post(LEADS, json=EXAMPLE, headers=KEY))


async def test_the_same_request_many_times_at_once_is_one_lead(api, world):
    async def send():
        return made(await api.post(LEADS, json=EXAMPLE, headers=KEY))["id"]

    assert len(set(await asyncio.gather(*(send() for _ in range(20))))) == 1
    assert await world.count() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 201, "caf\xe9", "tab\there"])
async def test_a_key_that_cannot_be_kept_is_refused(world, key):
    async with client_of(world.asgi, world.key) as api:
        response = await api.post(
            LEADS, json=EXAMPLE, headers={b"Idempotency-Key": key.encode("latin-1")}
        )
    assert fields(error(response, 400, "invalid")) == ["Idempotency-Key"]
    assert await world.count() == 0


async def test_the_longest_key_is_kept(api):
    key = {"Idempotency-Key": "~" * 200}
    first = made(await api.post(LEADS, json=EXAMPLE, headers=key))
    assert made(await api.post(LEADS, json=EXAMPLE, headers=key)) == first
