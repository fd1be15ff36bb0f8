"""The tables that come with the product, as they are loaded."""

import re
from zoneinfo import available_timezones

import pytest

from leadflow.core.distance import Point
from leadflow.core.enrich import REGION_OF_STATE, USPS_COUNTRIES, ZipPlace
from leadflow.lookups.tables import centre_of, load_tables


@pytest.fixture(scope="module")
def tables():
    return load_tables()


def test_a_zip_is_found_with_its_leading_zeros(tables):
    assert tables.zips["00501"] == ZipPlace(
        city="Holtsville",
        state="NY",
        county="Suffolk County",
        country="US",
        latitude=40.8154,
        longitude=-73.0451,
        time_zone="America/New_York",
    )


def test_military_zips_are_american_and_in_no_place(tables):
    assert tables.zips["96201"] == ZipPlace(city="Apo", state="AP", country="US")


def test_islands_that_are_countries_say_so(tables):
    countries = {place.country for place in tables.zips.values()}
    assert countries == {"US", "FM", "MH", "PW"}


def test_a_time_zone_that_is_none_is_not_taken_for_one(tables):
    zones = {place.time_zone for place in tables.zips.values()} - {None}
    assert zones <= available_timezones()
    assert tables.zips["99634"].time_zone is None


def test_all_zips_are_five_digits_with_a_state_and_a_city(tables):
    assert len(tables.zips) > 40_000
    for zip_code, place in tables.zips.items():
        assert re.fullmatch(r"\d{5}", zip_code)
        assert place.city
        assert re.fullmatch(r"[A-Z]{2}", place.state)


def test_coordinates_are_known_together_or_not_at_all(tables):
    for place in tables.zips.values():
        assert (place.latitude is None) == (place.longitude is None)
        assert place.latitude is None or -15 < place.latitude < 72


def test_every_state_with_a_region_has_zips(tables):
    states = {place.state for place in tables.zips.values()}
    assert states >= REGION_OF_STATE.keys() | (USPS_COUNTRIES - {"US"})


@pytest.mark.parametrize("domain", ["gmail.com", "yahoo.co.uk", "icloud.com", "comcast.net"])
def test_well_known_mailboxes_are_free(tables, domain):
    assert domain in tables.free_domains
    assert domain not in tables.disposable_domains


def test_throw_away_mailboxes_are_known(tables):
    assert "mailinator.com" in tables.disposable_domains


def test_domains_are_lower_case_ascii(tables):
    for domain in tables.free_domains | tables.disposable_domains:
        assert domain.isascii()
        assert domain == domain.lower()


def test_the_middle_of_a_zip_is_that_of_the_table(tables):
    for zip_code in ("94110", "10001", "00901"):
        place = tables.zips[zip_code]
        assert centre_of(zip_code) == Point(place.latitude, place.longitude)


@pytest.mark.parametrize("zip_code", ["00000", "09001"])  # none, and the military's
def test_what_is_nowhere_has_no_middle(zip_code):
    assert centre_of(zip_code) is None
