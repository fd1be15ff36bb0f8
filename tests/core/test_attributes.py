"""A profile is what decisions may see: everything about the lead, nothing about the person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.attributes import profile
from leadflow.core.conditions import ATTRIBUTES
from leadflow.core.enrich import enrich
from leadflow.core.lead import Address, Classification, Contact, IdentityKey, Quality, Score
from leadflow.core.verticals import REGISTRY
from tests.core.builders import SOURCE, uid
from tests.core.leads import NOBODY, NOW, PERSON, TABLES, lead

QUALITY = Quality(64, completeness=0.5, freshness=1.0, reliability=0.5, engagement=0.5)
SCORE = Score(value=71, source="fallback", reasons=())
CLASSES = Classification(priority="hot", size="mid", industry="Construction", territory="Northeast")


def profiled(vertical="AUTO", data=None, *, classes=CLASSES, identity=(), **changes):
    one = lead(vertical, data, **changes)
    return profile(one, enrich(one, TABLES), QUALITY, SCORE, classes, identity)


def attributes(vertical="AUTO", data=None, **changes):
    return profiled(vertical, data, **changes).attributes


def test_everything_known_has_its_name():
    data = {"company": "Wheelwright", "employees": 70, "budget": 250_000, "need": "spokes"}
    assert attributes("B2B", data, contact=PERSON, traffic_source="organic") == {
        "vertical": "B2B",
        "channel": "api",
        "source": "quotes.example",
        "traffic_source": "organic",
        "country": "US",
        "region": "Northeast",
        "state": "NY",
        "county": "Kings County",
        "city": "Brooklyn",
        "zip": "11201",
        "position": "40.6900,-73.9900",
        "time_zone": "America/New_York",
        "email_kind": "business",
        "phone_kind": "fixed_line_or_mobile",
        "phone_region": "US",
        "score": 71,
        "quality": 64,
        "priority": "hot",
        "size": "mid",
        "industry": "Construction",
        "territory": "Northeast",
        "company": "Wheelwright",
        "budget_minor": 250_000,
        "data.company": "Wheelwright",
        "data.employees": 70,
        "data.budget": 250_000,
    }


def test_what_is_not_known_has_no_name():
    nothing = Classification(priority="cold")
    assert attributes(classes=nothing).keys() == {
        *("vertical", "channel", "source", "score", "quality", "priority")
    }


def test_rules_know_every_attribute_and_no_other():
    data = {"company": "Wheelwright", "budget": 1}
    names = attributes("B2B", data, contact=PERSON, traffic_source="organic").keys()
    assert {name for name in names if not name.startswith("data.")} == ATTRIBUTES


def test_a_business_name_is_a_company_too():
    assert attributes("COMMERCIAL", {"businessName": "Acme"})["company"] == "Acme"


@pytest.mark.parametrize("answer", [7, None, ["Acme"]])
def test_a_company_s_name_is_text(answer):
    assert "company" not in attributes("B2B", {"company": answer})


@pytest.mark.parametrize("budget", [True, 2.5, "much"])
def test_a_budget_is_a_whole_number_of_minor_units(budget):
    assert "budget_minor" not in attributes("B2B", {"budget": budget})


def test_an_identity_is_its_digests_in_order():
    keys = (IdentityKey(b"a" * 16, "phone"), IdentityKey(b"b" * 16, "email"))
    assert profiled(identity=keys).identity == (b"a" * 16, b"b" * 16)


def test_a_profile_says_whose_lead_it_is_and_since_when():
    one = profiled()
    assert (one.lead_id, one.workspace_id, one.received_at) == (uid(1000), SOURCE, NOW)


def test_lists_of_texts_are_attributes_and_other_structures_are_not():
    data = {"coverageTypes": ["liability", "property"], "claims": {"2024": 1}, "industry": [5]}
    assert attributes("COMMERCIAL", data)["data.coverageTypes"] == ["liability", "property"]
    assert attributes("COMMERCIAL", data).keys().isdisjoint({"data.claims", "data.industry"})


def test_an_answer_of_a_vertical_nobody_knows_is_not_public():
    assert not any(name.startswith("data.") for name in attributes("PETS", {"species": "cat"}))


def test_fields_the_vertical_does_not_have_are_not_public():
    assert "data.shoeSize" not in attributes("AUTO", {"shoeSize": 46})


@pytest.mark.parametrize("vertical", REGISTRY)
def test_private_answers_are_no_attributes(vertical):
    fields = REGISTRY[vertical].fields
    data = {field.name: f"said of {field.name}" for field in fields}
    public = {f"data.{field.name}" for field in fields if not field.private}
    seen = attributes(vertical, data)
    assert {name for name in seen if name.startswith("data.")} == public
    assert not any(data[name] in repr(seen) for name in REGISTRY[vertical].private)


MARKED = st.text(st.sampled_from("ΞΨЖ"), min_size=8, max_size=12)


@given(
    contact=st.builds(
        Contact,
        first_name=MARKED,
        last_name=MARKED,
        email=MARKED.map(lambda local: f"{local}@gmail.com"),
        phone=MARKED,
        address=st.builds(Address, street=MARKED, street2=MARKED),
        date_of_birth=st.dates(),
    ),
    extra=st.dictionaries(MARKED, MARKED),
    external_id=MARKED,
)
def test_nothing_about_the_person_is_an_attribute(contact, extra, external_id):
    seen = attributes(contact=contact, extra=extra, external_id=external_id)
    assert repr(seen).isascii()
    assert contact.date_of_birth.isoformat() not in repr(seen)


@given(vertical=st.sampled_from([*REGISTRY]), number=st.integers(0, 5))
def test_equal_leads_of_different_people_have_equal_attributes(vertical, number):
    data = {REGISTRY[vertical].fields[number].name: 1}
    other = Contact(first_name="Ann", address=PERSON.address, email="a@wheelwright.example")
    person = Contact(first_name="Bob", address=PERSON.address, email="b@wheelwright.example")
    assert attributes(vertical, data, contact=other) == attributes(vertical, data, contact=person)


def test_a_lead_of_nobody_has_a_profile_without_identity():
    assert profiled(contact=NOBODY).identity == ()
