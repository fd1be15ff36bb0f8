"""`leadflow keys`."""

import pytest

from leadflow.store import clients


async def test_a_key_is_the_only_thing_on_stdout(shell, world):
    said = await shell("keys", "create", "crm")
    assert said.code == 0
    assert said.out.startswith("lf_")
    assert len(said.out.split()) == 1
    assert "not shown again" in said.err
    stored = await world.one("SELECT * FROM api_clients")
    assert stored["name"] == "crm"
    assert stored["digest"] == clients.digest_of(said.out.strip())


async def test_a_key_may_do_what_it_was_made_for(shell, world):
    said = await shell(
        *("keys", "create", "crm", "--workspace", "brand", "--scope", "route", "--scope", "admin"),
        *("--no-limit", "--days", "2", "--json"),
    )
    made = said.json
    assert made["key"].startswith(made["prefix"])
    assert (made["workspace"], made["scopes"]) == ("brand", ["admin", "route"])
    assert (made["rate_limit"], made["state"]) == (0, "valid")
    stored = await world.one("SELECT * FROM api_clients")
    assert stored["workspace_id"] == world.ids["brand"]
    assert (stored["expires_at"] - stored["created_at"]).days == 2


async def test_all_keys_are_listed_without_what_opens_anything(shell, world):
    key = (await shell("keys", "create", "crm", "--workspace", "brand")).out.strip()
    await shell("keys", "create", "ops", "--scope", "admin")
    [crm, ops] = (await shell("keys", "list", "--json")).json
    assert (crm["name"], crm["workspace"], crm["state"]) == ("crm", "brand", "valid")
    assert (ops["name"], ops["workspace"], ops["scopes"]) == ("ops", None, ["admin"])
    table = (await shell("keys", "list")).out
    assert "leads:read leads:write" in table
    assert key not in table


@pytest.mark.parametrize("by", ["id", "prefix", "key"])
async def test_a_key_is_revoked_by_whatever_names_it(shell, world, by):
    made = (await shell("keys", "create", "crm", "--json")).json
    said = await shell("keys", "revoke", made[by])
    assert said.out == f"revoked crm ({made['prefix']}...)\n"
    assert (await shell("keys", "list", "--json")).json[0]["state"] == "revoked"
    actions = await world.fetch("SELECT action, actor FROM audit_log ORDER BY id")
    assert [tuple(each.values()) for each in actions] == [
        ("key.created", "cli"),
        ("key.revoked", "cli"),
    ]


async def test_a_key_that_is_not_there_is_not_repeated(shell, world):
    said = await shell("keys", "revoke", "lf_a-secret-of-somebody-else")
    assert said.code == 1
    assert "there is no such key" in said.err
    assert "secret" not in said.err


async def test_an_expired_key_says_so(shell, world):
    await shell("keys", "create", "crm", "--days", "1")
    await world.execute("UPDATE api_clients SET expires_at = now() - interval '1 day'")
    assert (await shell("keys", "list", "--json")).json[0]["state"] == "expired"


async def test_a_workspace_that_is_not_there_makes_no_key(shell, world):
    said = await shell("keys", "create", "crm", "--workspace", "nobody")
    assert (said.code, said.out) == (1, "")
    assert "there is no workspace nobody" in said.err
    assert await world.count("api_clients") == 0
