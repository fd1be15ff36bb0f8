"""Quantities in a lead's data, which forms ask for exactly or in bands."""

from collections.abc import Mapping
from typing import TypeGuard

from leadflow.core.answers import at_least
from leadflow.core.lead import JSON

_NUMBERS = frozenset({int, float})


def count(data: Mapping[str, JSON], field: str) -> float | None:
    """Read a number, or the lower end of its band."""
    exact = data.get(field)
    if is_number(exact):
        return exact
    band = data.get(f"{field}Band")
    return at_least(band) if isinstance(band, str) else None


def dollars(data: Mapping[str, JSON], field: str) -> float | None:
    """Read money, or the lower end of its band, in US dollars.

    An amount in another currency is not known in dollars: there is no rate to hold it against.
    """
    if data.get("currency", "USD") != "USD":
        return None
    exact = data.get(field)
    return exact / 100 if is_number(exact) else count(data, field)


def is_number(value: JSON) -> TypeGuard[int | float]:
    """Tell numbers from the rest; truth values, which Python counts as numbers, are of the rest."""
    return value.__class__ in _NUMBERS  # four times as fast as `isinstance`, and asked 20 times
