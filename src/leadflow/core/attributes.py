"""What rules and decisions may know of a lead: a flat list of named values, no contact data."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeGuard

from leadflow.core.distance import Point, written
from leadflow.core.lead import (
    JSON,
    Classification,
    Facts,
    IdentityKey,
    Lead,
    Profile,
    Quality,
    Score,
    Value,
)
from leadflow.core.verticals import find

_SCALARS = frozenset({str, int, float, bool})


def profile(
    lead: Lead,
    facts: Facts,
    quality: Quality,
    score: Score,
    classification: Classification,
    identity: tuple[IdentityKey, ...],
) -> Profile:
    """Put together all that deciding may look at.

    A vertical's fields are attributes named `data.` and the field; those marked private are left
    out, and so is everything the sender sent beyond them: nobody knows what it is.
    """
    known: dict[str, Value | None] = {
        "vertical": lead.vertical,
        "channel": lead.source.channel,
        "source": lead.source.name,
        "traffic_source": lead.traffic_source,
        "country": facts.country,
        "region": facts.region,
        "state": facts.state,
        "county": facts.county,
        "city": facts.city,
        "zip": facts.zip,
        "position": _position(facts),
        "time_zone": facts.time_zone,
        "email_kind": facts.email_kind,
        "phone_kind": facts.phone_kind,
        "phone_region": facts.phone_region,
        "score": score.value,
        "quality": quality.value,
        "priority": classification.priority,
        "size": classification.size,
        "industry": classification.industry,
        "territory": classification.territory,
        "company": _text(lead.data.get("company")) or _text(lead.data.get("businessName")),
        "budget_minor": _whole(lead.data.get("budget")),
    }
    attributes = {name: value for name, value in known.items() if value is not None}
    return Profile(
        lead_id=lead.id,
        workspace_id=lead.source.workspace_id,
        vertical=lead.vertical,
        attributes=attributes | _answers(lead),
        identity=tuple(key.digest for key in identity),
        received_at=lead.received_at,
    )


def _position(facts: Facts) -> str | None:
    if facts.latitude is None or facts.longitude is None:
        return None
    return written(Point(facts.latitude, facts.longitude))


def _answers(lead: Lead) -> dict[str, Value]:
    names = _public_names(lead.vertical)
    return {
        names[field]: answer
        for field, answer in lead.data.items()
        if field in names and _is_value(answer)
    }


@lru_cache(maxsize=64)
def _public_names(vertical: str) -> Mapping[str, str]:
    """Map the public fields to their attributes; of a vertical we do not know, none is public."""
    known = find(vertical)
    fields = () if known is None else known.fields
    return {field.name: f"data.{field.name}" for field in fields if not field.private}


def _is_value(answer: JSON) -> TypeGuard[Value]:
    if answer.__class__ in _SCALARS:  # nearly always
        return True
    return isinstance(answer, list | tuple) and all(isinstance(each, str) for each in answer)


def _text(answer: JSON) -> str | None:
    return answer if isinstance(answer, str) else None


def _whole(answer: JSON) -> int | None:
    return answer if isinstance(answer, int) and not isinstance(answer, bool) else None
