"""Text that PostgreSQL, JSON and a reader's screen can hold."""

import math
import re
from unicodedata import combining, normalize

from leadflow.core.lead import JSON
from leadflow.core.normalise.wrong import Wrong, not_a

# NUL and lone surrogates cannot be stored. Other controls, byte order marks and the marks that
# turn the writing direction change how a text reads without being part of it. The joiners U+200C
# and U+200D stay: Persian, Indic scripts and emoji are spelled with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_LINE_BREAK = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n{3,}")
_NOT_A_LETTER = re.compile(r"[\W_]+")


def line(value: JSON) -> str | Wrong:
    """Read one line of text: no control characters, single spaces, NFC."""
    if not isinstance(value, str):
        return not_a("text", value)
    return clean_line(value)


def label(value: JSON) -> str | Wrong:
    """Read one line of text that senders also write as a number: a model, a code, an id."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return line(value)
    if not fits(value):
        return Wrong("is too large a number")
    return str(value)


def prose(value: JSON) -> str | Wrong:
    r"""Read text of several lines: as `line`, with its breaks kept as `\n`."""
    if not isinstance(value, str):
        return not_a("text", value)
    lines = (clean_line(part) for part in _LINE_BREAK.split(value))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def at_most(max_length: int, found: str | Wrong) -> str | Wrong:
    """Hold a text that was read against its length, 1 to `max_length` characters."""
    if isinstance(found, Wrong) or 1 <= len(found) <= max_length:
        return found
    return Wrong(f"is {len(found)} characters long" if found else "has no visible characters")


def clean_line(text: str) -> str:
    """Bring a text into one line of single-spaced, storable NFC."""
    if not text.isprintable():
        text = storable(text)
    if not text.isascii():
        text = normalize("NFC", text)
    return " ".join(text.split())


def storable(text: str) -> str:
    """Take out what no store or screen should get, and leave the rest as it is."""
    return text if text.isprintable() else _INVISIBLE.sub("", text)


def is_storable(text: str) -> bool:
    """Tell whether `storable` would leave a text as it is."""
    return text.isprintable() or _INVISIBLE.search(text) is None


def fits(number: float) -> bool:
    """Tell whether a number can be kept exactly as JSON: finite, and 64 bits if it is whole."""
    if isinstance(number, int):
        return -(2**63) <= number < 2**63
    return math.isfinite(number)


def fold(text: str) -> str:
    """Reduce a name to what its spellings share: `Côte d'Ivoire` and `COTE DIVOIRE`."""
    decomposed = normalize("NFKD", text.replace("&", "and"))
    letters = "".join(char for char in decomposed if not combining(char))
    return _NOT_A_LETTER.sub("", letters.casefold())
