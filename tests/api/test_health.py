"""How we are: for people, load balancers and Prometheus."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from leadflow.api import build
from leadflow.store.database import Database
from tests.api.conftest import ANYWHERE, client_of, error, made, under
from tests.conftest import at
from tests.core.submissions import EXAMPLE

LEADS = "/api/v1/leads"
METRICS = "/metrics"


@pytest.fixture
async def away(world):
    """Call an installation whose database is not there: nobody listens at its address."""
    database = Database("postgresql://nobody@127.0.0.1:9/x", connect_timeout=1)
    await database.open()
    async with client_of(build(replace(world.app, database=database)), world.key) as client:
        yield client
    await database.close()


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
async def test_all_parts_are_named_when_all_is_well(anybody, path):
    answer = made(await anybody.get(path), 200)
    assert answer["status"] == "ok"
    assert answer["parts"].keys() == {"database", "disk"}


async def test_the_process_lives_whatever_else_does_not(away):
    assert made(await away.get("/health/live"), 200)["parts"] == {}


@pytest.mark.parametrize(("path", "status"), [("/health", 500), ("/health/ready", 503)])
async def test_a_database_that_is_away_is_named(away, path, status):
    said = error(await away.get(path), status, "unavailable")
    assert said["message"] == "Failing: database"
    assert [each["field"] for each in said["details"]] == ["database"]


async def test_a_database_that_does_not_let_us_in_is_named(world, database_url):
    database = Database(at(database_url, "nowhere"))
    await database.open()
    async with client_of(build(replace(world.app, database=database)), None) as client:
        said = error(await client.get("/health"), 500, "unavailable")
        assert [each["field"] for each in said["details"]] == ["database"]
        response = await client.get("/health/ready")
        error(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) >= 1
    await database.close()


async def test_a_database_that_says_nothing_is_named_in_time(world):
    async def say_nothing(reader, writer):
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgresql://nobody@127.0.0.1:{port}/x?sslmode=disable")
    await database.open()
    async with client_of(build(replace(world.app, database=database)), None) as client:
        said = error(await client.get("/health/ready"), 503, "unavailable")
    assert said["details"][0] == {
        "field": "database",
        "reason": "no answer in 2 s",
        "expected": "an answer",
    }
    await database.close()
    server.close()
    await server.wait_closed()


async def test_a_disk_that_takes_nothing_is_named(world):
    async with under(world, state=Path("/proc")) as client:  # it has no room at all
        said = error(await client.get("/health"), 500, "unavailable")
    assert said["details"][0]["field"] == "disk"
    assert said["details"][0]["reason"] == "less than 64 MB are free"


async def test_a_folder_that_is_not_there_yet_is_no_failure(world, tmp_path):
    async with under(world, state=tmp_path / "not" / "yet") as client:
        made(await client.get("/health"), 200)
    assert not (tmp_path / "not").exists()


async def test_calls_say_when_to_come_back_while_the_database_is_away(away):
    for method, path in (("GET", LEADS), ("POST", LEADS), ("POST", f"{LEADS}/batch")):
        response = await away.request(method, path, json=EXAMPLE)
        error(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) >= 1


async def test_a_service_that_stops_says_so(world, api):
    made(await api.get(LEADS), 200)
    await world.app.intake.close()
    response = await api.post(LEADS, json=EXAMPLE)
    said = error(response, 503, "unavailable")
    assert said["message"] == "leadflow is stopping"
    assert int(response.headers["retry-after"]) >= 1
    assert await world.count() == 0


async def test_a_load_balancer_may_ask_without_wanting_the_answer(anybody):
    response = await anybody.head("/health/ready")
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 0


async def test_metrics_are_open_to_this_machine(world, api):
    made(await api.post(LEADS, json=EXAMPLE))
    async with client_of(world.asgi, None) as here:
        response = await here.get(METRICS)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert 'route="/api/v1/leads",status="201"' in response.text.replace(" ", "")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_what_a_proxy_forwards_is_not_from_this_machine(world, header):
    async with client_of(world.asgi, None) as proxy:
        error(await proxy.get(METRICS, headers={header: "127.0.0.1"}), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [
        (None, None, 401),
        (None, "Bearer ", 401),
        (None, "Bearer None", 401),
        ("s3cret", None, 401),
        ("s3cret", "Bearer other", 401),
        ("s3cret", "Bearer s3cret", 200),
    ],
)
async def test_metrics_want_a_token_from_elsewhere(world, token, sent, status):
    asgi = build(replace(world.app, settings=replace(world.app.settings, metrics_token=token)))
    async with client_of(asgi, None, address=ANYWHERE) as client:
        response = await client.get(METRICS, headers={"Authorization": sent} if sent else {})
    assert response.status_code == status
    if status == 401:
        error(response, 401, "unauthenticated")
        assert "www-authenticate" in response.headers


@pytest.mark.parametrize("address", [None, ("somewhere", 1)])
async def test_metrics_want_a_token_from_who_knows_where(world, address):
    async with client_of(world.asgi, None, address=address) as client:
        error(await client.get(METRICS), 401, "unauthenticated")


async def test_metrics_are_shown_without_the_database_as_well(away):
    response = await away.get(METRICS)
    assert response.status_code == 200
    assert "# TYPE" in response.text
