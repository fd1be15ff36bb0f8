"""What local tables know about a lead: its place, its mail domain, its phone line."""

from collections.abc import Mapping, Set
from functools import lru_cache

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberType as Line

from leadflow.core.lead import Address, Contact, EmailKind, Facts, Lead, PhoneKind, Warned

# Regions of the U.S. Census Bureau. The territories and the military's "states" are in none.
_STATES_OF_REGION = {
    "Northeast": "CT MA ME NH NJ NY PA RI VT",
    "Midwest": "IA IL IN KS MI MN MO ND NE OH SD WI",
    "South": "AL AR DC DE FL GA KY LA MD MS NC OK SC TN TX VA WV",
    "West": "AK AZ CA CO HI ID MT NM NV OR UT WA WY",
}
REGION_OF_STATE: Mapping[str, str] = {
    state: region for region, states in _STATES_OF_REGION.items() for state in states.split()
}

_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
_MILITARY = frozenset({"AA", "AE", "AP"})
USPS_STATES = REGION_OF_STATE.keys() | _TERRITORIES | _MILITARY

# Where the United States Postal Service delivers: a territory is a state of its and a country of
# ISO's. Elsewhere five digits are another country's code: 10115 is in Berlin.
USPS_COUNTRIES = _TERRITORIES | {"US"}

_KIND_OF_LINE: Mapping[int, PhoneKind] = {
    Line.MOBILE: "mobile",
    Line.FIXED_LINE: "fixed_line",
    Line.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",  # North America does not tell them apart
    Line.TOLL_FREE: "toll_free",
    Line.VOIP: "voip",
    Line.PREMIUM_RATE: "other",
    Line.SHARED_COST: "other",
    Line.PERSONAL_NUMBER: "other",
    Line.PAGER: "other",
    Line.UAN: "other",
    Line.VOICEMAIL: "other",
}
_NO_COUNTRY = "001"  # what phonenumbers answers for satellite and other numbers of no country

_Line = tuple[PhoneKind | None, str | None]  # kind and region
_NO_LINE: _Line = (None, None)


class ZipPlace(Struct, frozen=True, kw_only=True, gc=False):
    """Where the post office puts a zip. A zip on both sides of a border has its main state."""

    city: str | None = None
    state: str | None = None  # USPS; AA, AE and AP are the military's
    county: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    latitude: float | None = None  # degrees, of the zip's middle
    longitude: float | None = None
    time_zone: str | None = None  # IANA


_NOWHERE = ZipPlace()


class LocalTables(Struct, frozen=True):
    """The tables that facts are read from, loaded once by the shell."""

    zips: Mapping[str, ZipPlace]  # by 5 digits
    free_domains: Set[str]  # where anybody gets a mailbox; lower-case ASCII
    disposable_domains: Set[str]  # where mailboxes are made to be thrown away


def enrich(lead: Lead, tables: LocalTables) -> Facts:
    """Gather what the tables know about a lead.

    What the sender said stands: a table fills gaps and never overrules. Where no country is named,
    states and zips are read as American, so one that exists says that the country is US.
    """
    contact = lead.contact
    address = contact.address
    country = _stated_country(lead)
    american = country is None or country in USPS_COUNTRIES
    zip_code = address.zip.partition("-")[0] if american and address.zip else address.zip
    place = tables.zips.get(zip_code, _NOWHERE) if american and zip_code else _NOWHERE
    warnings: tuple[Warned, ...] = ()
    if address.state and place.state and address.state != place.state:
        warnings = (_mismatch(address, place),)
        place = _NOWHERE  # one of the two is wrong, and nobody knows which
    state = address.state or place.state
    domain = contact.email.rpartition("@")[2] if contact.email else None
    phone_kind, phone_region = _line(contact)
    return Facts(
        city=address.city or place.city,
        state=state,
        county=place.county,
        region=REGION_OF_STATE.get(state) if american and state else None,
        country=country or place.country or ("US" if state in USPS_STATES else None),
        zip=zip_code,
        latitude=place.latitude,
        longitude=place.longitude,
        time_zone=place.time_zone,
        email_domain=domain,
        email_kind=_email_kind(domain, tables) if domain else None,
        phone_kind=phone_kind,
        phone_region=phone_region,
        warnings=warnings,
    )


def _stated_country(lead: Lead) -> str | None:
    """Read the country of the address, else the company's, which B2B leads give beside it."""
    country = lead.contact.address.country or lead.data.get("country")
    return country if isinstance(country, str) else None


def _mismatch(address: Address, place: ZipPlace) -> Warned:
    return Warned(
        code="zip_state_mismatch",
        field="contact_info.address.zip",
        message=f"zip {address.zip} is in {place.state}; the lead keeps state {address.state}",
    )


def _email_kind(domain: str, tables: LocalTables) -> EmailKind:
    """Sort a mail domain. Business is any domain where not everybody gets a mailbox.

    Makers of throw-away mailboxes hand out subdomains as well, so every parent is looked up.
    """
    parent = domain
    while parent:
        if parent in tables.disposable_domains:
            return "disposable"
        parent = parent.partition(".")[2]
    return "free" if domain in tables.free_domains else "business"


def _line(contact: Contact) -> _Line:
    """Tell the kind and the region of a verified number, by its country's numbering plan."""
    if contact.phone is None or not contact.phone_verified:
        return _NO_LINE
    if contact.phone.startswith("+1"):
        kind, region = _exchange(contact.phone[:8])
        if region in {"US", "CA"}:
            return (kind, None) if kind == "toll_free" else (kind, region)
    return _any_line(contact.phone)


@lru_cache(maxsize=65536)  # of 640,000 that the plan has room for; some 160,000 are in use
def _exchange(area_and_exchange: str) -> _Line:
    """Look at all numbers of an area code and exchange at once: `+1415555`.

    The plans of the United States and Canada never look at the last four digits, those of some
    Caribbean islands do: these take the long way.
    """
    return _look(f"{area_and_exchange}0000")


@lru_cache(maxsize=4096)  # 80 us a number
def _any_line(e164: str) -> _Line:
    return _look(e164)


def _look(e164: str) -> _Line:
    number = phonenumbers.parse(e164)
    region = phonenumbers.region_code_for_number(number)
    kind = _KIND_OF_LINE.get(phonenumbers.number_type(number))
    return kind, None if region == _NO_COUNTRY else region
