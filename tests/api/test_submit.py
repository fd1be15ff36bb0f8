"""One lead is sent: what is taken, what is refused, and what the sender is told."""

import asyncio

import asyncpg
import pytest

from tests.api.conftest import error, fields, made
from tests.core.submissions import EXAMPLE, NEEDED
from tests.world import person

LEADS = "/api/v1/leads"


async def test_the_documented_example_is_a_lead(api, world):
    response = await api.post(LEADS, json=EXAMPLE)
    answer = made(response)
    assert answer["status"] == "review"  # nobody has made a rule yet
    assert 0 <= answer["score"] <= 100
    assert answer["reason"].startswith("No rule of 0 matched")
    assert {"code": "phone_unverified", "field": "contact_info.phone"}.items() <= answer[
        "warnings"
    ][0].items()
    assert response.headers["location"] == f"{LEADS}/{answer['id']}"
    assert await world.count() == 1


async def test_a_lead_that_a_rule_matches_is_placed_with_the_answer(api, world):
    await world.destination(assigns_agents=True)
    agent = await world.agent()
    await world.rules("partner/leads")
    answer = made(await api.post(LEADS, json=person(1)))
    placed = ("status", "routing_status", "routing_result", "destination_workspace_id", "agent_id")
    assert [answer[name] for name in placed] == [
        "routed",
        "routed",
        "success",
        str(world.partner.id),
        agent["id"],
    ]


@pytest.mark.parametrize("vertical", NEEDED)
async def test_every_vertical_is_taken_with_what_it_needs(api, vertical):
    answer = made(await api.post(LEADS, json=person(1, vertical=vertical)))
    assert answer["vertical"] == vertical


async def test_names_are_taken_in_snake_case_as_well(api):
    body = {
        "vertical": "auto",
        "contact_info": {"first_name": "Ann", "last_name": "Lee", "email": "ann@lee.example.com"},
        "vertical_data": {"vehicle_year": 2020, "make": "Toyota", "model": "Camry"},
        "external_id": "1",
    }
    lead = made(await api.get(made_at(await api.post(LEADS, json=body))), 200)
    assert lead["contact"]["first_name"] == "Ann"
    assert lead["vertical_data"]["vehicleYear"] == 2020


async def test_what_is_not_known_is_kept_and_warned_of(api):
    body = person(1) | {"utm_campaign": "spring", "consent": {"ip": "198.51.100.7", "given": True}}
    response = await api.post(LEADS, json=body)
    warned = {
        each["field"] for each in made(response)["warnings"] if each["code"] == "unknown_field"
    }
    assert warned == {"utm_campaign", "consent"}
    lead = made(await api.get(made_at(response)), 200)
    assert lead["extra"] == {
        "utm_campaign": "spring",
        "consent": {"ip": "198.51.100.7", "given": True},
    }


async def test_every_problem_of_a_bad_lead_is_said_at_once(api, world):
    body = {
        "vertical": "AUTO",
        "contact_info": {"email": "not an address", "address": {"state": "Atlantis", "zip": "1"}},
        "vertical_data": {"vehicleYear": 1492, "drivers": 10},
        "submitted_at": "yesterday",
    }
    said = error(await api.post(LEADS, json=body), 400, "invalid")
    assert set(fields(said)) == {
        "contact_info.email",
        "contact_info.address.state",
        "contact_info.address.zip",
        "vertical_data.vehicleYear",
        "vertical_data.drivers",
        "vertical_data.make",
        "vertical_data.model",
        "submitted_at",
    }
    assert said["message"] == "The lead has 8 problems"
    year = next(each for each in said["details"] if each["field"] == "vertical_data.vehicleYear")
    assert year["reason"] == "1492 is too small"
    assert year["expected"].startswith("a whole number from 1900 to ")
    assert await world.count() == 0


async def test_a_refusal_repeats_nothing_personal(api):
    contact = {"email": "zebulon at quackenbush", "phone": "12-34", "dateOfBirth": "31 June 1980"}
    response = await api.post(LEADS, json={"vertical": "HEALTH", "contact_info": contact})
    error(response, 400, "invalid")
    assert not [value for value in contact.values() if value in response.text]


async def test_one_who_cannot_be_reached_is_no_lead(api):
    said = error(
        await api.post(
            LEADS, json={"vertical": "HEALTH", "contact_info": {"firstName": "A", "lastName": "B"}}
        ),
        400,
        "invalid",
    )
    assert fields(said) == ["contact_info"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is"),
        (b"{", "truncated"),
        (b"[]", "the body is an array"),
        (b'"x"', "the body is a string"),
        (b"true", "the body is true or false"),
        (b"1", "the body is a number"),
        (b"null", "the body is null"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"vertical": "\xff"}', "not UTF-8"),
        (b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", "nested too deeply"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a": 1e999}', "out of range"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(api, world, body, reason):
    response = await api.post(LEADS, content=body, headers={"Content-Type": "application/json"})
    said = error(response, 400, "invalid")
    assert reason in said["details"][0]["reason"] or body == b""
    assert await world.count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=str,
)
async def test_a_body_of_another_type_is_not_taken(api, headers):
    response = await api.post(LEADS, content=b"{}", headers=headers)
    error(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "application/vnd.x+json"])
async def test_relatives_of_json_are_taken(api, kind):
    response = await api.post(LEADS, content=b"{}", headers={"Content-Type": kind})
    error(response, 400, "invalid")


async def test_a_body_that_is_too_long_is_refused_before_it_is_read(api):
    response = await api.post(LEADS, json={"a": "x" * (5 << 20)})
    error(response, 413, "too_large")


async def test_a_body_without_a_length_is_read_no_further_than_allowed(api):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 1 << 20
            yield b" " * (1 << 20)

    response = await api.post(
        LEADS, content=endless(), headers={"Content-Type": "application/json"}
    )
    error(response, 413, "too_large")
    assert read <= 6 << 20


async def test_the_lead_names_its_source(api):
    made(await api.post("/api/v1/sources", json={"channel": "api", "name": "landing-page"}))
    response = await api.post(LEADS, json=person(1, source="landing-page"))
    lead = made(await api.get(made_at(response)), 200)
    assert (lead["channel"], lead["source"]) == ("api", "landing-page")


@pytest.mark.parametrize("source", ["landing-paeg", 7, ["api"], {"name": "api"}, "\0"])
async def test_a_source_that_is_not_there_is_refused(api, source):
    said = error(await api.post(LEADS, json=person(1, source=source)), 400, "invalid")
    assert fields(said) == ["source"]
    assert said["details"][0]["expected"] == "one of default"


async def test_a_source_that_is_switched_off_takes_no_leads(api):
    source = made(await api.post("/api/v1/sources", json={"channel": "api", "name": "old"}))
    await api.delete(f"/api/v1/sources/{source['id']}")
    said = error(await api.post(LEADS, json=person(1, source="old")), 400, "invalid")
    assert said["message"] == "The source is not active"


async def test_a_person_who_is_with_a_partner_through_another_brand_is_a_duplicate(
    api, operator, world
):
    """Of the lead that holds them only operators are told: it is another workspace's."""
    await world.workspace("other", "standard")
    await world.destination()
    await world.rules("partner/leads")
    await world.rules("partner/leads", of="other")
    first = made(await operator.post(f"{LEADS}?workspace=other", json=person(1)))
    response = await api.post(LEADS, json=person(1))
    answer = made(response)
    assert (answer["status"], answer["routing_result"]) == ("duplicate", "duplicate")
    assert answer["duplicate_of"] is None

    async def holders(client):
        timeline = made(await client.get(f"{made_at(response)}/timeline"), 200)
        return [
            each["data"]["duplicate_of"]
            for each in timeline
            if each["name"] == "lead.duplicate_detected"
        ]

    assert await holders(api) == [None]
    assert await holders(operator) == [first["id"]]


async def test_a_person_who_is_with_a_partner_through_the_same_brand_is_named(api, world):
    await world.destination()
    await world.rules("partner/leads")
    first = made(await api.post(LEADS, json=person(1)))
    await world.execute("DELETE FROM identities")  # as when the duplicate window has passed
    answer = made(await api.post(LEADS, json=person(1)))
    assert (answer["status"], answer["duplicate_of"]) == ("duplicate", first["id"])


async def test_a_lead_that_the_database_refuses_costs_nobody_else_theirs(api, world, database_url):
    owner = await asyncpg.connect(database_url)
    await owner.execute("ALTER TABLE leads ADD CONSTRAINT no_sevens CHECK (external_id <> '7')")
    await owner.close()
    leads = [person(number, external_id=str(number)) for number in range(200)]
    answers = await asyncio.gather(*(api.post(LEADS, json=lead) for lead in leads))
    refused = answers.pop(7)
    said = error(refused, 500, "internal")
    assert "no_sevens" in said["message"]
    assert {each.status_code for each in answers} == {201}
    assert await world.count() == 199


def made_at(response):
    """Give the address of the lead that was made."""
    made(response)
    return response.headers["location"]
