"""Plain data, as JSON and YAML give it, read field by field with every problem noted."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import TypeGuard
from uuid import UUID

from leadflow.errors import Problem

NO_ID = UUID(int=0)  # stands in for an id that could not be read

_SHOWN = 60  # characters of a wrong value that a problem repeats


class Reader:
    """Reads the fields of one document; what is wrong ends in `problems`.

    After a problem a reading goes on with a stand-in of the right type, so that the rest is read
    as well. Nothing that was read may be used when there are problems.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, field: str, reason: str, expected: str) -> None:
        self.problems.append(Problem(field, reason, expected))

    def refuse_value(self, field: str, value: object, what: str, expected: str) -> None:
        """Refuse a value for not being `what`; None is a field that is missing."""
        reason = "is missing" if value is None else f"{quoted(value)} is not {what}"
        self.refuse(field, reason, expected)

    def mapping(
        self, value: object, field: str, known: Iterable[str]
    ) -> Mapping[str, object] | None:
        """Read a mapping, refusing keys that are not known. None when it is none."""
        if not isinstance(value, Mapping):
            self.refuse_value(field, value, "a mapping", f"a mapping with {listed(known)}")
            return None
        for key in value:
            if key not in known:
                self.refuse(within(field, key), "is not known here", f"one of {listed(known)}")
        return value

    def items(self, value: object, field: str, of: str) -> Sequence[object]:
        if isinstance(value, list | tuple):
            return value
        self.refuse_value(field, value, "a list", f"a list of {of}")
        return ()

    def text(self, value: object, field: str, *, longest: int) -> str:
        expected = f"a text of 1 to {longest} characters"
        if not isinstance(value, str) or not value.strip():
            self.refuse_value(field, value, "a text", expected)
            return ""
        if len(value) > longest:
            self.refuse(field, f"is {len(value)} characters long", expected)
            return ""
        return value

    def whole(self, value: object, field: str, low: int, high: int) -> int:
        expected = f"a whole number from {low} to {high}"
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse_value(field, value, "a whole number", expected)
            return low
        if not low <= value <= high:
            self.refuse_value(field, value, f"from {low} to {high}", expected)
            return low
        return value

    def number(self, value: object, field: str, low: float, high: float) -> float:
        expected = f"a number from {low} to {high}"
        if not is_number(value):
            self.refuse_value(field, value, "a number", expected)
            return low
        if not low <= value <= high:
            self.refuse_value(field, value, f"from {low} to {high}", expected)
        return value

    def flag(self, value: object, field: str) -> bool:
        if isinstance(value, bool):
            return value
        self.refuse_value(field, value, "true or false", "true or false")
        return False

    def uuid(self, value: object, field: str) -> UUID:
        try:
            return value if isinstance(value, UUID) else UUID(str(value))
        except ValueError:
            self.refuse_value(field, value, "an id", "a UUID")
            return NO_ID


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell numbers from all else. What is not finite, or takes more than 64 bits, is none."""
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and not _is_huge(value)


def within(field: str, key: object) -> str:
    """Name the place of a key: `if.state` of `if`, `rules` of the whole document."""
    return f"{field}.{key}" if field else str(key)


def quoted(value: object) -> str:
    """Repeat a value in a sentence, cut where it is long."""
    words = f'"{value}"' if isinstance(value, str) else _plain(value)
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."


def _plain(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() if _is_huge(value):
            return "a huge number"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return str(value)


def _is_huge(number: int) -> bool:
    return number.bit_length() > 64  # Python refuses to write the longest ones at all


def listed(names: Iterable[str]) -> str:
    """Name the choices in a sentence, always in the same order."""
    return ", ".join(sorted(names))
