"""Who the person is and how to reach them, read from what a sender calls `contact_info`."""

from datetime import date, datetime
from typing import Final

from leadflow.core.lead import JSON, Address, Contact
from leadflow.core.normalise import dates, email, names, phone, places, text
from leadflow.core.normalise.wrong import Wrong
from leadflow.core.reading import Part, join, open_part
from leadflow.core.verticals import spellings

_EARLIEST_BIRTH: Final = 1900
_UNKNOWN: Final = "ZZ"  # CLDR's code for an unknown region; ISO 3166-1 leaves it to its users
_MAX_LINE: Final = 200  # of a street or a city

FIELDS: Final = spellings(
    ("firstName", "lastName", "name", "fullName", "email", "phone", "address", "dateOfBirth")
)
_ADDRESS_FIELDS: Final = spellings(("street", "street2", "city", "state", "zip", "country"))

_NAME: Final = f"text of 1 to {names.MAX_LENGTH} characters"
_LINE: Final = f"text of 1 to {_MAX_LINE} characters"
_STATE: Final = "a state by its two-letter code or name; elsewhere, with the country"
_ZIP: Final = "5 digits, or 5-4; elsewhere, with the country"


def read(part: Part, country: str | None, now: datetime) -> Contact:
    """Read the members of a contact.

    `country` (ISO 3166-1 alpha-2) is what the rest of the submission says about it: it decides
    how a phone without a `+` is dialled when the address names no country.
    """
    place = open_part(
        part.value_of("address"), part.path_of("address"), _ADDRESS_FIELDS, part.findings
    )
    lives_in = _country(place)
    first, last = _name(part)
    number = _phone(part, lives_in or country or "US")
    return Contact(
        first_name=first,
        last_name=last,
        email=part.take("email", email.address, "an address such as name@example.com"),
        phone=None if number is None else number.number,
        phone_verified=number is not None and number.verified,
        address=_address(place, lives_in),
        date_of_birth=part.take(
            "dateOfBirth", lambda value: _birth(value, now), "a past date such as 1980-01-31"
        ),
    )


def _name(part: Part) -> tuple[str | None, str | None]:
    first = part.take("firstName", names.name, _NAME)
    last = part.take("lastName", names.name, _NAME)
    for field in ("fullName", "name"):
        whole = part.take(field, names.full_name, "first and last name, 1 to 100 characters each")
        if whole is not None:
            first, last = first or whole[0], last or whole[1]
    return first, last


def _phone(part: Part, region: str) -> phone.Phone | None:
    found = part.take(
        "phone", lambda value: phone.phone(value, region), "a number of 7 to 15 digits"
    )
    if found is None:
        return None
    if not found.verified:
        message = "not a valid number by its country's plan; kept as digits, never matched"
        part.findings.warn("phone_unverified", part.path_of("phone"), message)
    if found.extension is not None:
        part.findings.keep(join(part.path, "phoneExtension"), found.extension)
    return found


def _birth(value: JSON, now: datetime) -> date | Wrong:
    found = dates.day(value)
    if isinstance(found, Wrong) or date(_EARLIEST_BIRTH, 1, 1) <= found <= now.date():
        return found
    return Wrong(f"is before {_EARLIEST_BIRTH} or in the future")


def _country(place: Part) -> str | None:
    """Read where an address is; `_UNKNOWN` for a country that we do not know.

    It has no rules for states, codes and numbers that we know, so that none are held against it.
    """
    value = place.value_of("country")
    if value is None:
        return None
    found = places.country(value)
    if not isinstance(found, Wrong):
        return found
    if isinstance(value, str):
        place.put_aside("country", found)
    else:
        place.findings.refuse(place.path_of("country"), found.reason, places.A_COUNTRY)
    return _UNKNOWN


def _address(place: Part, country: str | None) -> Address:
    return Address(
        street=place.take("street", _line, _LINE),
        street2=place.take("street2", _line, _LINE),
        city=place.take("city", _line, _LINE),
        state=place.take("state", lambda value: places.state(value, country), _STATE),
        zip=place.take("zip", lambda value: places.postal_code(value, country), _ZIP),
        country=None if country == _UNKNOWN else country,
    )


def _line(value: JSON) -> str | Wrong:
    return text.at_most(_MAX_LINE, text.line(value))
