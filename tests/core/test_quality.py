"""Quality says how well a lead can be worked."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leadflow.core import verticals
from leadflow.core.enrich import enrich
from leadflow.core.lead import EmailKind, Facts
from leadflow.core.quality import COMPLETENESS, ENGAGEMENT, FRESHNESS, RELIABILITY, rate
from tests.core.leads import NO_FACTS, NOBODY, NOW, PERSON, TABLES, lead

AUTO_ANSWERS = {
    field.name: 1 for field in verticals.REGISTRY["AUTO"].fields if field.name != "currency"
}


def rated(vertical="AUTO", data=None, *, facts=NO_FACTS, now=NOW, **changes):
    return rate(lead(vertical, data, **changes), facts, now)


def test_a_lead_of_whom_everything_is_known_is_complete():
    facts = enrich(lead(contact=PERSON), TABLES)
    assert rated(data=AUTO_ANSWERS, contact=PERSON, facts=facts).completeness == 1.0


def test_a_lead_of_whom_nothing_is_known_is_not():
    assert rated().completeness == 0.0


def test_each_part_of_a_contact_makes_a_lead_more_complete():
    parts = ("email", "phone", "first_name", "last_name", "date_of_birth", "address")
    contact = NOBODY
    seen = [0.0]
    for part in parts:
        contact = replace(contact, **{part: getattr(PERSON, part)})
        seen.append(rated(contact=contact).completeness)
    assert seen == sorted(set(seen))


def test_a_place_found_by_its_zip_is_as_complete_as_one_that_was_named():
    assert rated(facts=Facts(zip="11201", state="NY", city="Brooklyn")).completeness > (
        rated(facts=Facts(zip="11201")).completeness
    )


def test_answers_make_a_lead_more_complete():
    assert rated(data={"accidents": 0}).completeness > rated().completeness


@pytest.mark.parametrize(
    "data", [{"make": "Toyota"}, {"currency": "EUR"}, {"favouriteColour": "red"}]
)
def test_what_every_lead_has_or_none_is_asked_for_does_not(data):
    assert rated(data=data).completeness == 0.0


def test_a_number_and_its_band_answer_one_question():
    number = rated("B2B", {"employees": 70}).completeness
    both = rated("B2B", {"employees": 70, "employeesBand": "51-200"}).completeness
    assert number == both == rated("B2B", {"employeesBand": "51-200"}).completeness


def test_a_vertical_nobody_knows_is_judged_by_its_contact():
    completeness = rated("PETS", {"species": "cat"}, contact=PERSON).completeness
    assert completeness == 9 / 12.5  # the contact's share of what contact and place weigh together


@pytest.mark.parametrize(
    ("age", "freshness"),
    [
        (timedelta(0), 1.0),
        (timedelta(days=1), 0.5),
        (timedelta(days=2), 0.25),
        (timedelta(days=-1), 1.0),
    ],
)
def test_freshness_halves_in_a_day(age, freshness):
    assert rated(submitted_at=NOW - age).freshness == freshness


def test_a_lead_is_fresh_when_it_comes_if_nobody_says_otherwise():
    assert rated().freshness == 1.0
    assert rated(now=NOW + timedelta(days=1)).freshness == 0.5


def test_very_old_leads_have_no_freshness_left():
    assert rated(submitted_at=NOW - timedelta(days=9999)).freshness == 0.0


def test_the_source_s_record_is_taken_as_it_is():
    assert rated(reliability=0.8).reliability == 0.8


def test_a_verified_phone_makes_a_lead_easier_to_engage():
    unverified = replace(PERSON, phone_verified=False)
    assert rated(contact=PERSON).engagement > rated(contact=unverified).engagement


def test_mailboxes_are_better_the_more_they_belong_to_somebody():
    kinds: tuple[EmailKind, ...] = ("disposable", "free", "business")
    seen = [rated(contact=PERSON, facts=Facts(email_kind=kind)).engagement for kind in kinds]
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    "field", ["budget", "budgetBand", "timeline", "timeframe", "interestLevel"]
)
def test_saying_what_is_wanted_makes_a_lead_easier_to_engage(field):
    assert rated(data={field: "soon"}).engagement > rated().engagement


def test_a_throw_away_mailbox_alone_is_no_engagement_at_all():
    assert rated(facts=Facts(email_kind="disposable")).engagement == 0.0


def test_the_parts_weigh_a_hundred_together():
    assert COMPLETENESS + ENGAGEMENT + FRESHNESS + RELIABILITY == 100


@given(
    known=st.booleans(),
    data=st.dictionaries(st.sampled_from([*AUTO_ANSWERS]), st.integers()),
    reliability=st.floats(0, 1),
    age=st.timedeltas(),
    kind=st.sampled_from(["business", "free", "disposable", None]),
)
def test_quality_and_its_parts_keep_their_ranges(known, data, reliability, age, kind):
    quality = rate(
        lead(data=data, contact=PERSON if known else NOBODY, reliability=reliability),
        Facts(email_kind=kind),
        NOW + min(max(age, timedelta(days=-700_000)), timedelta(days=2_000_000)),
    )
    assert 0 <= quality.value <= 100
    parts = (quality.completeness, quality.freshness, quality.reliability, quality.engagement)
    assert all(0 <= part <= 1 for part in parts)


def test_a_perfect_lead_has_a_quality_of_100():
    facts = enrich(lead(contact=PERSON), TABLES)
    assert rated(data=AUTO_ANSWERS, contact=PERSON, facts=facts, reliability=1.0).value == 100


def test_an_empty_lead_of_a_worthless_source_is_only_fresh():
    assert rated(reliability=0.0).value == FRESHNESS
