"""Unknown fields are kept and named, within limits that are said."""

import pytest

from leadflow.core.reading import MAX_EXTRA_BYTES, MAX_EXTRA_FIELDS, MAX_PROBLEMS
from tests.core.submissions import accepted, problems, read, with_contact, with_data


def test_unknown_fields_are_kept_where_they_came_from_and_named():
    body = with_data("HEALTH", shoeSize=43) | {"utm": {"term": "a\x00b", "tags": [1, None]}}
    body["contact_info"] = {"middleName": "Q", "address": {"county": "Kings"}}
    lead = accepted(body)
    assert lead.extra == {
        "utm": {"term": "ab", "tags": [1, None]},
        "vertical_data.shoeSize": 43,
        "contact_info.middleName": "Q",
        "contact_info.address.county": "Kings",
    }
    assert {(warning.code, warning.field) for warning in lead.warnings} == {
        ("unknown_field", path) for path in lead.extra
    }


def test_an_unknown_field_without_a_value_is_nothing():
    lead = accepted(with_data("HEALTH") | {"gclid": None, "ref": "  "})
    assert lead.extra == {}
    assert lead.warnings == ()


def test_as_many_unknown_fields_are_kept_as_we_say():
    extra = {f"column {number}": number for number in range(MAX_EXTRA_FIELDS)}
    assert accepted(with_data("HEALTH") | extra).extra == extra


def test_one_more_is_too_many():
    extra = {f"column {number}": number for number in range(MAX_EXTRA_FIELDS + 2)}
    (problem,) = problems(with_data("HEALTH") | extra).values()
    assert problem.reason == f"there are {MAX_EXTRA_FIELDS + 2} unknown fields"


def test_a_value_that_is_kept_aside_counts_as_one():
    extra = {f"column {number}": number for number in range(MAX_EXTRA_FIELDS)}
    (problem,) = problems(with_data("B2B", country="Atlantis") | extra).values()
    assert problem.reason == f"there are {MAX_EXTRA_FIELDS + 1} unknown fields"


def test_unknown_fields_are_short_together():
    half = "x" * (MAX_EXTRA_BYTES * 3 // 5)
    assert accepted(with_data("HEALTH") | {"a": half})
    (problem,) = problems(with_data("HEALTH") | {"a": half, "b": half}).values()
    assert problem.reason == "the unknown fields are too long together"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([[[[[[[[[1]]]]]]]]], "is nested too deeply"),
        (2**64, "has a number in it that JSON cannot keep"),
        (float("nan"), "has a number in it that JSON cannot keep"),
        ({"a\x00": 1}, "has a member in it whose name cannot be kept"),
        ("x" * MAX_EXTRA_BYTES, f"is longer than {MAX_EXTRA_BYTES} bytes as JSON"),
    ],
    ids=["deep", "large", "no number", "name with NUL", "long"],
)
def test_an_unknown_field_that_cannot_be_kept_is_a_problem(value, reason):
    assert problems(with_data("HEALTH") | {"utm": value})["utm"].reason == reason


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 101], ids=repr)
def test_a_name_that_cannot_be_kept_is_a_problem(name):
    (problem,) = problems(with_contact(**{name: 1})).values()
    assert problem.reason == "has a name we cannot keep"
    assert len(problem.field) <= len("contact_info.") + 100
    problem.field.encode()


def test_nobody_is_told_more_problems_than_they_can_mend():
    body = with_data("HEALTH") | {f"\x00{number}": 1 for number in range(1000)}
    assert len(read(body).problems) == MAX_PROBLEMS
