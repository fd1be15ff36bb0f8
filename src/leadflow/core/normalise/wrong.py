"""What stands in for a value that cannot be understood."""

from collections.abc import Mapping

from msgspec import Struct

from leadflow.core.lead import JSON


class Wrong(Struct, frozen=True):
    """Why a value was not understood.

    The reason never repeats the value: whether it may be shown is for the caller to know.
    """

    reason: str  # a predicate about the value: `is not a whole number`, `has no @`


def not_a(expected: str, value: JSON) -> Wrong:
    """Say that a value has another JSON type than the one that was asked for."""
    return Wrong(f"is {_json_type(value)}, not {expected}")


def _json_type(value: JSON) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "an object"
        case _:
            return "a list"
