"""One field of a vertical: from what was sent to its value, or to what is wrong with it."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple, TypeVar

from msgspec import Struct

from leadflow.core.lead import JSON
from leadflow.core.normalise import dates, money, numbers, places, text
from leadflow.core.normalise.tree import tree
from leadflow.core.normalise.wrong import Wrong, not_a
from leadflow.core.verticals import Bound, Field, Kind

MAX_TEXTS: Final = 50  # of a list
MAX_BAND: Final = 60  # characters

Number = TypeVar("Number", bound=float)

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VIN_PADDING = str.maketrans("", "", " -")
_SEPARATOR = re.compile(r"[,;]")


class Frame(Struct, frozen=True):
    """What the meaning of a value depends on beside the value."""

    now: datetime
    currency: str = money.DEFAULT_CURRENCY  # ISO 4217


def read(field: Field, value: JSON, frame: Frame) -> JSON | Wrong:
    """Read one value as its field asks for it: normalised, in bounds, storable."""
    return _HANDLING[field.kind].read(field, value, frame)


def expected(field: Field, frame: Frame) -> str:
    """Say what a field takes, for whoever sent something else."""
    return _HANDLING[field.kind].expected(field, frame)


def band(value: JSON) -> str | None:
    """Read a range or a size in words, sent for a number: `11-50`, `over $1M`, `enterprise`."""
    if not isinstance(value, str) or numbers.decimal(value) is not None:
        return None
    found = text.at_most(MAX_BAND, text.line(value))
    return None if isinstance(found, Wrong) else found


def _text(field: Field, value: JSON, _: Frame) -> str | Wrong:
    return text.at_most(field.max_length, text.line(value))


def _label(field: Field, value: JSON, _: Frame) -> str | Wrong:
    return text.at_most(field.max_length, text.label(value))


def _prose(field: Field, value: JSON, _: Frame) -> str | Wrong:
    return text.at_most(field.max_length, text.prose(value))


def _integer(field: Field, value: JSON, frame: Frame) -> int | Wrong:
    found = numbers.integer(value)
    return found if isinstance(found, Wrong) else _in_bounds(found, field, frame)


def _number(field: Field, value: JSON, frame: Frame) -> int | float | Wrong:
    found = numbers.number(value)
    return found if isinstance(found, Wrong) else _in_bounds(found, field, frame)


def _in_bounds(found: Number, field: Field, frame: Frame) -> Number | Wrong:
    if found < _bound(field.low, frame):
        return Wrong("is too small")
    return Wrong("is too large") if found > _bound(field.high, frame) else found


def _bound(bound: Bound, frame: Frame) -> int:
    """Resolve a bound to a number; the two that depend on the date are years."""
    if isinstance(bound, int):
        return bound
    return frame.now.year + (1 if bound == "next_year" else 0)


def _money(field: Field, value: JSON, frame: Frame) -> int | Wrong:
    found = money.money(value, frame.currency)
    if isinstance(found, Wrong):
        return found
    if found < money.minor_units(_bound(field.low, frame), frame.currency):
        return Wrong("is too small")
    high = money.minor_units(_bound(field.high, frame), frame.currency)
    return Wrong("is too large") if found > high else found


def _boolean(_: Field, value: JSON, __: Frame) -> bool | Wrong:
    return numbers.boolean(value)


def _date(field: Field, value: JSON, frame: Frame) -> str | Wrong:
    found = dates.day(value)
    if isinstance(found, Wrong):
        return found
    if found.year < _bound(field.low, frame):
        return Wrong("is too early")
    latest = frame.now.date() if field.high == "today" else _last_day(_bound(field.high, frame))
    return Wrong("is too late") if found > latest else found.isoformat()


def _last_day(year: int) -> date:
    return date(min(year, date.max.year), 12, 31)  # without a bound, the last there is


def _choice(field: Field, value: JSON, _: Frame) -> str | Wrong:
    if not isinstance(value, str):
        return not_a("text", value)
    chosen = value.strip().lower().replace("_", "-").replace(" ", "-")
    return chosen if chosen in field.choices else Wrong("is not one of the choices")


def _texts(field: Field, value: JSON, _: Frame) -> list[str] | Wrong:
    items = _SEPARATOR.split(value) if isinstance(value, str) else value
    if not isinstance(items, Sequence):
        return not_a("a list", value)
    if len(items) > MAX_TEXTS:
        return Wrong(f"has {len(items)} items")
    found = []
    for item in items:
        if isinstance(item, str) and not text.clean_line(item):
            continue
        kept = text.at_most(field.max_length, text.label(item))
        if isinstance(kept, Wrong):
            return Wrong(f"has an item that {kept.reason}")
        found.append(kept)
    return found


def _vin(_: Field, value: JSON, __: Frame) -> str | Wrong:
    if not isinstance(value, str):
        return not_a("text", value)
    vin = value.translate(_VIN_PADDING).strip().upper()
    return vin if _VIN.fullmatch(vin) else Wrong("is not a vehicle identification number")


def _country(_: Field, value: JSON, __: Frame) -> str | Wrong:
    return places.country(value)


def _currency(_: Field, value: JSON, __: Frame) -> str | Wrong:
    return money.currency(value)


def _object(field: Field, value: JSON, _: Frame) -> JSON | Wrong:
    if not isinstance(value, Mapping):
        return not_a("an object", value)
    return tree(value, field.max_length)


def _anything(field: Field, value: JSON, _: Frame) -> JSON | Wrong:
    return tree(value, field.max_length)


def _range(field: Field, frame: Frame) -> str:
    return f"from {_bound(field.low, frame)} to {_bound(field.high, frame)}"


def _some_text(field: Field, _: Frame) -> str:
    return f"text of 1 to {field.max_length} characters"


class _Handling(NamedTuple):
    read: Callable[[Field, JSON, Frame], JSON | Wrong]
    expected: Callable[[Field, Frame], str]


_HANDLING: Mapping[Kind, _Handling] = {
    "text": _Handling(_text, _some_text),
    "label": _Handling(_label, _some_text),
    "prose": _Handling(_prose, _some_text),
    "integer": _Handling(_integer, lambda field, frame: f"a whole number {_range(field, frame)}"),
    "number": _Handling(_number, lambda field, frame: f"a number {_range(field, frame)}"),
    "money": _Handling(
        _money, lambda field, frame: f"an amount {_range(field, frame)} {frame.currency}"
    ),
    "boolean": _Handling(_boolean, lambda _, __: "true or false"),
    "date": _Handling(
        _date, lambda field, _: f"a date such as 2024-05-31, from {field.low} to {field.high}"
    ),
    "choice": _Handling(_choice, lambda field, _: f"one of {', '.join(field.choices)}"),
    "texts": _Handling(
        _texts, lambda field, _: f"{MAX_TEXTS} texts of {field.max_length} characters at most"
    ),
    "vin": _Handling(_vin, lambda _, __: "17 letters and digits, without I, O and Q"),
    "country": _Handling(_country, lambda _, __: places.A_COUNTRY),
    "currency": _Handling(_currency, lambda _, __: "an ISO 4217 code such as USD"),
    "object": _Handling(
        _object, lambda field, _: f"an object of {field.max_length} bytes as JSON at most"
    ),
    "anything": _Handling(_anything, lambda field, _: f"{field.max_length} bytes of JSON at most"),
}
