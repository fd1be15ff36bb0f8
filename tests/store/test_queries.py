"""SQL in files: found by name, and understood by the database it is written for."""

import pytest

from leadflow.store import queries

STATEMENTS = [(module, name) for module in queries.modules() for name in queries.load(module)]


def test_every_file_has_statements():
    assert {module for module, _ in STATEMENTS} == set(queries.modules())
    assert len(STATEMENTS) > 100


def test_a_statement_carries_its_name_and_its_comments_to_the_server():
    statement = queries.load("claims")["still_ours"]
    assert statement.startswith("-- name: claims.still_ours\n-- A lease may have been taken over")
    assert statement.endswith("FOR UPDATE;")


def test_a_statement_is_read_only_and_read_once():
    assert queries.load("claims") is queries.load("claims")
    with pytest.raises(TypeError):
        queries.load("claims")["load"] = "SELECT 1"  # type: ignore[index]


def test_a_file_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        queries.load("nowhere")


def test_a_name_is_given_once_in_a_file():
    with pytest.raises(KeyError, match=r"claims\.sql names load twice"):
        queries.split("claims", "-- name: load\nSELECT 1;\n-- name: load\nSELECT 2;")


@pytest.mark.parametrize(("module", "name"), STATEMENTS)
async def test_every_statement_prepares_against_the_schema(database, module, name):
    async with database.service() as connection:
        prepared = await connection.prepare(queries.load(module)[name])
        assert all(parameter.name != "unknown" for parameter in prepared.get_parameters())
