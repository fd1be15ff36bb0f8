"""Telephone numbers: E.164 when the numbering plan knows them, else the digits as sent."""

import re
from functools import lru_cache
from typing import Final
from unicodedata import decimal

import phonenumbers
from msgspec import Struct
from phonenumbers import NumberParseException, PhoneNumber

from leadflow.core.lead import JSON
from leadflow.core.normalise.text import fits
from leadflow.core.normalise.wrong import Wrong, not_a

_MAX_LENGTH: Final = 60
_FEWEST_DIGITS: Final = 7  # a local number without its area code
_MOST_DIGITS: Final = 15  # E.164

_NORTH_AMERICA = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1])
_TEN_DIGITS = re.compile(
    r"\s*(\+?1[\s.-]*)?\(?([2-9]\d\d)\)?[\s.-]*([2-9]\d\d)[\s.-]*(\d{4})\s*", re.ASCII
)
_EXTENSION = re.compile(r"(?:[;,]?\s*ext?(?:ension|n)?\b[.:=\s]*|x\s*|#\s*)(\d{1,7})\s*\Z", re.I)
_APOSTROPHES = str.maketrans("'\u2019", "  ")  # 044'668'18'00; the library stops at them


class Phone(Struct, frozen=True):
    number: str  # E.164 when verified, else digits, after a `+` if one was sent
    verified: bool  # valid by its country's numbering plan; it may still not be in service
    extension: str | None = None


def phone(value: JSON, region: str) -> Phone | Wrong:
    """Read a number; `region` (ISO 3166-1 alpha-2) is where it is dialled from if it has no `+`.

    A number that no plan knows is kept, unverified, as long as it could be dialled at all: a
    person may still be reached by it, though never recognised.
    """
    if isinstance(value, int) and not isinstance(value, bool) and fits(value):
        value = str(value)
    if not isinstance(value, str):
        return not_a("text", value)
    if len(value) > _MAX_LENGTH:
        return Wrong(f"is {len(value)} characters long; a number has at most {_MAX_LENGTH}")
    return _ten_digits(value, region) or _any(value.strip(), region)


def _ten_digits(text: str, region: str) -> Phone | None:
    """Read a North American number without parsing it: 2 us where the library takes 25."""
    match = _TEN_DIGITS.fullmatch(text)
    if match is None:
        return None
    prefix, area, exchange, line = match.groups()
    international = prefix is not None and prefix.startswith("+")
    if not international and region not in _NORTH_AMERICA:
        return None
    if not _is_valid_exchange(area + exchange):
        return None
    return Phone(f"+1{area}{exchange}{line}", verified=True)


@lru_cache(maxsize=65536)  # of 640,000 that the plan has room for; some 160,000 are in use
def _is_valid_exchange(exchange: str) -> bool:
    """Tell whether all numbers of an area code and exchange are valid.

    The plans of the United States and Canada never look at the last four digits, those of some
    Caribbean islands do: these take the long way.
    """
    number = PhoneNumber(country_code=1, national_number=int(f"{exchange}0000"))
    return any(phonenumbers.is_valid_number_for_region(number, region) for region in ("US", "CA"))


@lru_cache(maxsize=4096)
def _any(text: str, region: str) -> Phone | Wrong:
    text = text.translate(_APOSTROPHES)
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return _unverified(text)
    if not phonenumbers.is_valid_number(number):
        return _unverified(text)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(e164, verified=True, extension=number.extension)


def _unverified(text: str) -> Phone | Wrong:
    match = _EXTENSION.search(text)
    extension = None if match is None else _ascii(match[1])
    digits = _ascii(text if match is None else text[: match.start()])
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return Wrong(f"has {len(digits) or 'no'} digits")
    number = f"+{digits}" if text.startswith(("+", "\uff0b")) else digits
    return Phone(number, verified=False, extension=extension)


def _ascii(text: str) -> str:
    return "".join(str(decimal(char)) for char in text if char.isdecimal())
