"""Names and values of ours, written for people."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from leadflow.core.lead import JSON, RoutingStatus, Status
from leadflow.core.normalise.money import DEFAULT_CURRENCY, minor_units
from leadflow.core.verticals import find

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
MINUS = "\u2212"  # as wide as a plus, so that points stand below each other
_CAPITALS = {"id": "ID", "zip": "ZIP", "vin": "VIN", "url": "URL"}

STAGES: Mapping[Status, str] = {
    "received": "received",
    "processed": "waiting",
    "routed": "routed",
    "duplicate": "duplicate",
    "review": "in review",
    "expired": "expired",
    "rejected": "rejected",
}

PREFACES: Mapping[str, str] = {
    "received": "It is stored, and nothing has been decided yet.",
    "being routed": "A worker is routing it now.",
    "expired": "It expired: nobody took it in time.",
    "rejected": "A policy refused it.",
}
"""What there is to say of a stage before the latest decision is told."""

DEGRADED: Mapping[str, str] = {"no_model": "nobody has trained a model for it"}
"""Why a better source of a score was not used."""


def stage(status: Status, routing_status: RoutingStatus) -> str:
    """Say in one word where a lead is."""
    return "being routed" if routing_status == "routing" else STAGES[status]


def title(name: str) -> str:
    """Write a name of ours as a label: `vehicleYear` as `Vehicle year`."""
    words = _HUMP.sub(" ", name).replace("_", " ").replace(".", " ").lower().split()
    label = " ".join(_CAPITALS.get(word, word) for word in words)
    return label[:1].upper() + label[1:]


def plain(value: Any) -> str:
    """Write any JSON value as one line."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(f"{title(name)}: {plain(inner)}" for name, inner in value.items())
        case list() | tuple():
            return ", ".join(plain(inner) for inner in value)
        case _:
            return str(value)


def answers(vertical: str, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Write what was said about the vertical: label and value, money as an amount."""
    known = find(vertical)
    fields = {} if known is None else known.by_name
    currency = str(data.get("currency", DEFAULT_CURRENCY))
    for name, value in data.items():
        if name in fields and fields[name].kind == "money" and isinstance(value, int):
            yield title(name), amount(value, currency)
        elif value is not None:
            yield title(name), plain(value)


def amount(minor: int, currency: str) -> str:
    """Write minor units as an amount: `$1,250` for 125000 cents."""
    unit = minor_units(1, currency)
    places = len(str(unit)) - 1
    written = f"{Decimal(minor) / unit:,.{places}f}".removesuffix("." + "0" * places)
    return f"${written}" if currency == "USD" else f"{written} {currency}"


def points(number: float) -> str:
    """Write points of a score, with the sign they count with: `+45`, `-2.5`."""
    return f"{number:+.1f}".removesuffix(".0").replace("-", MINUS)


def pairs(values: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """Write fields as label and value, those of objects beside the others; None is left out."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from pairs(value)
        elif value is not None:
            yield title(name), plain(value)


def moment(at: datetime) -> str:
    """Write a time to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def hour(at: datetime) -> str:
    """Write the time of day, to the second."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


def machine(at: datetime) -> str:
    """Write a time for the `datetime` of an element."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def ago(at: datetime, now: datetime) -> str:
    """Say how far from now a time is: `3 min ago`, `in 2 h`."""
    far = now - at
    span = lasting(abs(far))
    if abs(far) < timedelta(seconds=1):
        return "just now"
    return f"{span} ago" if far > timedelta(0) else f"in {span}"


def after(at: datetime, start: datetime) -> str:
    """Say how long after its start something happened: `+0.042 s`."""
    past = max(at - start, timedelta(0))
    if past < timedelta(seconds=10):
        return f"+{past.total_seconds():.3f} s"
    return f"+{lasting(past)}"


def lasting(span: timedelta) -> str:
    """Write a span in its largest whole unit."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
