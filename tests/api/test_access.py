"""Who may call: keys, what they open, and when they open nothing."""

import re
from datetime import timedelta

import pytest

from leadflow.app import utc_now
from tests.api.conftest import client_of, error, made
from tests.api.test_openapi import OPERATIONS
from tests.core.submissions import EXAMPLE

GUARDED = [
    pytest.param(method.upper(), re.sub(r"\{\w+\}", "x", path), id=operation["operationId"])
    for path, method, operation in OPERATIONS
    if operation["security"]
]
OPEN = ("/health", "/health/live", "/health/ready", "/docs", "/docs/style.css", "/openapi.json")


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_without_a_key_nothing_is_opened(anybody, method, path):
    response = await anybody.request(method, path)
    said = error(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == 'Bearer realm="leadflow"'
    assert "Authorization: Bearer KEY" in said["message"]


@pytest.mark.parametrize("path", OPEN)
async def test_health_and_documentation_are_open_to_everybody(anybody, path):
    assert (await anybody.get(path)).status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic lf_abc", "lf_abc", "Bearer lf_abc", "Bearer \xff"]
)
async def test_what_is_no_key_opens_nothing(world, header):
    async with client_of(world.asgi, None) as client:
        response = await client.get(
            "/api/v1/leads", headers={b"Authorization": header.encode("latin-1")}
        )
    error(response, 401, "unauthenticated")


async def test_the_scheme_is_read_in_any_case(world):
    async with client_of(world.asgi, None) as client:
        headers = {"Authorization": f"bearer  {world.key} "}
        made(await client.get("/api/v1/leads", headers=headers), 200)


async def test_a_key_that_has_expired_opens_nothing(world):
    async with world.holder(expires_at=utc_now() - timedelta(seconds=1)) as client:
        error(await client.get("/api/v1/leads"), 401, "unauthenticated")
    async with world.holder(expires_at=utc_now() + timedelta(hours=1)) as client:
        made(await client.get("/api/v1/leads"), 200)


async def test_a_key_that_was_revoked_opens_nothing(api, world):
    new = made(await api.post("/api/v1/keys", json={"name": "x", "scopes": ["leads:read"]}))
    async with client_of(world.asgi, new["key"]) as client:
        assert (await api.delete(f"/api/v1/keys/{new['id']}")).status_code == 204
        error(await client.get("/api/v1/leads"), 401, "unauthenticated")


async def test_the_keys_of_a_workspace_that_is_not_active_open_nothing(operator, world):
    assert (await operator.delete("/api/v1/workspaces/brand")).status_code == 204
    async with client_of(world.asgi, world.key) as client:
        error(await client.get("/api/v1/leads"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("leads:write", "POST", "/api/v1/leads"),
        ("leads:write", "POST", "/api/v1/leads/batch"),
        ("leads:read", "GET", "/api/v1/leads"),
        ("leads:read", "GET", "/api/v1/reviews"),
        ("route", "POST", "/api/v1/leads/x/route"),
        ("admin", "GET", "/api/v1/workspaces"),
    ],
)
async def test_each_call_asks_for_its_scope(world, scope, method, path):
    others = {"leads:write", "leads:read", "route", "admin"} - {scope}
    async with world.holder(scopes=sorted(others)) as client:
        said = error(await client.request(method, path, json=EXAMPLE), 403, "forbidden")
        assert said["message"] == f"This key lacks the scope {scope}"
    async with world.holder(scopes=[scope]) as client:
        response = await client.request(method, path, json=EXAMPLE)
        assert response.status_code not in (401, 403)


def test_every_guarded_call_asks_for_a_scope():
    without = [
        operation["operationId"]
        for _, _, operation in OPERATIONS
        if operation["security"] and "x-scope" not in operation
    ]
    assert without == ["create_and_route"]  # it asks for one of two, by what its body is


async def test_a_workspace_that_another_key_names_is_not_opened(api):
    for path in ("/api/v1/leads?workspace=partner", "/api/v1/leads?workspace=nobody"):
        error(await api.get(path), 403, "forbidden")
    headers = {"X-Workspace": "partner"}
    error(await api.post("/api/v1/leads", json=EXAMPLE, headers=headers), 403, "forbidden")
    made(await api.get("/api/v1/leads", headers={"X-Workspace": "brand"}), 200)


async def test_an_operator_names_the_workspace_of_a_lead(operator, world):
    said = error(await operator.post("/api/v1/leads", json=EXAMPLE), 400, "invalid")
    assert said["details"][0]["field"] == "workspace"
    made(await operator.post("/api/v1/leads", json=EXAMPLE | {"workspace": "brand"}))
    assert (await operator.delete("/api/v1/workspaces/partner")).status_code == 204
    response = await operator.post("/api/v1/leads?workspace=partner", json=EXAMPLE)
    said = error(response, 400, "invalid")
    assert said["message"] == "The workspace is not active"
