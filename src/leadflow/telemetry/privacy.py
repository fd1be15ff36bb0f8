"""What may be written down: a value of a known form, and text without anything personal in it."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal
from uuid import UUID

Kind = Literal["id", "number", "flag", "word", "words", "text"]
Loggable = str | int | float | bool | UUID | list[str]

MASK = "[masked]"
MAX_TEXT = 500  # characters; also bounds what the patterns below can cost
MAX_WORDS = 50
LARGEST = 10**9  # a phone number has ten digits and more
_NUMBERS = (int, float)  # `int | float` would be made anew at every call

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Sixteen digits alone are rather a card's number than a span's.
_ID = re.compile(rf"{_UUID}|[0-9a-f]{{32}}|(?=.*[a-f])[0-9a-f]{{16}}", re.IGNORECASE)
_WORD = re.compile(r"[\w/<][\w.:/{}<>=+-]{0,199}", re.ASCII)
_AT = "(?:@|\N{FULLWIDTH COMMERCIAL AT}|%40)"
_PERSONAL = re.compile(
    rf"""
    (?P<id>\b{_UUID}\b)               # says nothing about a person, and has many digits
    | "[^"]*"{_AT}\S*                 # "john doe"@example.com
    | \S*[ ]?{_AT}[ ]?\S*             # an address, or a user with a password in a URL
    | \?\S+=\S*                       # a URL's query
    | (?:\d[^\w:]{{0,3}}){{6,}}\d     # seven digits and more, however they are set apart
    """,
    re.VERBOSE | re.IGNORECASE,
)


def mask(text: str) -> str:
    """Take out of a text what looks like an e-mail address, a phone number or a URL's query.

    Dates, account and social security numbers look like phone numbers. Names look like any other
    word: no pattern finds them, so text that may hold one must not come here.
    """
    return _PERSONAL.sub(_masked, text[:MAX_TEXT])


def is_id(text: str) -> bool:
    """Tell whether a text is a UUID or a W3C trace or span id, and nothing else."""
    return _ID.fullmatch(text) is not None


def _masked(match: re.Match[str]) -> str:
    return match["id"] or MASK


# Each returns a value as it may be written, or `[masked]` if it is not of the form it should be.


def _id(value: object) -> Loggable:
    if type(value) is UUID:
        return value
    if isinstance(value, UUID):  # asyncpg has its own
        return UUID(int=value.int)
    return value if isinstance(value, str) and is_id(value) else MASK


def _number(value: object) -> Loggable:
    if not isinstance(value, _NUMBERS) or not -LARGEST < value < LARGEST:
        return MASK
    return value


def _flag(value: object) -> Loggable:
    return value if isinstance(value, bool) else MASK


def _word(value: object) -> str:
    return value if isinstance(value, str) and _is_word(value) else MASK


@lru_cache(4096)  # the same few words come by with every lead, and the patterns take 20 us
def _is_word(text: str) -> bool:
    """Tell whether a text could be what code names things by: no spaces, no long numbers."""
    return _WORD.fullmatch(text) is not None and mask(text) == text


def _words(value: object) -> Loggable:
    if not isinstance(value, list | tuple):
        return MASK
    return [_word(each) for each in value[:MAX_WORDS]]


def _text(value: object) -> Loggable:
    return mask(value) if isinstance(value, str) else MASK


CLEANERS: Mapping[Kind, Callable[[object], Loggable]] = {
    "id": _id,
    "number": _number,
    "flag": _flag,
    "word": _word,
    "words": _words,
    "text": _text,
}
