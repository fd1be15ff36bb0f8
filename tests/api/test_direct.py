"""Leads sent one by one are answered past the framework, and exactly as it would."""

import re
from typing import Any

import pytest

from leadflow.api.examples import LEAD

PATH = "/api/v1/leads"
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
TIMES = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
JSON = {"content-type": "application/json"}

# What is sent; each line once to each of the two ways. A page names its origin, and that is what
# sends a request the framework's way.
REQUESTS: dict[str, dict[str, Any]] = {
    "no key": {"headers": {"authorization": ""}, "json": LEAD},
    "another scheme": {"headers": {"authorization": "Basic YTpi"}, "json": LEAD},
    "a key nobody has": {"headers": {"authorization": "Bearer nobody"}, "json": LEAD},
    "no body": {"content": b"", "headers": JSON},
    "another type": {"content": b"a=b", "headers": {"content-type": "text/plain"}},
    "another charset": {
        "content": b"{}",
        "headers": {"content-type": "application/json;charset=x"},
    },
    "an encoding": {"content": b"{}", "headers": {**JSON, "content-encoding": "gzip"}},
    "no JSON": {"content": b"{", "headers": JSON},
    "an array": {"json": []},
    "nothing in it": {"json": {}},
    "several problems": {"json": {"vertical": "AUTO", "contact_info": {"email": "x"}}},
    "too long": {"content": b"[" + b" " * 2_000_000, "headers": JSON},
    "another source": {"json": {**LEAD, "source": "unknown"}},
    "the workspace": {"json": LEAD, "params": {"workspace": "brand"}},
    "another workspace": {"json": LEAD, "params": {"workspace": "partner"}},
    "an empty workspace": {"json": LEAD, "params": {"workspace": ""}},
    "the workspace twice": {"json": LEAD, "params": [("workspace", "brand"), ("workspace", "x")]},
    "the workspace in a header": {"json": LEAD, "headers": {"x-workspace": "brand"}},
    "a parameter nobody knows": {"json": LEAD, "params": {"colour": "red"}},
    "an empty key": {"json": LEAD, "headers": {"idempotency-key": ""}},
    "a key that cannot be kept": {"json": LEAD, "headers": {"idempotency-key": "a b"}},
    "a lead": {"json": LEAD},
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
async def test_both_ways_answer_alike(api, world, request_):
    await world.destination()
    await world.rules("partner/leads")
    direct = await api.post(PATH, **request_)
    for forgotten in ("submission_keys", "identities", "placement_keys"):
        await world.execute(f"DELETE FROM {forgotten}")
    framework = await api.post(PATH, **_from_a_page(request_))
    assert _plain(direct) == _plain(framework)


async def test_both_ways_repeat_an_answer_alike(api, world):
    sent = {"json": LEAD, "headers": {"idempotency-key": "once"}}
    first = await api.post(PATH, **sent)
    direct = await api.post(PATH, **sent)
    framework = await api.post(PATH, **_from_a_page(sent))
    assert first.json() == direct.json() == framework.json()
    assert _plain(direct) == _plain(framework)
    assert direct.headers["idempotency-replayed"] == "true"
    assert await world.count() == 1


async def test_both_ways_know_who_has_come_before(api):
    await api.post(PATH, json=LEAD)
    again = {"json": {**LEAD, "externalId": "another"}}
    direct = await api.post(PATH, **again)
    framework = await api.post(PATH, **_from_a_page(again))
    assert direct.status_code == 409
    assert _plain(direct) == _plain(framework)


def _from_a_page(sent: dict[str, Any]) -> dict[str, Any]:
    return {**sent, "headers": {**sent.get("headers", {}), "origin": "https://page.example"}}


def _plain(response):
    """Give all of an answer but the ids and times that are its own."""
    headers = {name: _without_ids(value) for name, value in response.headers.items()}
    return response.status_code, headers, _without_ids(response.text)


def _without_ids(text):
    return TIMES.sub("TIME", IDS.sub("ID", text))
