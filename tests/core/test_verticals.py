"""The verticals are data, and one more is one more entry."""

from datetime import UTC, datetime

import pytest

from leadflow.core import fields
from leadflow.core.verticals import COMMON, REGISTRY, Field, define, find, snake_case
from tests.core.submissions import accepted, problems

EIGHT = ["AUTO", "HOME", "HEALTH", "LIFE", "RENTERS", "COMMERCIAL", "VEHICLE_SALE", "B2B"]
EVERY_FIELD = {
    f"{vertical.name}.{field.name}": field
    for vertical in REGISTRY.values()
    for field in vertical.fields
}
FRAME = fields.Frame(datetime(2026, 3, 4, tzinfo=UTC))


def test_there_are_eight():
    assert list(REGISTRY) == EIGHT


@pytest.mark.parametrize(
    ("vertical", "required"),
    [
        ("AUTO", ["vehicleYear", "make", "model"]),
        ("HOME", ["propertyType"]),
        ("HEALTH", []),
        ("LIFE", ["coverageAmount"]),
        ("RENTERS", ["propertyType"]),
        ("COMMERCIAL", ["businessName", "businessType"]),
        ("VEHICLE_SALE", []),
        ("B2B", ["company"]),
    ],
)
def test_each_asks_for_as_little_as_it_can(vertical, required):
    assert [field.name for field in REGISTRY[vertical].required] == required


@pytest.mark.parametrize("name", ["vehicle_sale", "Vehicle Sale", " VEHICLE-SALE ", "VEHICLE_SALE"])
def test_a_vertical_is_found_in_any_case(name):
    assert find(name) is REGISTRY["VEHICLE_SALE"]


def test_what_is_no_vertical_is_not_found():
    assert find("boats") is None


@pytest.mark.parametrize("vertical", EIGHT)
def test_every_vertical_has_the_common_fields(vertical):
    assert set(COMMON) <= set(REGISTRY[vertical].fields)


@pytest.mark.parametrize("vertical", EIGHT)
def test_no_vertical_has_a_field_twice(vertical):
    names = [field.name for field in REGISTRY[vertical].fields]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("vertical", "private"),
    [
        ("AUTO", {"vin"}),
        ("HOME", set()),
        ("HEALTH", {"medications", "preExistingConditions"}),
        ("LIFE", {"medicalConditions", "beneficiaries"}),
        ("VEHICLE_SALE", {"vin", "tradeIn", "comments"}),
        ("B2B", {"need"}),
    ],
)
def test_what_is_nobody_elses_business_is_private(vertical, private):
    assert REGISTRY[vertical].private == private


@pytest.mark.parametrize("field", EVERY_FIELD.values(), ids=EVERY_FIELD)
def test_every_field_says_what_it_expects(field):
    assert fields.expected(field, FRAME)


@pytest.mark.parametrize("field", EVERY_FIELD.values(), ids=EVERY_FIELD)
def test_a_field_with_bands_has_a_field_for_them(field):
    names = {every.name for every in EVERY_FIELD.values()}
    assert field.band is None or field.band in names


@pytest.mark.parametrize(
    ("camel", "snake"), [("yearBuilt", "year_built"), ("vin", "vin"), ("street2", "street2")]
)
def test_names_have_a_snake_case_form(camel, snake):
    assert snake_case(camel) == snake


def test_one_more_vertical_is_one_more_entry():
    pet = define(
        "PET",
        Field("species", "choice", required=True, choices=("cat", "dog")),
        Field("ageYears", "integer", high=40),
    )
    registry = {**REGISTRY, pet.name: pet}
    data = {"species": "Dog", "age_years": "7", "budget": "30"}
    lead = accepted({"vertical": "pet", "external_id": "1", "vertical_data": data}, registry)
    assert lead.vertical == "PET"
    assert lead.data == {"species": "dog", "ageYears": 7, "budget": 3000}

    found = problems({"vertical": "pet", "external_id": "1"}, registry)
    assert found["vertical_data.species"].expected == "one of cat, dog"
