"""What every answer carries, whoever answers, and the one shape of every error."""

import pytest
from msgspec.structs import replace

from leadflow.api import build
from tests.api.conftest import client_of, error, made, under
from tests.world import person

LEADS = "/api/v1/leads"
SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
ASKED = [
    ("GET", LEADS, 200),
    ("GET", "/health/live", 200),
    ("GET", "/docs", 200),
    ("GET", "/nowhere", 404),
    ("DELETE", LEADS, 405),
    ("POST", LEADS, 415),
    ("OPTIONS", LEADS, 204),
    ("HEAD", LEADS, 200),
]


@pytest.mark.parametrize(("method", "path", "status"), ASKED)
async def test_every_answer_carries_the_security_headers(api, method, path, status):
    response = await api.request(method, path)
    assert response.status_code == status
    assert SECURITY.items() <= dict(response.headers).items()
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] in ("no-store", "no-cache")
    assert len(response.headers["x-request-id"]) == 32


async def test_what_is_personal_is_kept_by_no_cache(api):
    made(await api.post(LEADS, json=person(1)))
    response = await api.get(LEADS)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "offered", ["0198a5c2-7d1e-7a3b-9c4d-5e6f708192a3", "0198a5c27d1e7a3b9c4d5e6f708192a3"]
)
async def test_the_caller_s_request_id_is_taken(api, offered):
    response = await api.get("/nowhere", headers={"X-Request-Id": offered})
    assert error(response, 404, "not_found")["request_id"] == offered


@pytest.mark.parametrize("offered", ["", "zeb@example.com", "x" * 1000, "1234567890"])
async def test_a_request_id_that_may_say_who_somebody_is_is_replaced(api, offered):
    response = await api.get(LEADS, headers={"X-Request-Id": offered})
    assert response.headers["x-request-id"] != offered
    assert len(response.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1", "/api/v1/nowhere", f"{LEADS}/x/nowhere", "/docs/../etc", "//"]
)
async def test_what_is_not_there_is_a_404(api, path):
    said = error(await api.get(path), 404, "not_found")
    assert said["message"] == "There is nothing at this address"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", LEADS, {"GET", "POST", "OPTIONS"}),
        ("GET", f"{LEADS}/batch", None),  # `batch` is an id that no lead has
        ("PUT", "/api/v1/agents/x", {"GET", "PATCH", "DELETE", "OPTIONS"}),
        ("HEAD", "/api/leads/route", {"POST", "OPTIONS"}),
        ("TRACE", LEADS, {"GET", "POST", "OPTIONS"}),
    ],
)
async def test_a_method_that_is_not_taken_names_those_that_are(api, method, path, allowed):
    response = await api.request(method, path)
    if allowed is None:
        assert response.status_code in (404, 405)
        return
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed
    if method != "HEAD":
        said = error(response, 405, "method_not_allowed")
        assert said["message"] == "This address does not take this method"


async def test_what_nobody_expected_is_said_to_us_and_not_to_the_caller(world, capfd):
    """The log names the failure; the answer only where to find it."""
    app = replace(world.app, intake=None)
    async with client_of(build(app), world.key) as client:
        said = error(await client.post(LEADS, json=person(1)), 500, "internal")
    assert said["message"] == "Something went wrong on our side"
    logged = capfd.readouterr().err
    assert said["request_id"] in logged
    assert "http.failed" in logged
    assert "zeb1@" not in logged


async def test_pages_of_other_origins_may_not_call_unless_they_are_named(world, api):
    asked = {"Origin": "https://crm.example.com", "Access-Control-Request-Method": "POST"}
    response = await api.options(LEADS, headers=asked)
    assert "access-control-allow-origin" not in response.headers
    async with under(world, cors_origins=("https://crm.example.com",)) as client:
        response = await client.options(LEADS, headers=asked)
        assert response.headers["access-control-allow-origin"] == "https://crm.example.com"
        assert "POST" in response.headers["access-control-allow-methods"]
        answered = await client.get(LEADS, headers={"Origin": "https://crm.example.com"})
        assert answered.headers["access-control-allow-origin"] == "https://crm.example.com"
        exposed = answered.headers["access-control-expose-headers"].lower()
        assert {"x-request-id", "retry-after", "location"} <= set(exposed.split(", "))
        refused = await client.options(LEADS, headers=asked | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in refused.headers


async def test_what_is_no_request_is_passed_on(world):
    """A websocket is nobody's here: it is closed, not answered."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    scope = {
        "type": "websocket",
        "path": "/nowhere",
        "raw_path": b"/nowhere",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "scheme": "ws",
        "subprotocols": [],
    }
    await world.asgi(scope, receive, send)
    assert sent == ["websocket.close"]
