"""`leadflow check-env`."""

import pytest

from leadflow.settings import VARIABLES
from leadflow.store.seal import read_keys


@pytest.fixture
def variables(monkeypatch):
    def set_all(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all


def found(said, name):
    [finding] = [each for each in said.json["variables"] if each["name"] == name]
    return finding


async def test_every_variable_is_audited_and_a_good_set_is_usable(shell):
    said = await shell("check-env", "--json")
    assert said.code == 0
    assert [each["name"] for each in said.json["variables"]] == [each.name for each in VARIABLES]
    assert said.json["usable"]
    assert said.json["database"] == {
        "server": "DATABASE_URL", "state": "up to date", "problem": None,
    }  # fmt: skip


async def test_secrets_are_masked(shell, database_url):
    for words in (["check-env"], ["check-env", "--json"]):
        said = await shell(*words)
        assert database_url not in said.out + said.err
        assert shell.environment["ENCRYPTION_KEY"] not in said.out + said.err
        assert "********" in said.out


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PORT", "0", "wants a whole number from 1 to 65535"),
        ("RETRY_DELAY", "soon", "wants a whole number from 1 to 86400"),
        ("LOG_LEVEL", "loud", "wants debug, info, warning or error"),
        ("LEADFLOW_PRIVATE_DESTINATIONS", "perhaps", "wants true or false"),
        ("LEADFLOW_CORS_ORIGINS", "crm", "wants origins such as https://crm.example.com"),
        ("ENCRYPTION_KEY", "short", "is not 32 bytes in base64"),
    ],
)
async def test_what_is_bad_is_named_with_what_it_should_be(shell, variables, name, value, problem):
    variables(**{name: value})
    said = await shell("check-env", "--json")
    assert said.code == 2
    assert not said.json["usable"]
    assert found(said, name)["state"] == "bad"
    assert problem in found(said, name)["problem"]
    assert f"{name}: " in (await shell("check-env")).err


async def test_values_are_shown_as_a_variable_holds_them(shell, variables):
    variables(LEADFLOW_PRIVATE_DESTINATIONS="yes", LEADFLOW_CORS_ORIGINS="https://a.example")
    said = await shell("check-env", "--json")
    shown = {each["name"]: each["value"] for each in said.json["variables"]}
    assert shown["LEADFLOW_PRIVATE_DESTINATIONS"] == "true"
    assert shown["LEADFLOW_CORS_ORIGINS"] == "https://a.example"
    assert (shown["RETRY_DELAY"], shown["LEADFLOW_LEAD_LIFETIME"]) == ("60", "90")


async def test_a_missing_key_is_missed_unless_the_state_folder_has_one(shell, state, variables):
    variables(ENCRYPTION_KEY="")
    said = await shell("check-env", "--json")
    assert (said.code, found(said, "ENCRYPTION_KEY")["state"]) == (2, "missing")
    (state / "encryption.key").write_text("A" * 43 + "=")
    said = await shell("check-env", "--json")
    assert (said.code, found(said, "ENCRYPTION_KEY")["state"]) == (0, "default")


async def test_a_new_key_is_one_that_can_be_used(bare):
    said = await bare("check-env", "--new-key")
    assert [len(key) for key in read_keys(said.out.strip())] == [32]


@pytest.mark.parametrize(
    ("url", "state"),
    [("postgresql://127.0.0.1:1/x", "unusable"), (None, "not made yet")],
)
async def test_the_database_is_tried(bare, variables, url, state):
    variables(DATABASE_URL=url or "")
    said = await bare("check-env", "--json")
    assert said.json["database"]["state"] == state
    assert said.code == (2 if state == "unusable" else 0)


async def test_a_database_that_lacks_migrations_has_to_be_migrated(bare, databases, variables):
    async with databases.fresh(template="template0") as url:
        variables(DATABASE_URL=url)
        said = await bare("check-env")
    assert said.code == 2
    assert "database: DATABASE_URL, lacks migrations" in said.out
    assert "`leadflow db migrate` applies them" in said.err


async def test_names_of_other_systems_are_said_not_to_be_read(shell, variables):
    variables(REDIS_URL="redis://127.0.0.1")
    assert (
        "REDIS_URL is set, and this release does not read it yet" in (await shell("check-env")).err
    )
