"""Where people live: countries, states, postal codes."""

import re
from typing import Final

from leadflow.core.lead import JSON
from leadflow.core.normalise.countries import ALPHA2_BY_SPELLING
from leadflow.core.normalise.text import at_most, clean_line, fold
from leadflow.core.normalise.wrong import Wrong, not_a

# USPS Publication 28, appendix B: states, the district, territories, military mail.
_STATES = """\
AL Alabama
AK Alaska
AZ Arizona
AR Arkansas
CA California
CO Colorado
CT Connecticut
DE Delaware
DC District of Columbia
FL Florida
GA Georgia
HI Hawaii
ID Idaho
IL Illinois
IN Indiana
IA Iowa
KS Kansas
KY Kentucky
LA Louisiana
ME Maine
MD Maryland
MA Massachusetts
MI Michigan
MN Minnesota
MS Mississippi
MO Missouri
MT Montana
NE Nebraska
NV Nevada
NH New Hampshire
NJ New Jersey
NM New Mexico
NY New York
NC North Carolina
ND North Dakota
OH Ohio
OK Oklahoma
OR Oregon
PA Pennsylvania
RI Rhode Island
SC South Carolina
SD South Dakota
TN Tennessee
TX Texas
UT Utah
VT Vermont
VA Virginia
WA Washington
WV West Virginia
WI Wisconsin
WY Wyoming
AS American Samoa
GU Guam
MP Northern Mariana Islands
PR Puerto Rico
VI Virgin Islands
AA Armed Forces Americas
AE Armed Forces Europe
AP Armed Forces Pacific
"""

_CODE_BY_SPELLING = {
    fold(spelling): code
    for code, name in (row.split(" ", 1) for row in _STATES.splitlines())
    for spelling in (code, name)
} | {"washingtondc": "DC", "usvirginislands": "VI"}

_CODES = frozenset(_CODE_BY_SPELLING.values())

# Where the United States Postal Service delivers: its states and codes hold there.
_USPS_COUNTRIES = frozenset({"US", "AS", "GU", "MP", "PR", "VI"})

_ZIP = re.compile(r"(\d{5})(?:[\s-]?(\d{4}))?", re.ASCII)
_POSTCODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9 -]{1,10}[A-Z0-9]", re.ASCII)
_MAX_LENGTH: Final = 100

A_COUNTRY: Final = "a country by its two-letter code or its English name"


def country(value: JSON) -> str | Wrong:
    """Read a country as ISO 3166-1 alpha-2, from either code or an English name."""
    if not isinstance(value, str):
        return not_a("text", value)
    found = ALPHA2_BY_SPELLING.get(fold(value[:_MAX_LENGTH]))
    return Wrong("is not a country we know") if found is None else found


def state(value: JSON, country: str | None) -> str | Wrong:
    """Read a state by code or name. Without a country, it is one of the United States.

    Elsewhere there is no table to hold it against: a short code in capitals, a name as sent.
    """
    if not isinstance(value, str):
        return not_a("text", value)
    if _is_usps(country):
        if value in _CODES:  # most senders write it so
            return value
        found = _CODE_BY_SPELLING.get(fold(value[:_MAX_LENGTH]))
        return Wrong("is not a state of the United States") if found is None else found
    text = at_most(_MAX_LENGTH, clean_line(value))
    if isinstance(text, Wrong):
        return text
    return text.upper() if len(text) <= 3 and text.isascii() else text


def postal_code(value: JSON, country: str | None) -> str | Wrong:
    """Read a postal code; in the United States a zip of 5 digits, or 5-4.

    A JSON number cannot carry a leading zero, so one is given back to it. Text is never padded:
    there a missing digit is a missing digit.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = _digits(value, usps=_is_usps(country))
    if not isinstance(value, str):
        return not_a("text", value)
    text = value.strip().upper()
    if _is_usps(country):
        zip_code = _ZIP.fullmatch(text)
        return "-".join(filter(None, zip_code.groups())) if zip_code else Wrong("is not a zip code")
    return text if _POSTCODE.fullmatch(text) else Wrong("is not a postal code")


def _is_usps(country: str | None) -> bool:
    return country is None or country in _USPS_COUNTRIES


def _digits(number: int, *, usps: bool) -> str:
    if not 0 <= number < 10**9:
        return ""  # no code, and perhaps too long to write out
    if not usps:
        return str(number)
    return f"{number:05d}" if number < 10**5 else f"{number:09d}"
