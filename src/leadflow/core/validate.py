"""From a submission to a lead, or to everything that is wrong with it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from leadflow.core import contact, fields
from leadflow.core.fields import Frame
from leadflow.core.lead import JSON, Contact, Lead, Submission
from leadflow.core.normalise import dates, money, text
from leadflow.core.normalise.wrong import Wrong
from leadflow.core.outcome import Refused
from leadflow.core.reading import Findings, Part, open_part
from leadflow.core.verticals import REGISTRY, Field, Vertical, find, snake_case, spellings

_MAX_ID: Final = 200  # characters of an external id or a traffic source
_EARLIEST_SUBMISSION: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER: Final = timedelta(days=1)  # also by a forgotten offset
_MAX_SHOWN: Final = 40
_DIGITS_OF_A_PHONE: Final = 7

_ID: Final = f"text of 1 to {_MAX_ID} characters"
_INSTANT: Final = "a date and time such as 2024-05-31T12:00:00Z, not in the future"

_BODY: Final = {
    spelling: snake_case(name)
    for spelling, name in spellings(
        (
            "vertical",
            "contactInfo",
            "verticalData",
            "trafficSource",
            "externalId",
            "source",  # with the workspace, what the door has read already
            "workspace",
            "submittedAt",
        )
    ).items()
}


def read(
    submission: Submission, now: datetime, registry: Mapping[str, Vertical] = REGISTRY
) -> Lead | Refused:
    """Read a submission: any JSON object becomes a lead or a refusal, never an error.

    What is not known is kept in `extra` under the path it came by, and warned of.
    """
    findings = Findings()
    body = open_part(submission.body, "", _BODY, findings)
    vertical = _vertical(body, registry)
    data = _data(body, vertical, now)
    person = _contact(body, data, now)
    external_id = body.take("external_id", _id, _ID)
    traffic_source = body.take("traffic_source", _id, _ID)
    submitted_at = body.take("submitted_at", lambda value: _submitted(value, now), _INSTANT)
    findings.close()
    if vertical is None or findings.problems:
        return Refused(tuple(findings.problems))
    return Lead(
        id=submission.lead_id,
        source=submission.source,
        vertical=vertical.name,
        contact=person,
        data=data,
        extra=findings.extra,
        external_id=external_id,
        traffic_source=traffic_source,
        received_at=submission.received_at,
        submitted_at=submitted_at,
        warnings=tuple(findings.warnings),
    )


def _vertical(body: Part, registry: Mapping[str, Vertical]) -> Vertical | None:
    expected = f"one of {', '.join(registry)}"
    if "vertical" not in body:
        body.findings.refuse("vertical", "is missing", expected)
    return body.take("vertical", lambda value: _find(value, registry), expected)


def _find(value: JSON, registry: Mapping[str, Vertical]) -> Vertical | Wrong:
    name = text.line(value)
    if isinstance(name, Wrong):
        return name
    return find(name, registry) or Wrong("is not a vertical we know")


def _data(body: Part, vertical: Vertical | None, now: datetime) -> dict[str, JSON]:
    if vertical is None:
        return {}
    part = _open(body, "vertical_data", vertical.spellings)
    frame = _frame(part, now)
    data: dict[str, JSON] = {}
    for name in part.members:
        _read_field(vertical.by_name[name], part, frame, data)
    for field in vertical.required:
        if field.name not in part:
            path = part.path_of(field.name)
            part.findings.refuse(path, "is missing", fields.expected(field, frame))
    return data


def _frame(part: Part, now: datetime) -> Frame:
    """Find the currency that the amounts are in; a wrong one is noted in its turn."""
    currency = money.currency(part.value_of("currency"))
    return Frame(now) if isinstance(currency, Wrong) else Frame(now, currency)


def _read_field(field: Field, part: Part, frame: Frame, data: dict[str, JSON]) -> None:
    value = part.value_of(field.name)
    found = fields.read(field, value, frame)
    if not isinstance(found, Wrong):
        data[field.name] = found
    elif field.band is not None and (band := fields.band(value)) is not None:
        if field.band not in part:  # one that is sent as such says it better
            data[field.band] = band
    elif field.lenient and isinstance(value, str):
        part.put_aside(field.name, found)
    else:
        shown = "" if field.private else _shown(value)
        reason = f"{shown} {found.reason}" if shown else found.reason
        part.findings.refuse(part.path_of(field.name), reason, fields.expected(field, frame))


def _shown(value: JSON) -> str:
    """Repeat a value so that its sender finds it again; never what may be an address or a number.

    People put things into the wrong box, and an error's text is seen by more eyes than a lead.
    """
    if isinstance(value, str):
        seen = f'"{value[:_MAX_SHOWN]}"'
    elif isinstance(value, int | float) and not isinstance(value, bool) and text.fits(value):
        seen = str(value)
    else:
        return ""
    digits = sum(char.isdigit() for char in seen)
    return seen if seen.isprintable() and "@" not in seen and digits < _DIGITS_OF_A_PHONE else ""


def _contact(body: Part, data: Mapping[str, JSON], now: datetime) -> Contact:
    part = _open(body, "contact_info", contact.FIELDS)
    if "external_id" not in body and "email" not in part and "phone" not in part:
        path = body.path_of("contact_info")
        reason = "has no e-mail and no phone, and there is no external_id"
        body.findings.refuse(path, reason, f"{path}.email, {path}.phone or external_id")
    country = data.get("country")
    return contact.read(part, country if isinstance(country, str) else None, now)


def _open(body: Part, field: str, spellings: Mapping[str, str]) -> Part:
    return open_part(body.value_of(field), body.path_of(field), spellings, body.findings)


def _id(value: JSON) -> str | Wrong:
    return text.at_most(_MAX_ID, text.label(value))


def _submitted(value: JSON, now: datetime) -> datetime | Wrong:
    found = dates.instant(value)
    if isinstance(found, Wrong) or _EARLIEST_SUBMISSION <= found <= now + _CLOCKS_DIFFER:
        return found
    return Wrong(f"is before {_EARLIEST_SUBMISSION.year} or in the future")
