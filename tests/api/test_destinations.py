"""Destinations: where leads may be delivered, and their secrets."""

import pytest

from leadflow.core.signature import read_secret
from tests.api.conftest import error, fields, made, under
from tests.world import person

HOURS = {
    "time_zone": "Europe/Berlin",
    "openings": [{"weekday": 0, "opens": "09:00:00", "closes": "17:00:00"}],
}


def open_on(weekday, opens, closes):
    return HOURS | {"openings": [{"weekday": weekday, "opens": opens, "closes": closes}]}


async def test_the_secret_of_a_destination_is_shown_once(api, world):
    body = {"name": "west", "url": "https://leads.example.com/in", "hours": HOURS}
    made_here = made(await api.post("/api/v1/destinations", json=body))
    assert len(read_secret(made_here["secret"])) == 32
    path = f"/api/v1/destinations/{made_here['id']}"
    assert "secret" not in made(await api.get(path), 200)
    assert "secret" not in made(await api.get("/api/v1/destinations"), 200)["items"][0]
    new = made(await api.post(f"{path}/secret"), 200)
    assert new.keys() == {"secret"}
    assert new["secret"] != made_here["secret"]
    assert await world.count("audit_log WHERE action = 'destination.secret_replaced'") == 1
    own = body | {"name": "east", "secret": new["secret"]}
    assert made(await api.post("/api/v1/destinations", json=own))["secret"] == new["secret"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://u:p@example.com/"}, "url"),
        ({"url": "https://example.com/#x"}, "url"),
        ({"url": "https://example.com:x/"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": "http://localhost:8080/"}, "url"),
        ({"url": "http://10.0.0.7/"}, "url"),
        ({"url": "http://[::1]/"}, "url"),
        ({"url": "http://db.internal/"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"name": "a/b"}, "name"),
        ({"kind": "fax"}, "kind"),
        ({"caps": {"day": -1}}, "caps"),
        ({"caps": {"fortnight": 1}}, "caps"),
        ({"spend_caps": {"day": -1}}, "spend_caps"),
        ({"filter": {"if": {"scoer": 1}}}, "filter.if.scoer"),
        ({"filter": {"unless": {}}}, "filter.unless"),
        ({"agent_choice": "dice"}, "agent_choice"),
        ({"weight": 0}, "weight"),
        ({"price_minor": -1}, "price_minor"),
        ({"currency": "usd"}, "currency"),
        ({"secret": "short"}, "secret"),
        ({"secret": "whsec_AAAA"}, "secret"),
        ({"hours": {"time_zone": "x", "openings": []}}, "hours.time_zone"),
        ({"hours": open_on(7, "09:00:00", "17:00:00")}, "hours.openings[0].weekday"),
        ({"hours": open_on(0, "17:00:00", "09:00:00")}, "hours.openings[0].closes"),
        ({"hours": open_on(0, "09:00:00Z", "17:00:00Z")}, "hours.openings[0]"),
        ({"hours": "always"}, "hours"),
    ],
    ids=str,
)  # fmt: skip
async def test_a_destination_that_does_not_fit_is_refused(api, world, change, field):
    body = {"name": "west", "url": "https://leads.example.com/in"} | change
    said = error(await api.post("/api/v1/destinations", json=body), 400, "invalid")
    assert {each.split("[")[0].split(".")[0] for each in fields(said)} == {
        field.split("[")[0].split(".")[0]
    }
    assert any(each.startswith(field) for each in fields(said))
    assert await world.count("destinations") == 0


async def test_private_addresses_are_taken_where_the_installation_allows_them(world):
    async with under(world, allow_private_destinations=True) as client:
        body = {"name": "west", "url": "http://127.0.0.1:9000/in"}
        made(await client.post("/api/v1/destinations", json=body))


async def test_a_destination_that_opens_gets_what_waits_for_it(api, operator, world):
    destination = await world.destination(active=False)
    await world.rules("partner/leads")
    made(await api.post("/api/v1/leads", json=person(1)))
    await operator.patch(f"/api/v1/destinations/{destination['id']}", json={"active": True})
    assert await world.count("lead_routing_queue WHERE next_retry_at <= now()") == 1


async def test_to_say_that_it_is_active_ends_a_pause_that_failures_have_led_to(partner, world):
    made_ = await world.destination()
    id_ = made_["id"]
    assert made_["pause_after_errors"] == 10
    await world.execute(
        "INSERT INTO delivery_health VALUES ($1, 12, now() + interval '10 minutes')", id_
    )
    assert (await partner.patch(f"/api/v1/destinations/{id_}", json={"weight": 2})).is_success
    assert await world.count("delivery_health WHERE paused_until IS NOT NULL") == 1
    response = await partner.patch(f"/api/v1/destinations/{id_}", json={"active": True})
    assert response.is_success
    assert await world.count("delivery_health WHERE failures = 0 AND paused_until IS NULL") == 1
