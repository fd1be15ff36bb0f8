"""Configuration's bodies: what is read, and what is said about what cannot be."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from leadflow.core.body import read_fields
from leadflow.core.lead import JSON
from leadflow.errors import InputError, Problem


class Opening(Struct, frozen=True):
    day: int


class Shop(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, description="a name")]
    open_days: tuple[Opening, ...] = ()
    size: Annotated[int, Meta(ge=1)] | None = None
    active: bool = True


def problems(body, **options):
    with pytest.raises(InputError) as caught:
        read_fields(Shop, body, **options)
    return caught.value.problems


@pytest.mark.parametrize("name", ["open_days", "openDays"])
def test_names_are_taken_in_both_spellings(name):
    body: dict[str, JSON] = {"name": "a", name: [{"day": 1}]}
    assert read_fields(Shop, body) == Shop(name="a", open_days=(Opening(1),))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, Problem("name", "is missing", "a name")),
        ({"name": ""}, Problem("name", "Expected `str` of length >= 1", "a name")),
        ({"name": "a", "colour": 1}, Problem("colour", "is not known here", "one of name, open_")),
        ({"name": "a", "size": "x"}, Problem("size", "Expected `int | null`", "a value of type")),
        ({"name": "a", "active": 2}, Problem("active", "Expected `bool`", "a value of type bool")),
        ({"name": "a\x00"}, Problem("name", "has a control character in it", "printable text")),
        (
            {"name": "a", "openDays": [{"day": "x"}]},
            Problem("openDays[0].day", "Expected `int`, got `str`", "a value of type array"),
        ),
        (
            {"name": "a", "openDays": [], "open_days": []},
            Problem("open_days", "is sent twice, as openDays too", "each field once"),
        ),
    ],
)
def test_a_problem_says_where_what_and_what_instead(body, problem):
    [found] = problems(body)
    assert found.field == problem.field
    assert found.reason.startswith(problem.reason)
    assert found.expected.startswith(problem.expected)


def test_every_problem_is_said_at_once():
    body = {"size": 0, "active": None, "colour": "red\x07"}
    assert [each.field for each in problems(body)] == ["colour", "colour", "name", "size", "active"]


def test_control_characters_are_found_at_any_depth():
    assert "name" in {each.field for each in problems({"name": [{"a\x1f": ["b"]}, 1]})}


def test_a_change_keeps_what_it_leaves_out():
    present = Shop(name="a", open_days=(Opening(3),), size=2)
    changed = Shop(name="b", open_days=(Opening(3),), size=2)
    assert read_fields(Shop, {"name": "b"}, present=present) == changed


def test_what_somebody_else_reads_is_passed_over():
    assert read_fields(Shop, {"name": "a", "workspace": "w"}, ignore=frozenset(["workspace"]))


def test_the_cells_of_a_table_may_be_text():
    body = {"name": "a", "size": "7", "active": "false"}
    assert read_fields(Shop, body, texts=True) == Shop(name="a", size=7, active=False)
    assert [each.field for each in problems(body)] == ["size", "active"]


def test_what_types_cannot_tell_is_said_with_all_else():
    def check(read):
        if read.get("name") == "a":
            yield Problem("name", "is taken", "another one")

    found = problems({"name": "a", "size": 0}, check=check)
    assert [each.field for each in found] == ["size", "name"]
    assert read_fields(Shop, {"name": "b"}, check=check) == Shop(name="b")
