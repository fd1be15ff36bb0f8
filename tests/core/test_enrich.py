"""Facts come from tables, fill gaps, and never overrule what was said."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from leadflow.core.enrich import REGION_OF_STATE, enrich
from leadflow.core.lead import Address, Contact, Facts
from tests.core.leads import NOBODY, PERSON, TABLES, at, lead

STATES = st.sampled_from([*REGION_OF_STATE, "PR", "AE", None])
COUNTRIES = st.sampled_from(["US", "PR", "CA", "DE", "IN", None])


def facts_of(contact, **data):
    return enrich(lead("B2B", data, contact=contact), TABLES)


def test_a_zip_tells_the_place():
    assert facts_of(at(zip="11201")) == Facts(
        city="Brooklyn",
        state="NY",
        county="Kings County",
        region="Northeast",
        country="US",
        zip="11201",
        latitude=40.69,
        longitude=-73.99,
        time_zone="America/New_York",
    )


def test_a_lead_without_an_address_is_nowhere():
    assert facts_of(NOBODY) == Facts()


def test_the_last_four_of_a_zip_do_not_matter():
    assert facts_of(at(zip="11201-0042")) == facts_of(at(zip="11201"))


def test_a_zip_nobody_knows_stays_but_tells_nothing():
    assert facts_of(at(zip="99999")) == Facts(zip="99999")


def test_a_state_without_a_zip_tells_region_and_country_and_no_more():
    assert facts_of(at(state="TX")) == Facts(state="TX", region="South", country="US")


@pytest.mark.parametrize("state", ["PR", "AE"])
def test_territories_and_the_military_are_american_but_in_no_region(state):
    assert facts_of(at(state=state)) == Facts(state=state, country="US")


def test_a_city_that_was_given_is_kept():
    facts = facts_of(at(zip="11201", city="Dumbo"))
    assert (facts.city, facts.county) == ("Dumbo", "Kings County")


def test_a_state_that_contradicts_the_zip_stands_and_a_warning_says_so():
    facts = facts_of(at(zip="11201", state="CA"))
    assert (facts.state, facts.region, facts.country) == ("CA", "West", "US")
    [warning] = facts.warnings
    assert (warning.code, warning.field) == ("zip_state_mismatch", "contact_info.address.zip")
    assert warning.message == "zip 11201 is in NY; the lead keeps state CA"


def test_when_zip_and_state_contradict_each_other_nothing_follows_from_the_zip():
    facts = facts_of(at(zip="11201", state="CA"))
    assert (facts.city, facts.county, facts.latitude, facts.time_zone) == (None, None, None, None)


def test_the_example_of_a_contradiction_keeps_all_that_was_said():
    facts = facts_of(at(city="Anytown", state="CA", zip="11201"))
    assert (facts.city, facts.state, facts.zip) == ("Anytown", "CA", "11201")


def test_five_digits_in_another_country_are_not_a_zip():
    facts = facts_of(at(zip="11201", country="DE"))
    assert facts == Facts(zip="11201", country="DE")


def test_a_state_of_another_country_is_in_no_american_region():
    assert facts_of(at(state="TN", country="IN")).region is None


def test_a_postal_code_of_another_country_is_kept_whole():
    assert facts_of(at(zip="100-0001", country="JP")).zip == "100-0001"


def test_an_unread_country_leaves_a_foreign_state_without_one():
    assert facts_of(at(state="BAVARIA")) == Facts(state="BAVARIA")


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ({"zip": "00901"}, "US"),
        ({"zip": "00901", "country": "PR"}, "PR"),
        ({"zip": "96941"}, "FM"),
    ],
)
def test_islands_have_zips_too(address, country):
    assert facts_of(at(**address)).country == country


def test_a_company_s_country_counts_where_the_address_names_none():
    assert facts_of(at(zip="11201"), country="FR") == Facts(zip="11201", country="FR")


def test_the_address_s_country_comes_before_the_company_s():
    assert facts_of(at(country="CA"), country="FR").country == "CA"


def test_a_country_that_is_no_text_is_none():
    assert facts_of(NOBODY, country=["FR"]).country is None


@pytest.mark.parametrize(
    ("email", "kind"),
    [
        ("ann@wheelwright.example", "business"),
        ("ann@gmail.com", "free"),
        ("ann@mail.gmail.com", "business"),
        ("ann@yahoo.co.uk", "free"),
        ("ann@mailinator.com", "disposable"),
        ("ann@x.y.mailinator.com", "disposable"),
        ("ann@both.example", "disposable"),
        ("ann@notmailinator.com", "business"),
    ],
)
def test_a_mail_domain_is_sorted(email, kind):
    facts = facts_of(Contact(email=email))
    assert (facts.email_kind, facts.email_domain) == (kind, email.partition("@")[2])


@pytest.mark.parametrize(
    ("phone", "kind", "region"),
    [
        ("+14155552671", "fixed_line_or_mobile", "US"),
        ("+14165550123", "fixed_line_or_mobile", "CA"),
        ("+18004321234", "toll_free", None),
        ("+19002345678", "other", "US"),
        ("+12425021234", "fixed_line", "BS"),
        ("+12423591234", "mobile", "BS"),
        ("+12462501234", "mobile", "BB"),
        ("+4915112345678", "mobile", "DE"),
        ("+442071838750", "fixed_line", "GB"),
        ("+443069990123", "other", "GB"),
        ("+80012345678", "toll_free", None),
        ("+815012345678", "voip", "JP"),
    ],
)
def test_a_verified_number_tells_its_kind_and_region(phone, kind, region):
    facts = facts_of(Contact(phone=phone, phone_verified=True))
    assert (facts.phone_kind, facts.phone_region) == (kind, region)


def test_an_unverified_number_tells_nothing():
    assert facts_of(Contact(phone="1234567890")) == Facts()


@given(st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True))
def test_a_whole_exchange_is_of_one_kind_in_the_united_states_and_canada(phone):
    number = phonenumbers.parse(phone)
    facts = facts_of(Contact(phone=phone, phone_verified=True))
    region = phonenumbers.region_code_for_number(number)
    toll_free = phonenumbers.number_type(number) == PhoneNumberType.TOLL_FREE
    assert (facts.phone_kind == "toll_free") is toll_free
    assert facts.phone_region == (None if toll_free else region)


@given(
    zip_code=st.sampled_from(["11201", "11201-1234", "00901", "96941", "99999", None]),
    state=STATES,
    city=st.sampled_from(["Dumbo", None]),
    country=COUNTRIES,
)
def test_what_was_said_is_never_contradicted(zip_code, state, city, country):
    facts = facts_of(
        Contact(address=Address(zip=zip_code, state=state, city=city, country=country))
    )
    assert state in (facts.state, None)
    assert city in (facts.city, None)
    assert country in (facts.country, None)
    assert (zip_code or "").startswith(facts.zip or "")


@given(state=STATES, zip_code=st.sampled_from(["11201", "00901", None]))
def test_a_place_is_told_only_where_the_state_agrees(state, zip_code):
    facts = facts_of(at(zip=zip_code, state=state))
    if facts.warnings:
        assert facts.latitude is None
    elif facts.latitude is not None:
        assert facts.state == TABLES.zips[facts.zip].state


def test_every_state_is_in_one_region():
    assert len(REGION_OF_STATE) == 51
    assert {*REGION_OF_STATE.values()} == {"Northeast", "Midwest", "South", "West"}


def test_facts_of_a_whole_person():
    facts = facts_of(PERSON)
    assert (facts.state, facts.email_kind, facts.phone_region) == ("NY", "business", "US")
