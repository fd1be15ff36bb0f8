"""Each field of a vertical takes what was meant, in bounds, and says so when it was not."""

import pytest

from leadflow.core.verticals import Field, define
from tests.core.submissions import NEEDED, accepted, problems, with_data

LONG = "x" * 5001


@pytest.mark.parametrize(
    ("vertical", "field", "sent", "kept"),
    [
        ("AUTO", "vehicleYear", "2020", 2020),
        ("AUTO", "vehicleYear", 2027, 2027),
        ("AUTO", "model", 911, "911"),
        ("AUTO", "vin", "1hgcm 82633-a004352", "1HGCM82633A004352"),
        ("AUTO", "primaryUse", "Business", "business"),
        ("AUTO", "annualMileage", "12,000", 12000),
        ("AUTO", "insuredSince", "2019-05-01T00:00:00Z", "2019-05-01"),
        ("AUTO", "insuredSince", "2026-03-04", "2026-03-04"),
        ("AUTO", "drivers", 9, 9),
        ("AUTO", "accidents", 0, 0),
        ("HOME", "yearBuilt", 1600, 1600),
        ("HOME", "squareFeet", 100, 100),
        ("HOME", "securitySystem", "yes", True),
        ("HOME", "propertyValue", "$450,000", 45_000_000),
        ("HEALTH", "coverageType", "Family", "family"),
        ("HEALTH", "tobacco", 0, False),
        ("HEALTH", "householdIncome", 55000.5, 5_500_050),
        ("LIFE", "coverageAmount", 1000, 100_000),
        ("LIFE", "coverageAmount", "50,000,000.00", 5_000_000_000),
        ("LIFE", "medicalConditions", ["asthma", "", 3, "gout "], ["asthma", "3", "gout"]),
        ("LIFE", "medicalConditions", "asthma; gout", ["asthma", "gout"]),
        ("LIFE", "medicalConditions", [], []),
        ("LIFE", "beneficiaries", 2, 2),
        ("LIFE", "beneficiaries", [{"name": "Ann"}], [{"name": "Ann"}]),
        ("COMMERCIAL", "yearsInBusiness", 0.5, 0.5),
        ("COMMERCIAL", "yearsInBusiness", "12", 12),
        ("COMMERCIAL", "industry", 524210, "524210"),
        ("COMMERCIAL", "claims", 50, 50),
        ("VEHICLE_SALE", "interest", "Trade In", "trade-in"),
        ("VEHICLE_SALE", "interest", "TEST_DRIVE", "test-drive"),
        ("VEHICLE_SALE", "tradeIn", {"make": "Ford", "year": 2015}, {"make": "Ford", "year": 2015}),
        ("VEHICLE_SALE", "comments", "Call me.\r\nAfter 5.", "Call me.\nAfter 5."),
        ("B2B", "country", "India", "IN"),
        ("B2B", "employees", "1,200", 1200),
        ("B2B", "timeline", 30, "30"),
        ("RENTERS", "currency", "eur", "EUR"),
    ],
    ids=repr,
)
def test_a_field_takes_what_was_meant(vertical, field, sent, kept):
    found = accepted(with_data(vertical, **{field: sent})).data[field]
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("vertical", "field", "sent", "reason"),
    [
        ("AUTO", "vehicleYear", 1899, "1899 is too small"),
        ("AUTO", "vehicleYear", 2028, "2028 is too large"),
        ("AUTO", "vehicleYear", "new", '"new" is not a number'),
        ("AUTO", "drivers", 12.5, "12.5 is not a whole number"),
        ("AUTO", "drivers", True, "is true or false, not a number"),
        ("AUTO", "drivers", "0", '"0" is too small'),
        ("AUTO", "primaryUse", "racing", '"racing" is not one of the choices'),
        ("AUTO", "primaryUse", 3, "3 is a number, not text"),
        ("AUTO", "make", ["Toyota"], "is a list, not text"),
        ("AUTO", "make", "\u200b", "has no visible characters"),
        ("AUTO", "insuredSince", "2026-03-05", "is too late"),
        ("AUTO", "insuredSince", "1899-12-31", "is too early"),
        ("AUTO", "insuredSince", "May", '"May" is not an ISO 8601 date'),
        ("HOME", "securitySystem", "maybe", '"maybe" is neither true nor false'),
        ("LIFE", "coverageAmount", 999, "999 is too small"),
        ("LIFE", "coverageAmount", 50_000_001, "is too large"),
        ("LIFE", "coverageAmount", "€5000", '"€5000" is not an amount in USD'),
        ("LIFE", "coverageAmount", 10**400, "is too large a number"),
        ("LIFE", "beneficiaries", LONG, "is longer than 500 bytes as JSON"),
        ("COMMERCIAL", "yearsInBusiness", -0.5, "-0.5 is too small"),
        ("COMMERCIAL", "yearsInBusiness", "some", '"some" is not a number'),
        ("COMMERCIAL", "coverageTypes", {"a": 1}, "is an object, not a list"),
        ("COMMERCIAL", "coverageTypes", [["GL"]], "has an item that is a list, not text"),
        ("COMMERCIAL", "coverageTypes", ["x" * 61], "has an item that is 61 characters long"),
        ("COMMERCIAL", "coverageTypes", ["x"] * 51, "has 51 items"),
        ("VEHICLE_SALE", "tradeIn", "a Ford", "is text, not an object"),
        ("VEHICLE_SALE", "comments", LONG, "is 5001 characters long"),
        ("B2B", "country", 91, "91 is a number, not text"),
        ("B2B", "currency", "bitcoin", '"bitcoin" is not a currency code'),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_field_says_what_is_wrong_with_it(vertical, field, sent, reason):
    found = problems(with_data(vertical, **{field: sent}))
    assert found[f"vertical_data.{field}"].reason == reason


@pytest.mark.parametrize(
    ("vertical", "field", "expected"),
    [
        ("AUTO", "vehicleYear", "a whole number from 1900 to 2027"),
        ("AUTO", "primaryUse", "one of personal, business, rideshare"),
        ("AUTO", "make", "text of 1 to 60 characters"),
        ("AUTO", "insuredSince", "a date such as 2024-05-31, from 1900 to today"),
        ("AUTO", "vin", "17 letters and digits, without I, O and Q"),
        ("HOME", "securitySystem", "true or false"),
        ("LIFE", "coverageAmount", "an amount from 1000 to 50000000 USD"),
        ("COMMERCIAL", "yearsInBusiness", "a number from 0 to 500"),
        ("COMMERCIAL", "coverageTypes", "50 texts of 60 characters at most"),
        ("VEHICLE_SALE", "tradeIn", "an object of 8000 bytes as JSON at most"),
        ("B2B", "country", "a country by its two-letter code or its English name"),
        ("B2B", "currency", "an ISO 4217 code such as USD"),
    ],
)
def test_a_field_says_what_it_would_have_taken(vertical, field, expected):
    found = problems(with_data(vertical, **{field: [float("nan")]}))
    assert found[f"vertical_data.{field}"].expected == expected


def test_a_date_without_bounds_may_be_any_day():
    moving = define("MOVING", Field("day", "date"))
    body = {"vertical": "MOVING", "external_id": "1", "vertical_data": {"day": "9999-12-31"}}
    assert accepted(body, {"MOVING": moving}).data == {"day": "9999-12-31"}


@pytest.mark.parametrize("vin", ["1HGCM82633A00435", "1HGCM82633A0O4352", 17, "I" * 17])
def test_a_vin_is_17_characters_without_i_o_q_and_is_never_repeated(vin):
    problem = problems(with_data("AUTO", vin=vin))["vertical_data.vin"]
    assert str(vin) not in problem.reason
    assert problem.expected == "17 letters and digits, without I, O and Q"


@pytest.mark.parametrize(
    "value",
    [
        "ann@example.com",
        "call 415 555 2671",
        "4155552671",
        4155552671,
        "a\nb",
        float("nan"),
        10**400,
    ],
    ids=repr,
)
def test_a_value_that_may_be_personal_is_not_repeated(value):
    problem = problems(with_data("AUTO", drivers=value))["vertical_data.drivers"]
    assert problem.reason.startswith("is ")


def test_a_value_that_is_repeated_is_shortened():
    problem = problems(with_data("AUTO", primaryUse="a" * 400))["vertical_data.primaryUse"]
    assert problem.reason == f'"{"a" * 40}" is not one of the choices'


@pytest.mark.parametrize("vertical", [vertical for vertical, data in NEEDED.items() if data])
def test_whatever_is_required_is_missed(vertical):
    found = problems({"vertical": vertical, "external_id": "1"})
    assert {problem.reason for problem in found.values()} == {"is missing"}
    assert set(found) == {f"vertical_data.{field}" for field in NEEDED[vertical]}


@pytest.mark.parametrize("empty", [None, "", "  ", "\u00a0"])
def test_null_and_blank_are_absent(empty):
    assert "trim" not in accepted(with_data("VEHICLE_SALE", trim=empty)).data
    assert problems(with_data("HOME", propertyType=empty))["vertical_data.propertyType"]


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("employees", "11-50", {"employeesBand": "11-50"}),
        ("employees", " Enterprise ", {"employeesBand": "Enterprise"}),
        ("revenue", "over $1M", {"revenueBand": "over $1M"}),
        ("budget", "$10k - $20k", {"budgetBand": "$10k - $20k"}),
        ("employeesBand", "50+", {"employeesBand": "50+"}),
    ],
)
def test_a_range_or_a_size_in_words_is_a_band(field, sent, kept):
    lead = accepted(with_data("B2B", **{field: sent}))
    assert lead.data == {"company": "example.com"} | kept


@pytest.mark.parametrize("order", [("employees", "employeesBand"), ("employeesBand", "employees")])
def test_a_band_sent_as_such_wins(order):
    sent = {"employees": "some", "employeesBand": "11-50"}
    lead = accepted(with_data("B2B", **{field: sent[field] for field in order}))
    assert lead.data["employeesBand"] == "11-50"


@pytest.mark.parametrize("sent", ["12.5", "-3", "1" * 18, ["11-50"], "x" * 61, "\u200b"])
def test_a_wrong_number_is_no_band(sent):
    assert problems(with_data("B2B", employees=sent))["vertical_data.employees"]


def test_amounts_are_in_the_currency_of_the_lead():
    lead = accepted(with_data("VEHICLE_SALE", price="¥1,500,000", currency="jpy"))
    assert lead.data == {"price": 1_500_000, "currency": "JPY"}


def test_a_country_nobody_knows_is_kept_aside_with_a_warning():
    lead = accepted(with_data("B2B", country="Asia/Pacific Region"))
    assert "country" not in lead.data
    assert lead.extra == {"vertical_data.country": "Asia/Pacific Region"}
    (warning,) = lead.warnings
    assert (warning.code, warning.field) == ("unknown_value", "vertical_data.country")
