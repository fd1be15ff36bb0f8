"""The names of persons."""

import re
from typing import Final
from unicodedata import normalize

from nameparser import HumanName
from nameparser.config import CONSTANTS

from leadflow.core.lead import JSON
from leadflow.core.normalise.text import at_most, clean_line
from leadflow.core.normalise.wrong import Wrong, not_a

MAX_LENGTH: Final = 100
_MAX_FULL_LENGTH: Final = 2 * MAX_LENGTH + 1

_WORD = re.compile(r"[^\W\d_]+")
_PLAIN = r"([^\W\d_]+(?:['\u2019-][^\W\d_]+)*)"  # O'Neil; phones write the curly apostrophe
_TWO_WORDS = re.compile(f"{_PLAIN} {_PLAIN}")
_NOT_NAMES = frozenset(
    word.lower()
    for words in (
        CONSTANTS.titles,
        CONSTANTS.first_name_titles,
        CONSTANTS.suffix_acronyms,
        CONSTANTS.suffix_not_acronyms,
        CONSTANTS.conjunctions,
    )
    for word in words
)


def name(value: JSON) -> str | Wrong:
    """Read one part of a name, 1 to 100 characters.

    Capitals are mended only where there is nothing to lose: a name all in capitals or all in
    small letters. `McDonald`, `van der Berg` and `JD` stay as they are.
    """
    return _read(value, MAX_LENGTH)


def full_name(value: JSON) -> tuple[str | None, str | None] | Wrong:
    """Split a whole name into first and last. A title goes; everything else is kept.

    Middle names stay with the first name, a suffix with the last: it tells father from son.
    """
    text = _read(value, _MAX_FULL_LENGTH)
    if isinstance(text, Wrong):
        return text
    first, last = _split(text)
    if len(first) > MAX_LENGTH or len(last) > MAX_LENGTH:
        return Wrong(f"has a part of more than {MAX_LENGTH} characters")
    return first or None, last or None


def _read(value: JSON, max_length: int) -> str | Wrong:
    if not isinstance(value, str):
        return not_a("text", value)
    return at_most(max_length, _capitalised(clean_line(value)))


def _capitalised(text: str) -> str:
    if not (text.isupper() or text.islower()):
        return text
    return normalize("NFC", _WORD.sub(lambda word: _capital(word[0]), text))


def _capital(word: str) -> str:
    # JD and AJ are initials as often as ED and JO are names.
    return word if len(word) <= 2 and word.isupper() else word.capitalize()


def _split(text: str) -> tuple[str, str]:
    # Two plain words are most names; the parser takes 150 us.
    words = _TWO_WORDS.fullmatch(text)
    if words is not None and _NOT_NAMES.isdisjoint(text.lower().split()):
        return words[1], words[2]
    parsed = HumanName(text)
    first = " ".join(filter(None, (parsed.first, parsed.middle)))
    last = " ".join(filter(None, (parsed.last, parsed.suffix)))
    return (first, last) if first or last else (text, "")
