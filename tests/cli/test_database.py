"""`leadflow db`."""

import pytest

from leadflow.store import migrate


@pytest.fixture
async def empty(bare, databases, monkeypatch):
    """Run commands over a database that lacks everything."""
    async with databases.fresh(template="template0") as url:
        monkeypatch.setenv("DATABASE_URL", url)
        bare.environment["DATABASE_URL"] = url
        yield bare


async def test_a_database_is_brought_up_to_date(empty):
    said = await empty("db", "migrate")
    assert said.out.splitlines() == [f"applied {each.name}" for each in migrate.available()]
    said = await empty("db", "migrate")
    assert said.out == "nothing to do: the schema is up to date\n"


async def test_the_status_names_what_is_lacking(empty):
    said = await empty("db", "status", "--json")
    assert said.code == 1
    assert said.json["up_to_date"] is False
    assert said.json["lacking"] == [each.name for each in migrate.available()]
    said = await empty("db", "status")
    assert said.out.startswith("server: DATABASE_URL's\nlacking: 0001")


async def test_the_status_is_good_when_nothing_is_lacking(shell):
    said = await shell("db", "status")
    assert (said.code, said.out) == (0, "server: DATABASE_URL's\nschema: up to date\n")
    said = await shell("db", "status", "--json")
    assert said.json == {"embedded": False, "up_to_date": True, "lacking": []}


async def test_work_on_a_database_that_lacks_something_says_what_to_do(empty):
    said = await empty("keys", "list")
    assert (said.code, said.out) == (2, "")
    assert "run `leadflow db migrate`" in said.err


async def test_the_address_is_printed_alone(shell, database_url):
    assert (await shell("db", "url")).out == f"{database_url}\n"


async def test_the_address_of_our_own_server_is_there_while_it_runs(bare):
    said = await bare("db", "url")
    assert (said.code, said.out) == (2, "")
    assert "`leadflow up` starts it" in said.err


async def test_psql_works_as_a_role(shell):
    said = await shell.ran("db", "psql", "--role", "adf_ro", "--", "-Atc", "SELECT current_user")
    assert (said.code, said.out) == (0, "adf_ro\n")


async def test_psql_keeps_the_password_to_itself(shell, database_url):
    said = await shell.ran("db", "psql", "--", "-Atc", "\\! cat /proc/$PPID/cmdline")
    assert "postgresql://" in said.out
    assert database_url not in said.out


async def test_the_exit_code_of_psql_is_ours(shell):
    said = await shell.ran("db", "psql", "--", "-v", "ON_ERROR_STOP=1", "-c", "SELECT nothing")
    assert said.code == 1
    assert 'column "nothing" does not exist' in said.err


@pytest.mark.slow
async def test_our_own_server_is_made_migrated_and_stopped(bare, state):
    said = await bare("db", "migrate")
    assert said.code == 0
    assert said.out.startswith("applied 0001")
    said = await bare("db", "status", "--json")
    assert said.json == {"embedded": True, "up_to_date": True, "lacking": []}
    assert not (state / "postgres" / "postmaster.pid").exists()
