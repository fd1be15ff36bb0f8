"""Workspaces: the tenants, which operators set up."""

import pytest

from tests.api.conftest import error, fields, made
from tests.world import person

WORKSPACES = "/api/v1/workspaces"


async def test_a_workspace_is_made_with_a_source_for_each_channel(operator):
    body = {"slug": "new-brand", "name": "New", "time_zone": "Europe/Berlin"}
    response = await operator.post(WORKSPACES, json=body)
    workspace = made(response)
    assert response.headers["location"] == f"{WORKSPACES}/new-brand"
    assert (workspace["kind"], workspace["duplicate_window"]) == ("standard", "P90D")
    listed = made(await operator.get("/api/v1/sources?workspace=new-brand"), 200)["items"]
    assert {each["channel"] for each in listed} == {
        "api", "batch", "webhook", "email_adf", "scrape", "manual",
    }  # fmt: skip
    made(await operator.post("/api/v1/leads?workspace=new-brand", json=person(1)))


async def test_a_slug_is_given_once(operator):
    body = {"slug": "brand", "name": "Again"}
    error(await operator.post(WORKSPACES, json=body), 409, "conflict")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "Capital"}, "slug"),
        ({"slug": "x" * 64}, "slug"),
        ({"slug": "-"}, "slug"),
        ({"kind": "shop"}, "kind"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"duplicate_window": "P0D"}, "duplicate_window"),
        ({"duplicate_window": "P4000D"}, "duplicate_window"),
        ({"duplicate_window": "ninety"}, "duplicate_window"),
        ({"active": "yes"}, "active"),
        ({"timeZone": "UTC", "time_zone": "UTC"}, "time_zone"),
    ],
)
async def test_a_workspace_that_does_not_fit_is_refused(operator, change, field):
    body = {"slug": "new", "name": "New"} | change
    assert fields(error(await operator.post(WORKSPACES, json=body), 400, "invalid")) == [field]


async def test_a_workspace_changes_its_own_terms_and_operators_switch_it(api, operator):
    changed = made(await api.patch(f"{WORKSPACES}/brand", json={"duplicateWindow": "P30D"}), 200)
    assert changed["duplicate_window"] == "P30D"
    assert made(await api.get(f"{WORKSPACES}/brand"), 200) == changed
    error(await api.patch(f"{WORKSPACES}/brand", json={"active": False}), 403, "forbidden")
    made(await operator.patch(f"{WORKSPACES}/brand", json={"active": False}), 200)


async def test_only_operators_make_and_remove_workspaces(api):
    body = {"slug": "new", "name": "New"}
    error(await api.post(WORKSPACES, json=body), 403, "forbidden")
    error(await api.delete(f"{WORKSPACES}/brand"), 403, "forbidden")


async def test_a_workspace_sees_itself_and_no_other(api, operator):
    listed = made(await api.get(WORKSPACES), 200)["items"]
    assert [each["slug"] for each in listed] == ["brand"]
    everybody = made(await operator.get(WORKSPACES), 200)["items"]
    assert [each["slug"] for each in everybody] == ["brand", "partner"]
    for path in ("partner", "nobody", "No.Slug", "%00", "partner/rulebook"):
        said = error(await api.get(f"{WORKSPACES}/{path}"), 404, "not_found")
        assert said["message"] == "Workspace not found"
    error(await operator.patch(f"{WORKSPACES}/nobody", json={}), 404, "not_found")
