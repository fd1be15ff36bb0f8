"""What a receiver is told about the lead it now owns. `docs/reference/webhook.md` shows it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from leadflow.core.lead import JSON, Contact


class RoutedLead(Struct, frozen=True, kw_only=True):
    """The lead, apart from all that says who the person is."""

    id: UUID
    vertical: str
    score: int | None  # 0 to 100
    quality: int | None  # 0 to 100
    priority: str | None  # `hot`, `warm`, `cold`
    traffic_source: str | None
    external_id: str | None  # the sender's
    created_at: datetime


class RoutedTo(Struct, frozen=True, kw_only=True):
    """The destination, as the receiver knows it."""

    id: UUID
    name: str
    workspace: str  # slug


class RoutedBy(Struct, frozen=True):
    """The rule that chose it."""

    id: UUID


class RoutedAgent(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    email: str | None


class Terms(Struct, frozen=True, kw_only=True):
    """On what terms the receiver owns the lead."""

    placement_id: UUID
    placed_at: datetime
    max_owners: int  # who may have the person at that time; 1: nobody else
    price_minor: int  # minor units of `currency`
    currency: str  # ISO 4217
    accept_by: datetime | None  # if it is not accepted by then, it goes to somebody else


class Routed(Struct, frozen=True, kw_only=True):
    """All that may be known about a delivery without opening what is sealed."""

    lead: RoutedLead
    destination: RoutedTo
    rule: RoutedBy | None  # None: placed by hand
    agent: RoutedAgent | None
    assignment: Terms


def lead_routed(
    routed: Routed,
    contact: Contact,
    data: Mapping[str, JSON],
    extra: Mapping[str, JSON],
    at: datetime,
) -> dict[str, JSON]:
    """Write the message, contact data included: it is what the receiver bought.

    It is the same at every attempt, unless somebody edits what it names in between.

    Args:
        routed: whose lead it is now, and why.
        contact: how to reach the person.
        data: the vertical's fields, by the names of the field table.
        extra: what the sender sent beyond the known fields.
        at: when the lead was handed over to delivery.
    """
    told = msgspec.to_builtins(routed)
    told["lead"] |= {
        "contact": msgspec.to_builtins(contact),
        "vertical_data": dict(data),
        "extra": dict(extra),
    }
    return {"type": "lead.routed", "timestamp": msgspec.to_builtins(at), "data": told}
