"""Keys: what may be given, and by whom."""

import json

import pytest

from tests.api.conftest import client_of, error, fields, made
from tests.world import person


async def test_a_key_is_shown_once_and_opens_what_it_says(api, world):
    body = {"name": "site", "scopes": ["leads:read"], "rate_limit": 5}
    key = made(await api.post("/api/v1/keys", json=body))
    assert key["key"].startswith(key["prefix"])
    path = f"/api/v1/keys/{key['id']}"
    assert key["key"] not in json.dumps(made(await api.get(path), 200))
    async with client_of(world.asgi, key["key"]) as client:
        made(await client.get("/api/v1/leads"), 200)
        error(await client.post("/api/v1/leads", json=person(1)), 403, "forbidden")


async def test_nobody_gives_what_they_lack(world):
    async with world.holder(scopes=["admin", "leads:read"]) as client:
        body = {"name": "x", "scopes": ["leads:read", "route", "leads:write"]}
        said = error(await client.post("/api/v1/keys", json=body), 403, "forbidden")
        assert said["message"] == "This key cannot give what it lacks: leads:write, route"
        key = made(await client.post("/api/v1/keys", json=body | {"scopes": ["leads:read"]}))
        path = f"/api/v1/keys/{key['id']}"
        error(await client.patch(path, json={"scopes": ["route"]}), 403, "forbidden")


@pytest.mark.parametrize("rate_limit", [0, 10_001])
async def test_only_operators_lift_a_limit(api, operator, rate_limit):
    body = {"name": "x", "scopes": ["leads:read"], "rate_limit": rate_limit}
    error(await api.post("/api/v1/keys", json=body), 403, "forbidden")
    key = made(await operator.post("/api/v1/keys?workspace=brand", json=body))
    # Its workspace may rename it, and not lift another one's.
    path = f"/api/v1/keys/{key['id']}"
    assert made(await api.patch(path, json={"name": "y"}), 200)["rate_limit"] == rate_limit
    error(await api.patch(path, json={"rate_limit": 20_000}), 403, "forbidden")
    made(await api.patch(path, json={"rate_limit": 100}), 200)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["all"]}, "scopes[0]"),
        ({"rate_limit": -1}, "rate_limit"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
    ],
)
async def test_a_key_that_does_not_fit_is_refused(api, change, field):
    body = {"name": "x", "scopes": ["leads:read"]} | change
    said = error(await api.post("/api/v1/keys", json=body), 400, "invalid")
    assert [each.removesuffix("[...]") for each in fields(said)] == [field.removesuffix("[0]")] or (
        fields(said) == [field]
    )


async def test_times_are_kept_in_utc(api):
    body = {"name": "x", "scopes": ["leads:read"], "expires_at": "2030-01-01T00:00:00+02:00"}
    key = made(await api.post("/api/v1/keys", json=body))
    assert key["expires_at"] == "2029-12-31T22:00:00Z"
