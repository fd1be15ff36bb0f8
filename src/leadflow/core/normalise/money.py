"""Amounts of money, in minor units."""

import re
from decimal import ROUND_HALF_UP, Decimal

from leadflow.core.lead import JSON
from leadflow.core.normalise.numbers import decimal
from leadflow.core.normalise.text import fits
from leadflow.core.normalise.wrong import Wrong, not_a

DEFAULT_CURRENCY = "USD"

# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}

_SYMBOL = {"USD": "$", "CAD": "$", "AUD": "$", "MXN": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_CODE = re.compile(r"[A-Z]{3}")


def currency(value: JSON) -> str | Wrong:
    """Read an ISO 4217 code, by its shape: three letters."""
    if not isinstance(value, str):
        return not_a("text", value)
    code = value.strip().upper()
    return code if _CODE.fullmatch(code) else Wrong("is not a currency code")


def minor_units(amount: int, currency: str) -> int:
    """Convert a whole amount of a currency: 12 USD are 1200 cents."""
    return int(Decimal(amount).scaleb(_DIGITS.get(currency, 2)))


def in_words(minor: int, currency: str) -> str:
    """Write minor units with their code: `25.00 USD` for 2500 cents."""
    return f"{Decimal(minor).scaleb(-_DIGITS.get(currency, 2)):f} {currency}"


def money(value: JSON, currency: str) -> int | Wrong:
    """Read a decimal amount as minor units, half a unit rounded away from zero.

    The symbol or code of the currency may stand beside it. That of another is refused: it would
    be a different amount.
    """
    if isinstance(value, str):
        plain = decimal(_without_currency(value, currency))
        if plain is None:
            return Wrong(f"is not an amount in {currency}")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return not_a("an amount", value)
    elif not fits(value):
        return Wrong("is too large a number")
    else:
        plain = repr(value)
    units = Decimal(plain).scaleb(_DIGITS.get(currency, 2))
    return int(units.to_integral_value(ROUND_HALF_UP))


def _without_currency(text: str, currency: str) -> str:
    text = text.strip()
    if text[-3:].upper() == currency:
        return text[:-3]
    if text[:3].upper() == currency:
        text = text[3:].lstrip()
    return text.removeprefix(_SYMBOL.get(currency, currency))
