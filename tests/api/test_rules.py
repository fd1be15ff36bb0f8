"""Rules: as a whole or one by one, and what cannot come into force."""

import pytest

from tests.api.conftest import error, fields, made
from tests.world import person

WORKSPACES = "/api/v1/workspaces"


@pytest.fixture
async def target(world):
    return await world.destination()


async def test_rules_are_replaced_as_a_whole_in_json_or_yaml(api, target):
    document = {"default": "stay", "rules": [{"name": "a", "priority": 1, "to": "partner/leads"}]}
    path = f"{WORKSPACES}/brand/rulebook"
    error(await api.get(path), 404, "not_found")
    first = made(await api.put(path, json=document), 200)
    assert first["version"] == 1
    assert first["created_by"].startswith("key:test")
    text = "default: review\nrules:\n- {name: b, priority: 2, to: partner/leads}\n"
    versions = [
        made(await api.put(path, content=text, headers={"Content-Type": kind}), 200)["version"]
        for kind in ("application/yaml", "text/yaml; charset=utf-8")
    ]
    assert versions == [2, 3]
    assert made(await api.get(path), 200)["document"]["default"] == "review"
    assert made(await api.get(f"{path}/versions/1"), 200)["document"]["default"] == "stay"
    page = made(await api.get(f"{path}/versions?limit=2"), 200)
    assert [each["version"] for each in page["items"]] == [3, 2]
    rest = made(await api.get(f"{path}/versions?limit=2&cursor={page['next_cursor']}"), 200)
    assert ([each["version"] for each in rest["items"]], rest["next_cursor"]) == ([1], None)


@pytest.mark.parametrize("version", ["0", "2", "-1", "x", "99999999999999999999", "%00", "1.5"])
async def test_a_version_that_is_not_there_is_not_found(api, world, target, version):
    await world.rules("partner/leads")
    path = f"{WORKSPACES}/brand/rulebook/versions/{version}"
    error(await api.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("{}", "application/json", 400),
        ("{", "application/yaml", 400),
        ("- 1", "application/yaml", 400),
        ("", "application/yaml", 400),
        ("\0", "application/yaml", 400),
        ("a: &x 1\nb: *x", "application/yaml", 400),
        ("default: review\nrules: !!python/object:os.system x", "application/yaml", 400),
        ("default: .nan\nrules: .inf", "application/yaml", 400),
        ("default: 2026-01-01\nrules: !!set {a, b}", "application/yaml", 400),
        ("? [1, 2]\n: 3", "application/yaml", 400),
        ("default: !!binary aGk=\nrules: []", "application/yaml", 400),
        ("[" * 5000, "application/yaml", 400),
        ("default: review\nrules: []\nexclusivity_days: 1e400", "application/yaml", 400),
        ("x", "text/plain", 415),
        ("x", "application/yaml; charset=latin-1", 415),
    ],
)
async def test_rules_that_cannot_be_read_change_nothing(api, world, text, kind, status):
    path = f"{WORKSPACES}/brand/rulebook"
    response = await api.put(path, content=text, headers={"Content-Type": kind})
    error(response, status, "invalid" if status == 400 else "unsupported_media_type")
    assert await world.count("rulebooks") == 0


@pytest.mark.parametrize(
    "rule",
    [
        "{name: a, priority: 1, to: partner/leads, if: {score: {min: .nan}}}",
        "{name: a, priority: 1, to: partner/leads, if: {state: !!timestamp 2026-01-01}}",
        '{name: a, priority: 1, to: partner/leads, if: {state: "\\ud800"}}',
        '{name: "\\0", priority: 1, to: partner/leads}',
        '{name: a, priority: 1, to: partner/leads, when: "lead.score >"}',
        '{name: a, priority: 1, to: partner/leads, when: "lead.city == \\"\\0\\""}',
        "{name: a, priority: 1e30, to: partner/leads}",
        "{name: a, priority: 1, to: [partner/leads]}",
        "{1: 2}",
    ],
)
async def test_a_rule_of_a_document_that_does_not_fit_is_named(api, world, target, rule):
    text = f"default: review\nrules:\n- {rule}\n"
    path = f"{WORKSPACES}/brand/rulebook"
    response = await api.put(path, content=text, headers={"Content-Type": "application/yaml"})
    error(response, 400, "invalid")
    assert await world.count("rulebooks") == 0


async def test_problems_of_one_rule_are_named_as_its_sender_knows_them(api, world, target):
    await world.rules("partner/leads")
    body = {"name": "b", "priority": "high", "to": "nobody/here", "if": {"stat": "CA"}}
    said = error(await api.post("/api/v1/rules", json=body), 400, "invalid")
    assert said["message"] == "The rule does not fit"
    assert set(fields(said)) == {"priority", "to", "if.stat"}


async def test_null_takes_a_member_of_a_rule_away(api, target):
    body = {
        "name": "a", "priority": 1, "to": "partner/leads",
        "if": {"state": "CA"}, "allowMissing": ["state"], "when": "lead.score > 1",
    }  # fmt: skip
    rule = made(await api.post("/api/v1/rules", json=body))
    assert rule["allow_missing"] == ["state"]
    path = f"/api/v1/rules/{rule['id']}"
    changed = made(await api.patch(path, json={"when": None, "allowMissing": None}), 200)
    assert (changed["when"], changed["allow_missing"], changed["if"]) == (None, [], {"state": "CA"})
    said = error(await api.patch(path, json={"to": None}), 400, "invalid")
    assert fields(said) == ["to"]


async def test_a_rule_is_in_force_with_the_answer(api, world, target):
    rule = made(
        await api.post("/api/v1/rules", json={"name": "a", "priority": 1, "to": "partner/leads"})
    )
    assert made(await api.post("/api/v1/leads", json=person(1)))["status"] == "routed"
    assert (await api.delete(f"/api/v1/rules/{rule['id']}")).status_code == 204
    assert made(await api.post("/api/v1/leads", json=person(2)))["status"] == "review"
    assert made(await api.get("/api/v1/rules"), 200) == {"items": [], "next_cursor": None}


async def test_problems_of_yaml_say_their_lines_and_those_of_json_do_not(api, target):
    document = {"default": "stay", "rules": [{"name": "a", "priority": 1, "to": "nobody/here"}]}
    path = f"{WORKSPACES}/brand/rulebook"
    assert fields(error(await api.put(path, json=document), 400, "invalid")) == ["rules[0].to"]
    text = "default: stay\nrules:\n- name: a\n  priority: 1\n  to: nobody/here\n"
    response = await api.put(path, content=text, headers={"Content-Type": "application/yaml"})
    assert fields(error(response, 400, "invalid")) == ["line 5, rules[0].to"]


async def test_rules_are_checked_and_nothing_changes(api, world, target):
    path = f"{WORKSPACES}/brand/rulebook/check"
    rule = {"name": "a", "priority": 1, "to": "partner/leads", "if": {"state": "Cali"}}
    document = {"default": "stay", "rules": [rule]}
    said = made(await api.post(path, json=document), 200)
    assert said["problems"] == []
    assert [(each["code"], each["field"]) for each in said["warnings"]] == [
        ("unknown_value", "rules[0].if.state")
    ]
    text = "default: later\nrules: []\n"
    response = await api.post(path, content=text, headers={"Content-Type": "application/yaml"})
    said = made(response, 200)
    assert said["warnings"] == []
    assert said["problems"] == [
        {
            "field": "line 1, default",
            "reason": '"later" is not a default',
            "expected": "stay or review",
        }
    ]
    error(await api.post(f"{WORKSPACES}/nobody/rulebook/check", json=document), 404, "not_found")
    error(await api.post(path, content="{"), 415, "unsupported_media_type")
    assert await world.count("rulebooks") == 0


async def test_a_rule_is_checked_by_those_in_force(api, target):
    """A rule without an id has the one of its name, so that it is the same rule."""
    rule = {"name": "a", "priority": 1, "to": "partner/leads"}
    path = f"{WORKSPACES}/brand/rulebook"
    made(await api.put(path, json={"default": "stay", "rules": [rule]}), 200)
    document = {"default": "stay", "rules": [rule, {**rule, "name": "b"}]}
    said = made(await api.post(f"{path}/check", json=document), 200)
    assert [each["code"] for each in said["warnings"]] == ["never_reached"]


async def test_a_distance_is_asked_from_the_middle_of_a_zip_that_is_written_down(api, world):
    await world.destination("near")
    await world.destination("far")
    far = {"if": {"position": {"within": {"miles": 9, "of": "94103"}}}, "to": "partner/far"}
    near = {"if": {"position": {"within": {"miles": 9, "of": "12345"}}}, "to": "partner/near"}
    await world.rules(far, near)
    kept = (await api.get("/api/v1/workspaces/brand/rulebook")).json()["document"]["rules"]
    [circle] = kept[1]["if"]["position"]["within"]
    assert circle == {"miles": 9, "of": "12345", "at": [42.8142, -73.9396]}
    nearby = {"address": {"state": "NY", "zip": "12345"}}
    lead = made(await api.post("/api/v1/leads", json=person(1, contact=nearby)))
    assert 'Rule "rule 1" places it with partner/near' in lead["reason"]
    shown = (await api.get(f"/api/v1/leads/{lead['id']}/explain")).json()
    [missed] = [each for each in shown["decisions"][0]["not_matched"] if each["name"] == "rule 0"]
    assert "miles from 94103, not 9 or less" in missed["why"]


async def test_a_filter_may_ask_for_a_distance(world, partner):
    place = {"if": {"position": {"within": {"km": 5, "of": "94103"}}}}
    destination = await world.destination("near", filter=place)
    [circle] = destination["filter"]["if"]["position"]["within"]
    assert circle["at"] == [37.7725, -122.4147]
    place["if"]["position"]["within"]["of"] = "00000"
    response = await partner.patch(
        f"/api/v1/destinations/{destination['id']}", json={"filter": place}
    )
    [problem] = error(response, 400, "invalid")["details"]
    assert problem["field"] == "filter.if.position.within.of"
