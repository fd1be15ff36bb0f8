"""What all things that are set up have in common: made, read, listed, changed, switched off."""

from typing import Any

import pytest
from msgspec import Struct

from tests.api.conftest import error, fields, made

RULE = {"name": "all", "priority": 1, "to": "partner/leads"}


class Kind(Struct, frozen=True):
    """One kind of thing: its address, a body that makes one, and a change of it."""

    path: str
    body: dict[str, Any]
    change: dict[str, Any]
    noun: str
    removed: str = "active"  # the member that is false once it was removed; "": it is gone


KINDS = [
    Kind("sources", {"channel": "api", "name": "fair"}, {"reliability": 0.9}, "Source"),
    Kind(
        "destinations",
        {"name": "west", "url": "https://leads.example.com/in"},
        {"caps": {"day": 3}},
        "Destination",
    ),
    Kind("agents", {"name": "Ada"}, {"capacity": 3, "licensed_states": ["CA"]}, "Agent"),
    Kind("keys", {"name": "site", "scopes": ["leads:write"]}, {"name": "other"}, "Key", ""),
    Kind("rules", RULE, {"enabled": False, "if": {"state": ["CA", "NV"]}}, "Rule", ""),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path)


@pytest.fixture(autouse=True)
async def target(world):
    """Have what rules lead to."""
    return await world.destination()


async def add(client, kind, **changes):
    response = await client.post(f"/api/v1/{kind.path}", json=kind.body | changes)
    return made(response), response.headers["location"]


@each_kind
async def test_a_thing_is_made_and_read_again(api, world, kind):
    thing, place = await add(api, kind)
    assert place == f"/api/v1/{kind.path}/{thing['id']}"
    assert kind.body.items() <= thing.items()
    seen = made(await api.get(place), 200)
    assert seen == {name: value for name, value in thing.items() if name not in ("key", "secret")}
    if "workspace_id" in seen:
        assert seen["workspace_id"] == str(world.brand.id)


@each_kind
async def test_what_a_change_leaves_out_stays(api, kind):
    thing, place = await add(api, kind)
    changed = made(await api.patch(place, json=kind.change), 200)
    assert kind.change.items() <= changed.items()
    before = {name: value for name, value in thing.items() if name in changed}
    moved = kind.change.keys() | {"updated_at"}
    assert {name: value for name, value in changed.items() if name not in moved} == {
        name: value for name, value in before.items() if name not in moved
    }
    assert made(await api.get(place), 200) == changed
    assert made(await api.patch(place, json={}), 200).items() >= kind.change.items()


@each_kind
async def test_a_thing_that_was_removed_is_switched_off_or_gone(api, kind):
    _, place = await add(api, kind)
    response = await api.delete(place)
    assert (response.status_code, response.content) == (204, b"")
    if kind.path == "rules":
        error(await api.get(place), 404, "not_found")
        error(await api.delete(place), 404, "not_found")
        return
    seen = made(await api.get(place), 200)
    assert seen["revoked_at"] if kind.path == "keys" else seen["active"] is False
    assert (await api.delete(place)).status_code == 204


@each_kind
async def test_a_thing_of_another_workspace_is_not_there(api, partner, kind):
    _, place = await add(api, kind)
    for response in (
        await partner.get(place),
        await partner.patch(place, json=kind.change),
        await partner.delete(place),
    ):
        assert error(response, 404, "not_found")["message"] == f"{kind.noun} not found"
    assert made(await api.get(place), 200).get("active") is not False


@each_kind
@pytest.mark.parametrize("thing_id", ["17", "0198a5c27d1e", "é", "%00", "a b"])
async def test_what_is_no_id_names_nothing(api, kind, thing_id):
    place = f"/api/v1/{kind.path}/{thing_id}"
    for response in (
        await api.get(place),
        await api.patch(place, json=kind.change),
        await api.delete(place),
    ):
        assert error(response, 404, "not_found")["message"] == f"{kind.noun} not found"


@each_kind
async def test_an_unknown_member_is_refused_and_named(api, kind):
    response = await api.post(f"/api/v1/{kind.path}", json=kind.body | {"colour": "red"})
    assert fields(error(response, 400, "invalid")) == ["colour"]
    _, place = await add(api, kind)
    response = await api.patch(place, json={"colour": "red"})
    assert fields(error(response, 400, "invalid")) == ["colour"]


@each_kind
async def test_what_is_missing_is_named_all_at_once(api, kind):
    needed = {
        "sources": {"channel", "name"},
        "destinations": {"name", "url"},
        "agents": {"name"},
        "keys": {"name", "scopes"},
        "rules": {"name", "priority", "to"},
    }
    said = error(await api.post(f"/api/v1/{kind.path}", json={}), 400, "invalid")
    assert set(fields(said)) == needed[kind.path]
    assert all(each["reason"] == "is missing" for each in said["details"])


@each_kind
async def test_a_body_must_be_an_object_in_json(api, kind):
    for body, status, code in (
        (b"[]", 400, "invalid"),
        (b"{", 400, "invalid"),
        (b"{}" * 3_000_000, 413, "too_large"),
    ):
        headers = {"Content-Type": "application/json"}
        response = await api.post(f"/api/v1/{kind.path}", content=body, headers=headers)
        error(response, status, code)
    response = await api.post(f"/api/v1/{kind.path}", content=b"x")
    error(response, 415, "unsupported_media_type")


@each_kind
async def test_control_characters_are_not_taken(api, kind):
    name = next(name for name, value in kind.body.items() if isinstance(value, str))
    response = await api.post(f"/api/v1/{kind.path}", json=kind.body | {name: "a\0b"})
    error(response, 400, "invalid")


@each_kind
async def test_a_key_without_the_scope_sees_and_changes_nothing(world, api, kind):
    _, place = await add(api, kind)
    async with world.holder(scopes=["leads:write", "leads:read", "route"]) as client:
        for response in (
            await client.get(f"/api/v1/{kind.path}"),
            await client.post(f"/api/v1/{kind.path}", json=kind.body),
            await client.get(place),
            await client.patch(place, json=kind.change),
            await client.delete(place),
        ):
            said = error(response, 403, "forbidden")
            assert said["message"] == "This key lacks the scope admin"


@each_kind
async def test_the_workspace_is_named_in_the_query_the_header_or_the_body(operator, kind):
    path = f"/api/v1/{kind.path}"
    if kind.path == "keys":  # without a workspace it is as good as the operator's own
        made(await operator.post(path, json=kind.body))
    else:
        said = error(await operator.post(path, json=kind.body), 400, "invalid")
        assert fields(said) == ["workspace"]
    made(await operator.post(f"{path}?workspace=brand", json=kind.body))
    other = kind.body | {"name": "second"}
    made(await operator.post(path, json=other, headers={"X-Workspace": "brand"}))
    third = kind.body | {"name": "third", "workspace": "brand"}
    made(await operator.post(path, json=third))
    listed = made(await operator.get(f"{path}?workspace=brand"), 200)["items"]
    assert {"second", "third"} <= {each["name"] for each in listed}


@each_kind
@pytest.mark.parametrize("workspace", ["nobody", 7, ["brand"], "partner"])
async def test_a_workspace_that_is_none_or_another_one_is_refused(operator, kind, workspace):
    body = kind.body | {"workspace": workspace}
    response = await operator.post(f"/api/v1/{kind.path}?workspace=brand", json=body)
    assert fields(error(response, 400, "invalid")) == ["workspace"]


@each_kind
async def test_a_key_may_name_its_own_workspace_and_no_other(api, kind):
    path = f"/api/v1/{kind.path}"
    made(await api.post(f"{path}?workspace=brand", json=kind.body))
    error(await api.post(f"{path}?workspace=partner", json=kind.body), 403, "forbidden")
    error(await api.get(f"{path}?workspace=partner"), 403, "forbidden")
    body = kind.body | {"workspace": "partner"}
    error(await api.post(path, json=body), 403, "forbidden")


@pytest.mark.parametrize("kind", KINDS[:4], ids=lambda kind: kind.path)
async def test_lists_come_page_by_page(api, kind):
    names = [(await add(api, kind, name=f"name {n}"))[0]["name"] for n in range(3)]
    seen, query = [], {"limit": 2}
    while True:
        page = made(await api.get(f"/api/v1/{kind.path}", params=query), 200)
        seen += [each["name"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert [name for name in seen if name.startswith("name ")] == names
    error(await api.get(f"/api/v1/{kind.path}?cursor=x"), 400, "invalid")


@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: kind.path)
async def test_a_name_is_given_once(api, kind):
    await add(api, kind)
    error(await api.post(f"/api/v1/{kind.path}", json=kind.body), 409, "conflict")


@each_kind
async def test_every_change_is_in_the_audit_log(api, world, kind):
    _, place = await add(api, kind)
    await api.patch(place, json=kind.change)
    await api.delete(place)
    action = "rulebook.replaced" if kind.path == "rules" else f"{kind.noun.lower()}.%"
    assert (
        await world.count(
            f"audit_log WHERE action LIKE '{action}' AND actor LIKE 'key:test %' "
            f"AND workspace_id = '{world.brand.id}'"
        )
        == 3
    )
