"""Whatever is sent, reading it gives a lead that can be stored, or a refusal that can be sent."""

import csv
import gzip
import json
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from leadflow.core.contact import FIELDS
from leadflow.core.lead import Lead
from leadflow.core.outcome import Refused
from leadflow.core.verticals import REGISTRY, snake_case
from tests.core.submissions import EXAMPLE, NEEDED, accepted, read, shared, with_contact, with_data
from tests.core.test_normalise_tree import ANY_JSON

ADDRESS_FIELDS = ("street", "street2", "city", "state", "zip", "country")
ENVELOPE = (
    *("vertical", "contact_info", "vertical_data", "traffic_source", "external_id"),
    *("source", "submitted_at"),
)
VERTICALS = st.sampled_from(sorted(REGISTRY))

plausible = st.one_of(
    st.sampled_from(["Ann", "ann@example.com", "(415) 555-2671", "12345", "CA", "yes", "11-50"]),
    st.sampled_from(["2020-05-06", "$1,250.50", "buy", "EUR", "1HGCM82633A004352"]),
    st.integers(0, 3000),
    st.booleans(),
    st.lists(st.text(max_size=5), max_size=3),
    ANY_JSON,
)


def objects(names):
    return st.dictionaries(st.sampled_from(sorted(names)), plausible, max_size=6)


@st.composite
def bodies(draw):
    """Make bodies with the right names and anything at all behind them."""
    vertical = draw(VERTICALS)
    contact = draw(objects(FIELDS))
    if draw(st.booleans()):
        contact["address"] = draw(objects(ADDRESS_FIELDS))
    data = NEEDED[vertical] | draw(objects(REGISTRY[vertical].spellings))
    body = {"vertical": vertical, "external_id": "1", "contact_info": contact}
    return body | {"vertical_data": data} | draw(objects(["submitted_at", "traffic_source", "x"]))


def storable(lead):
    encoded = msgspec.json.encode(lead)
    return b"\\u0000" not in encoded and json.loads(encoded) is not None


@given(st.dictionaries(st.sampled_from(ENVELOPE) | st.text(max_size=9), ANY_JSON, max_size=8))
def test_any_object_is_a_lead_or_a_refusal(body):
    found = read(body)
    if isinstance(found, Refused):
        assert found.problems
        msgspec.json.encode(found)
    else:
        assert storable(found)


@settings(max_examples=200)
@given(bodies())
def test_any_value_of_any_field_is_a_lead_or_a_refusal(body):
    found = read(body)
    if isinstance(found, Refused):
        assert found.problems
        msgspec.json.encode(found)
    else:
        assert storable(found)


def canonical(lead):
    """Write a lead as the body that its sender should have sent."""
    contact = lead.contact
    return {
        "vertical": lead.vertical,
        "external_id": lead.external_id,
        "traffic_source": lead.traffic_source,
        "submitted_at": lead.submitted_at and lead.submitted_at.isoformat(),
        "contact_info": {
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "email": contact.email,
            "phone": contact.phone,
            "date_of_birth": contact.date_of_birth and contact.date_of_birth.isoformat(),
            "address": msgspec.to_builtins(contact.address),
        },
        "vertical_data": {
            snake_case(name): in_major_units(lead, name, value) for name, value in lead.data.items()
        },
    }


def without_phone(contact):
    return structs.replace(contact, phone=None, phone_verified=False)


def in_major_units(lead, name, value):
    if REGISTRY[lead.vertical].by_name[name].kind != "money":
        return value
    return value / 100 if lead.data.get("currency", "USD") in ("USD", "EUR") else value


@settings(max_examples=200)
@given(bodies())
def test_a_lead_read_again_from_its_own_form_is_the_same_lead(body):
    lead = read(body)
    if isinstance(lead, Refused) or lead.data.get("currency", "USD") not in ("USD", "EUR"):
        return
    if lead.contact.address.country is None and lead.extra:
        return  # a country nobody knows freed the address from rules that now hold again
    again = accepted(canonical(lead))
    if lead.contact.phone_verified:
        assert again.contact == lead.contact
    else:  # digits that never were a number may be one without what stood between them
        assert without_phone(again.contact) == without_phone(lead.contact)
    assert again.data == lead.data
    assert (again.external_id, again.traffic_source) == (lead.external_id, lead.traffic_source)
    assert again.submitted_at == lead.submitted_at


def test_the_example_read_again_is_the_same_lead():
    lead = accepted(EXAMPLE)
    assert accepted(canonical(lead)) == lead
    assert lead.contact.date_of_birth == date(1980, 1, 1)


def every_place():
    """List each place of a body where text can stand, as a function that puts it there."""
    for field in ENVELOPE:
        yield field, lambda text, field=field: EXAMPLE | {field: text}
    for field in sorted(set(FIELDS.values())):
        yield f"contact_info.{field}", lambda text, field=field: with_contact(**{field: text})
    for field in ADDRESS_FIELDS:
        yield f"address.{field}", lambda text, field=field: with_contact(address={field: text})
    one_of_each_kind = {
        field.kind: (vertical.name, field.name)
        for vertical in REGISTRY.values()
        for field in vertical.fields
    }
    for kind, (vertical, field) in one_of_each_kind.items():
        yield (
            kind,
            lambda text, vertical=vertical, field=field: with_data(vertical, **{field: text}),
        )
    yield "unknown field", lambda text: EXAMPLE | {"utm": {"term": text}}
    yield "name", lambda text: EXAMPLE | {text: 1}


@pytest.mark.parametrize(
    ("place", "put"), [pytest.param(*each, id=each[0]) for each in every_place()]
)
def test_no_naughty_string_does_harm_anywhere(place, put):
    strings = json.loads(shared("attack/blns/blns.json").read_text(encoding="utf-8"))
    assert strings
    for text in strings:
        found = read(put(text))
        if isinstance(found, Lead):
            assert storable(found), (place, text)
        else:
            msgspec.json.encode(found)


def test_rows_of_a_public_data_set_are_leads():
    """Take leads that carry an id and no contact, as an import maps them."""
    with gzip.open(shared("lead_scoring/x_education.csv.gz"), "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            data = {"company": "X Education", "country": row.pop("Country")}
            body = {"vertical": "B2B", "external_id": row.pop("Prospect ID"), "vertical_data": data}
            assert accepted(body | row)
