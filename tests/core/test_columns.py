"""Columns of a table find the fields of a lead by their headings."""

from functools import reduce
from operator import getitem
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.columns import MAX_COLUMNS, paths, put
from leadflow.core.lead import JSON
from leadflow.core.verticals import REGISTRY
from leadflow.errors import InputError

EMAIL = ("contact_info", "email")
ZIP = ("contact_info", "address", "zip")


def problems(header, mapping=None):
    with pytest.raises(InputError, match="columns do not fit") as refused:
        paths(header, mapping or {})
    return [(each.field, each.reason) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("heading", "path"),
    [
        ("email", EMAIL),
        ("E-Mail", EMAIL),
        ("  Email Address ", EMAIL),
        ("emailAddress", EMAIL),
        ("Zip Code", ZIP),
        ("POSTCODE", ZIP),
        ("postal-code", ZIP),
        ("State/Province", ("State/Province",)),  # nobody's name for a state alone
        ("dob", ("contact_info", "dateOfBirth")),
        ("vertical", ("vertical",)),
        ("externalId", ("external_id",)),
        ("Lead ID", ("external_id",)),
        ("vehicle_year", ("vertical_data", "vehicleYear")),
        ("Vehicle Year", ("vertical_data", "vehicleYear")),
        ("budget", ("vertical_data", "budget")),
        ("contact_info.address.zip", ZIP),
        ("vertical_data.anything", ("vertical_data", "anything")),
        ("utm_campaign", ("utm_campaign",)),
        (" Favourite Colour ", ("Favourite Colour",)),
        ("a..b", ("a..b",)),  # no path: a part of it has no name
        (".", (".",)),
        ("", None),
        ("  ", None),
        ("-", None),
    ],
)
def test_a_heading_names_a_field(heading, path):
    assert paths(["phone", heading], {})[1] == path


def test_a_country_is_where_the_person_lives_not_one_of_the_vertical_s_fields():
    assert "country" in {field.name for field in REGISTRY["B2B"].fields}
    assert paths(["country"], {}) == (("contact_info", "address", "country"),)


@pytest.mark.parametrize("vertical", REGISTRY.values(), ids=REGISTRY)
def test_every_field_of_every_vertical_has_a_column(vertical):
    for field in vertical.fields:
        [path] = paths([field.name], {})
        assert path is not None
        assert path[-1] == field.name


def test_a_mapping_renames_columns():
    mapping = {"Prospect ID": "external_id", "Ort": "contact_info.address.city", "Notiz": "-"}
    assert paths(["Prospect ID", "Ort", "Notiz"], mapping) == (
        ("external_id",),
        ("contact_info", "address", "city"),
        None,
    )


def test_a_mapping_s_names_are_read_as_headings_are():
    assert paths(["A"], {"A": "Zip Code"}) == (ZIP,)


def test_a_mapping_wins_over_what_a_heading_says_by_itself():
    assert paths(["email", "login"], {"email": "-", "login": "email"}) == (None, EMAIL)


def test_columns_without_a_place_are_never_in_each_other_s_way():
    assert paths(["", "email", "", "-"], {}) == (None, EMAIL, None, None)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["mail", "e-mail"], [("e-mail", "means the same field as the column mail")]),
        (["email", "email"], [("email", "means the same field as the column email")]),
        (
            ["contact_info.address", "zip"],  # a value cannot also be an object
            [("zip", "means the same field as the column contact_info.address")],
        ),
        (
            ["zip", " contact_info.address "],
            [("contact_info.address", "means the same field as the column zip")],
        ),
        (["4711", "Ann"], [("", "no column of the header is a field of a lead")]),
        ([], [("", "no column of the header is a field of a lead")]),
    ],
)
def test_a_header_that_does_not_fit_is_refused_and_told_why(header, found):
    assert problems(header) == found


def test_a_mapping_of_a_column_that_is_not_there_is_refused():
    assert problems(["email"], {"E-Mail": "email"}) == [
        ("mapping.E-Mail", "is no column of the header")
    ]


def test_everything_that_is_wrong_is_told_at_once():
    assert len(problems(["a", "a", "b", "b"], {"c": "email"})) == 4


def test_a_table_may_be_wide_and_not_endless():
    header = ["email", *(f"column {number}" for number in range(1, MAX_COLUMNS))]
    assert len(paths(header, {})) == MAX_COLUMNS
    assert problems([*header, "one more"]) == [("", f"there are {MAX_COLUMNS + 1} columns")]


def test_a_value_is_put_at_the_end_of_its_path():
    body: dict[str, JSON] = {"contact_info": {"email": "ann@example.com"}}
    put(body, ZIP, "02108")
    put(body, ("vertical",), "AUTO")
    assert body == {
        "contact_info": {"email": "ann@example.com", "address": {"zip": "02108"}},
        "vertical": "AUTO",
    }


names = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map(".".join)


@given(st.lists(names, min_size=1, max_size=6, unique=True))
def test_columns_that_are_taken_never_overwrite_each_other(header):
    try:
        found = paths(["email", *header], {})
    except InputError:
        return  # two of them clash, as the table above has it
    placed = [path for path in found if path is not None]
    body: dict[str, Any] = {}
    for number, path in enumerate(placed):
        put(body, path, number)
    assert [reduce(getitem, path, body) for path in placed] == [*range(len(placed))]
