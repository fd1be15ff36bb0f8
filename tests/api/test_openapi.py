"""The OpenAPI document is right about the code, and its examples work."""

import json
import re

import jsonschema
import pytest
from litestar.routes import HTTPRoute

from leadflow.api.errors import STATUS
from leadflow.api.openapi import document
from leadflow.api.reading import fields as fields_of
from leadflow.api.reading import operations, type_text
from tests.api.conftest import made

DOCUMENT = json.loads(json.dumps(document()))
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (path, method, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
each_operation = pytest.mark.parametrize(
    ("path", "method", "operation"),
    OPERATIONS,
    ids=[operation["operationId"] for _, _, operation in OPERATIONS],
)


def validator(schema):
    """Validate against a schema that may refer to the document's."""
    return jsonschema.Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def references(value):
    """Give every `$ref` in the document."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def examples(operation):
    """Give the examples of a body: its media type, its schema and a value."""
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        for example in media.get("examples", {}).values():
            yield kind, media["schema"], example["value"]
        if "example" in media:
            yield kind, media["schema"], media["example"]


async def test_it_is_served_as_it_is_made(anybody):
    response = await anybody.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    assert made(response, 200) == DOCUMENT


def test_it_has_the_structure_of_an_openapi_document():
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT.keys() >= {"info", "paths", "components"}
    assert DOCUMENT["info"].keys() >= {"title", "version"}
    assert set(DOCUMENT["info"]["license"]) == {"name", "identifier"}
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    assert {tag for _, _, operation in OPERATIONS for tag in operation["tags"]} == tags


def test_every_reference_leads_somewhere_and_every_schema_is_referred_to():
    found = {each.removeprefix("#/components/schemas/") for each in references(DOCUMENT)}
    assert found == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


@each_operation
def test_every_operation_says_what_it_takes_and_answers(path, method, operation):
    assert operation["summary"]
    assert not operation["summary"].endswith(".")
    assert any(status.startswith("2") for status in operation["responses"])
    named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
    assert named == set(re.findall(r"\{(\w+)\}", path))
    assert all(each["required"] for each in operation["parameters"] if each["in"] == "path")
    bare = path.endswith(("/secret", "/reopen"))
    assert ("requestBody" in operation) == (
        method in ("put", "patch") or (method == "post" and not bare)
    )
    for each in operation["parameters"]:
        jsonschema.Draft202012Validator.check_schema(each["schema"])
    for status, response in operation["responses"].items():
        assert response["description"]
        assert "X-Request-Id" in response["headers"]
        if int(status) in (429, 503):
            assert "Retry-After" in response["headers"]
        assert ("content" in response) == (status != "204")


@each_operation
def test_every_error_has_the_one_shape(path, method, operation):
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            assert int(status) in STATUS.values()
            schema = response["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}


@each_operation
def test_every_example_fits_its_schema(path, method, operation):
    for kind, schema, value in examples(operation):
        jsonschema.Draft202012Validator.check_schema(schema)
        validator(schema).validate(value)
        assert kind != "application/json" or value


def test_what_is_served_is_documented_and_the_other_way_round(world):
    served = {
        (re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path_format or route.path), method.lower())
        for route in world.asgi.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
    }
    documented = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}
    pages = {("/docs", "get"), ("/docs/style.css", "get"), ("/openapi.json", "get")}
    assert {each for each in served if each[1] != "options"} == documented | pages


async def test_options_names_every_method_of_an_address(anybody):
    for path, item in DOCUMENT["paths"].items():
        response = await anybody.options(re.sub(r"\{\w+\}", "x", path))
        assert response.status_code == 204
        allowed = {"OPTIONS", *(method.upper() for method in item)}
        assert set(response.headers["allow"].split(", ")) == (
            allowed | {"HEAD"} if "GET" in allowed else allowed
        )


@pytest.fixture
async def shop(world):
    """Have what the examples refer to."""
    await world.destination("auto-west")
    await world.rules("partner/auto-west")
    return world


def sent(operation_id):
    [found] = [each for _, _, each in OPERATIONS if each["operationId"] == operation_id]
    return list(examples(found))


@pytest.mark.parametrize("operation_id", ["create_lead", "create_and_route"])
async def test_the_examples_of_a_lead_are_taken(api, shop, operation_id):
    path = {"create_lead": "/api/v1/leads", "create_and_route": "/api/leads/route"}[operation_id]
    for _, _, value in sent(operation_id):
        made(await api.post(path, json=value))


async def test_the_examples_of_a_batch_are_taken(api, shop):
    for kind, _, value in sent("send_batch"):
        body = value if isinstance(value, str) else json.dumps(value)
        response = await api.post(
            "/api/v1/leads/batch", content=body, headers={"Content-Type": kind}
        )
        assert response.status_code == 200, response.text
        assert "rejected" not in {
            json.loads(line).get("status") for line in response.text.splitlines()
        }
        await shop.execute("DELETE FROM identities")
        await shop.execute("DELETE FROM submission_keys")


@pytest.mark.parametrize(
    ("operation_id", "path"),
    [
        ("create_workspace", "/api/v1/workspaces"),
        ("create_source", "/api/v1/sources?workspace=brand"),
        ("create_rule", "/api/v1/rules?workspace=brand"),
        ("create_destination", "/api/v1/destinations?workspace=brand"),
        ("create_agent", "/api/v1/agents?workspace=brand"),
        ("create_key", "/api/v1/keys?workspace=brand"),
    ],
)
async def test_the_examples_of_what_is_set_up_are_taken(operator, shop, operation_id, path):
    for _, _, value in sent(operation_id):
        if operation_id == "create_workspace":
            value = {**value, "slug": "another"}  # noqa: PLW2901  # one `partner` is there already
        response = await operator.post(path, json=value)
        answer = made(response)
        schema = DOCUMENT["paths"][path.partition("?")[0]]["post"]["responses"]["201"]
        validator(schema["content"]["application/json"]["schema"]).validate(answer)


async def test_the_examples_of_a_rulebook_are_taken(operator, shop):
    for kind, _, value in sent("put_rulebook"):
        response = await operator.put(
            "/api/v1/workspaces/brand/rulebook",
            content=json.dumps(value),  # which is YAML as well
            headers={"Content-Type": kind},
        )
        made(response, 200)


def test_types_are_said_in_words():
    assert type_text({"$ref": "#/components/schemas/Agent"}) == "Agent"
    assert type_text({"type": "array", "items": {"type": "string"}}) == "array of string"
    assert type_text({"anyOf": [{"type": "string"}, {"type": "null"}]}) == "string or null"
    assert type_text({"enum": ["a", "b"]}) == "a | b"
    assert type_text({"type": ["integer", "string"]}) == "integer or string"
    assert type_text({"type": "string", "format": "uuid"}) == "uuid"
    assert type_text({}) == "anything"


def test_every_subject_and_member_is_said_on_the_page():
    assert [tag for tag, _ in operations(DOCUMENT)] == [tag["name"] for tag in DOCUMENT["tags"]]
    [name] = [each for each in fields_of(SCHEMAS["Agent"]) if each.name == "name"]
    assert (name.type, name.required) == ("string", True)
