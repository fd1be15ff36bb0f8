"""Numbers and truth values, as JSON gives them or as text."""

import re

from leadflow.core.lead import JSON
from leadflow.core.normalise.text import fits
from leadflow.core.normalise.wrong import Wrong, not_a

# Digits, with thousands separators or without. Longer than any quantity we ask for: Python
# refuses to convert a few thousand digits, and 18 always fit 64 bits.
_DECIMAL = re.compile(r"([+-]?)(\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.(\d{1,18}))?", re.ASCII)

_TRUTH = {"true": True, "yes": True, "y": True, "1": True}
_TRUTH |= {"false": False, "no": False, "n": False, "0": False}


def integer(value: JSON) -> int | Wrong:
    """Read a whole number: `2020`, `2020.0`, `"1,200"`. A fraction is never cut off."""
    found = number(value)
    if isinstance(found, float):
        return Wrong("is not a whole number")
    return found


def number(value: JSON) -> int | float | Wrong:
    """Read a number; a whole one comes back as an int, however it was written."""
    if isinstance(value, str):
        plain = decimal(value)
        if plain is None:
            return Wrong("is not a number")
        value = float(plain) if "." in plain else int(plain)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return not_a("a number", value)
    if not fits(value):
        return Wrong("is too large a number")
    if value != int(value):
        return value
    if isinstance(value, float) and abs(value) > 2**53:  # beyond this a float skips numbers
        return Wrong("is too large a number")
    return int(value)


def decimal(text: str) -> str | None:
    """Take the thousands separators out of a decimal number; None for anything else."""
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        return None
    sign, whole, fraction = match.groups()
    digits = f"{sign}{whole.replace(',', '')}"
    return f"{digits}.{fraction}" if fraction else digits


def boolean(value: JSON) -> bool | Wrong:
    """Read true/false, yes/no, y/n or 1/0."""
    if isinstance(value, str):
        found = _TRUTH.get(value.strip().lower())
    elif isinstance(value, int | float) and value in (0, 1):
        found = bool(value)
    else:
        found = None
    return Wrong("is neither true nor false") if found is None else found
