"""Dates and instants, written as ISO 8601 has them."""

from datetime import UTC, date, datetime

from leadflow.core.lead import JSON
from leadflow.core.normalise.wrong import Wrong, not_a

_LONGEST = len("2024-05-31T23:59:59.123456789+01:00:00")
_NO_DATE = Wrong("is not an ISO 8601 date")


def day(value: JSON) -> date | Wrong:
    """Read a date. Of a date with a time, the day as it is written, in its own offset."""
    found = _read(value)
    return found.date() if isinstance(found, datetime) else found


def instant(value: JSON) -> datetime | Wrong:
    """Read a date with a time, in UTC. Without an offset it is taken as UTC."""
    found = _read(value)
    if isinstance(found, Wrong):
        return found
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC)
    except OverflowError:  # 0001-01-01T00:00+01:00 is before the first year
        return Wrong("is not a date")


def _read(value: JSON) -> datetime | Wrong:
    if not isinstance(value, str):
        return not_a("text", value)
    text = value.strip()
    try:
        return datetime.fromisoformat(text) if len(text) <= _LONGEST else _NO_DATE
    except ValueError:
        return _NO_DATE
