"""A submission becomes a lead, or a list of everything that is wrong with it."""

from datetime import UTC, date, datetime

import pytest

from leadflow.core.lead import Address, Contact
from tests.core.submissions import (
    EXAMPLE,
    NEEDED,
    NOW,
    SOURCE,
    accepted,
    problems,
    submission,
    with_contact,
    with_data,
)


def codes(lead):
    return [(warning.code, warning.field) for warning in lead.warnings]


def test_the_documented_example_is_a_lead():
    lead = accepted(EXAMPLE)
    assert lead.vertical == "AUTO"
    assert lead.contact == Contact(
        first_name="John",
        last_name="Doe",
        email="john@example.com",
        phone="1234567890",
        phone_verified=False,
        address=Address(street="123 Main St", city="Anytown", state="CA", zip="12345"),
        date_of_birth=date(1980, 1, 1),
    )
    assert lead.data == {"vehicleYear": 2020, "make": "Toyota", "model": "Camry"}
    assert lead.traffic_source == "organic"
    assert lead.extra == {}
    assert codes(lead) == [("phone_unverified", "contact_info.phone")]


def test_a_lead_keeps_the_envelope_it_came_in():
    sent = submission(EXAMPLE)
    lead = accepted(EXAMPLE)
    assert (lead.id, lead.source, lead.received_at) == (sent.lead_id, SOURCE, sent.received_at)


def test_every_name_may_be_written_with_underscores():
    snake = {
        "vertical": "home",
        "contact_info": {
            "first_name": "Ann",
            "last_name": "Lee",
            "email": "ann@example.com",
            "date_of_birth": "1990-05-06",
        },
        "vertical_data": {"property_type": "house", "year_built": 1990, "interest_level": "high"},
        "traffic_source": "organic",
        "external_id": "a-1",
        "submitted_at": "2026-03-04T05:00:00Z",
    }
    camel = {
        "vertical": "HOME",
        "contactInfo": {
            "firstName": "Ann",
            "lastName": "Lee",
            "email": "ann@example.com",
            "dateOfBirth": "1990-05-06",
        },
        "verticalData": {"propertyType": "house", "yearBuilt": 1990, "interestLevel": "high"},
        "trafficSource": "organic",
        "externalId": "a-1",
        "submittedAt": "2026-03-04T05:00:00Z",
    }
    assert accepted(snake) == accepted(camel)


@pytest.mark.parametrize("vertical", NEEDED)
def test_every_vertical_takes_the_least_it_asks_for(vertical):
    assert accepted(with_data(vertical)).vertical == vertical


def test_every_problem_is_reported_at_once():
    found = problems(
        {
            "vertical": "AUTO",
            "contactInfo": {
                "firstName": "x" * 101,
                "email": "john",
                "phone": "none",
                "address": {"state": "ZZ", "zip": "1234"},
                "dateOfBirth": "01/31/1980",
            },
            "vertical_data": {"vehicleYear": 1800, "model": "Camry"},
            "external_id": ["1"],
            "submitted_at": "yesterday",
        }
    )
    assert set(found) == {
        "contactInfo.firstName",
        "contactInfo.email",
        "contactInfo.phone",
        "contactInfo.address.state",
        "contactInfo.address.zip",
        "contactInfo.dateOfBirth",
        "vertical_data.vehicleYear",
        "vertical_data.make",
        "external_id",
        "submitted_at",
    }
    assert all(problem.reason and problem.expected for problem in found.values())


@pytest.mark.parametrize("body", [{}, {"vertical": None}, {"vertical": ""}])
def test_a_vertical_is_asked_for(body):
    problem = problems(body | {"external_id": "1"})["vertical"]
    assert problem.reason == "is missing"
    assert problem.expected.startswith("one of AUTO, HOME")


@pytest.mark.parametrize("vertical", ["BOATS", 5, ["AUTO"], {"name": "AUTO"}, True])
def test_a_vertical_is_one_of_those_we_know(vertical):
    assert set(problems({"vertical": vertical, "external_id": "1"})) == {"vertical"}


def test_a_contact_is_read_also_when_the_vertical_is_wrong():
    body = {"vertical": "BOATS", "contact_info": {"email": "john"}}
    assert set(problems(body)) == {"vertical", "contact_info.email"}


@pytest.mark.parametrize("field", ["contact_info", "vertical_data"])
@pytest.mark.parametrize("value", ["x", 5, True, []])
def test_an_object_is_an_object(field, value):
    found = problems({"vertical": "HEALTH", "external_id": "1", field: value})
    assert found[field].expected == "an object"


@pytest.mark.parametrize("contact", [None, {}, {"firstName": "Ann"}, {"email": " ", "phone": None}])
def test_a_lead_can_be_reached_or_has_an_id(contact):
    (problem,) = problems({"vertical": "HEALTH", "contact_info": contact}).values()
    assert problem.field == "contact_info"
    assert problem.expected == "contact_info.email, contact_info.phone or external_id"
    assert accepted({"vertical": "HEALTH", "contact_info": contact, "external_id": 17})


@pytest.mark.parametrize(
    "contact", [{"email": "ann@example.com"}, {"phone": "415-555-2671"}, {"phone": "1234567890"}]
)
def test_one_way_to_reach_a_person_is_enough(contact):
    assert accepted({"vertical": "HEALTH", "contact_info": contact})


def test_a_wrong_address_is_one_problem_not_two():
    body = {"vertical": "HEALTH", "contact_info": {"email": "john"}}
    assert set(problems(body)) == {"contact_info.email"}


def test_a_wrong_address_is_refused_also_when_there_is_a_phone():
    body = with_contact(email="john@", phone="415-555-2671")
    assert set(problems(body)) == {"contact_info.email"}


def test_nothing_personal_is_repeated():
    personal = {
        "firstName": "Wilhelmina" * 11,
        "lastName": ["Featherstone"],
        "email": "wilhelmina.featherstone at example",
        "phone": "call Featherstone",
        "dateOfBirth": "31.12.1958 or so",
        "address": {"street": "Elm" * 99, "city": {"x": "Elmtown"}, "state": "Elm", "zip": "77"},
    }
    for problem in problems(with_contact(**personal)).values():
        said = f"{problem.reason} {problem.expected}".lower()
        assert not any(word in said for word in ("wilh", "feather", "elm", "1958", "77"))


@pytest.mark.parametrize(
    ("contact", "first", "last"),
    [
        ({"firstName": "JOHN", "lastName": "o'neil"}, "John", "O'Neil"),
        ({"name": "John Smith"}, "John", "Smith"),
        ({"fullName": "Smith, John"}, "John", "Smith"),
        ({"full_name": "John Smith", "lastName": "Smythe"}, "John", "Smythe"),
        ({"name": "John Smith", "firstName": "Jack", "lastName": "Jones"}, "Jack", "Jones"),
        ({"name": "Prince"}, "Prince", None),
    ],
)
def test_a_whole_name_fills_what_is_missing(contact, first, last):
    found = accepted(with_contact(**contact)).contact
    assert (found.first_name, found.last_name) == (first, last)


def test_an_extension_is_kept_beside_the_number():
    lead = accepted(with_contact(phone="415-555-2671 x42"))
    assert lead.contact.phone == "+14155552671"
    assert lead.extra == {"contact_info.phoneExtension": "42"}


@pytest.mark.parametrize(
    ("address", "data", "verified"),
    [
        ({}, {}, False),
        ({"country": "UK"}, {}, True),
        ({}, {"country": "GB"}, True),
        ({"country": "US"}, {"country": "GB"}, False),
        ({"country": "Atlantis"}, {}, False),
    ],
)
def test_a_phone_is_dialled_from_where_its_person_lives(address, data, verified):
    body = with_data("B2B", **data)
    body["contact_info"] = {"phone": "020 8765 4321", "address": address}
    assert accepted(body).contact.phone_verified == verified


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"zip": 1234}, Address(zip="01234")),
        ({"zip": "01234", "state": "massachusetts"}, Address(zip="01234", state="MA")),
        ({"country": "usa", "state": "dc"}, Address(country="US", state="DC")),
        (
            {"country": "Canada", "state": "on", "zip": "k1a 0b1"},
            Address(country="CA", state="ON", zip="K1A 0B1"),
        ),
        ({"city": " São  Paulo ", "street2": ""}, Address(city="São Paulo")),
    ],
)
def test_an_address_is_normalised(sent, kept):
    assert accepted(with_contact(address=sent)).contact.address == kept


def test_a_country_we_do_not_know_is_kept_aside_and_has_no_rules():
    lead = accepted(with_contact(address={"country": "Atlantis", "zip": "AT-1", "state": "Deep"}))
    assert lead.contact.address == Address(state="Deep", zip="AT-1")
    assert lead.extra == {"contact_info.address.country": "Atlantis"}
    assert codes(lead) == [("unknown_value", "contact_info.address.country")]


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("1 Main St", "address"),
        ({"country": 1}, "address.country"),
        ({"street": "x" * 201}, "address.street"),
        ({"city": "\u200b"}, "address.city"),
        ({"zip": 1234.0}, "address.zip"),
        ({"zip": "ABCDE"}, "address.zip"),
        ({"country": "US", "zip": "K1A 0B1"}, "address.zip"),
    ],
)
def test_a_wrong_part_of_an_address_is_named(address, field):
    assert set(problems(with_contact(address=address))) == {f"contact_info.{field}"}


@pytest.mark.parametrize("born", ["1900-01-01", "2026-03-04"])
def test_a_person_was_born_in_the_past(born):
    assert accepted(with_contact(dateOfBirth=born)).contact.date_of_birth == date.fromisoformat(
        born
    )


@pytest.mark.parametrize("born", ["1899-12-31", "2026-03-05", "soon", 1980])
def test_a_person_was_not_born_at_another_time(born):
    assert set(problems(with_contact(dateOfBirth=born))) == {"contact_info.dateOfBirth"}


def test_the_sender_may_say_when_the_form_was_filled():
    lead = accepted(with_data("HEALTH") | {"submitted_at": "2026-03-04T00:00:00+02:00"})
    assert lead.submitted_at == datetime(2026, 3, 3, 22, tzinfo=UTC)


@pytest.mark.parametrize("when", ["1999-12-31", "2026-03-06", "now", 1772600000])
def test_a_form_was_filled_in_the_past(when):
    assert set(problems(with_data("HEALTH") | {"submitted_at": when})) == {"submitted_at"}


@pytest.mark.parametrize(("sent", "kept"), [(" a-1 ", "a-1"), (42, "42")])
def test_an_external_id_is_text(sent, kept):
    assert accepted({"vertical": "HEALTH", "externalId": sent}).external_id == kept


@pytest.mark.parametrize("sent", ["x" * 201, "\x00", True, {"id": 1}])
def test_an_external_id_is_short_text(sent):
    assert "external_id" in problems({"vertical": "HEALTH", "external_id": sent})


def test_one_field_is_sent_once():
    found = problems(with_contact(firstName="Ann", first_name="Ann"))
    assert found["contact_info.first_name"].reason == "is sent twice, as firstName too"


def test_one_spelling_may_be_empty():
    assert accepted(with_contact(firstName=None, first_name="Ann")).contact.first_name == "Ann"


def test_what_the_door_reads_is_known():
    lead = accepted(with_data("HEALTH") | {"source": "website", "workspace": "acme"})
    assert lead.extra == {}
    assert lead.warnings == ()


def test_the_time_is_an_argument():
    assert "vertical_data.vehicleYear" in problems(with_data("AUTO", vehicleYear=NOW.year + 2))
    assert accepted(with_data("AUTO", vehicleYear=NOW.year + 1))
