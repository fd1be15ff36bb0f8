"""What people are told about a lead."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from leadflow.core.lead import (
    Channel,
    Contact,
    Priority,
    RoutingResult,
    RoutingStatus,
    Status,
)
from leadflow.core.masking import MaskedContact, masked
from leadflow.core.outcomes import SalesOutcome
from leadflow.store.readings import DeliveryRow, FullLeadRow, LeadRow, OpenReview, QueueRow
from leadflow.store.seal import Vault
from leadflow.work.assess import Assessment, Personal

Foreign = Meta(description="null where it belongs to another workspace")


class LeadInList(Struct, frozen=True, kw_only=True):
    """One lead in a list, its contact data covered."""

    id: UUID
    workspace_id: UUID
    channel: Annotated[Channel | None, Foreign]
    source: Annotated[str | None, Foreign]
    vertical: str
    external_id: str | None
    status: Status
    routing_status: RoutingStatus
    routing_result: RoutingResult | None
    score: int | None
    quality: int | None
    priority: Priority | None
    destination_workspace_id: Annotated[UUID | None, Meta(description="who owns it")]
    agent_id: UUID | None
    contact: Annotated[MaskedContact | None, Meta(description="null once the person was erased")]
    created_at: datetime
    updated_at: datetime


class Ownership(Struct, frozen=True, kw_only=True):
    """Who has a lead, and since when."""

    placement_id: UUID
    workspace_id: UUID
    destination_id: Annotated[UUID | None, Meta(description="null: the source keeps it")]
    rule_id: Annotated[UUID | None, Meta(description="null: placed by hand, or kept")]
    agent_id: UUID | None
    placed_at: datetime
    accepted_at: Annotated[datetime | None, Meta(description="null: not yet, or never asked to")]
    accept_by: Annotated[
        datetime | None, Meta(description="it comes back if not accepted by then; null: it stays")
    ]
    outcome: Annotated[
        SalesOutcome | None, Meta(description="what became of it in sales; null: not said yet")
    ]
    outcome_at: datetime | None


class LeadInFull(Struct, frozen=True, kw_only=True):
    """All there is about one lead."""

    id: UUID
    workspace_id: UUID
    channel: Annotated[Channel | None, Foreign]
    source: Annotated[str | None, Foreign]
    vertical: str
    external_id: str | None
    traffic_source: str | None
    status: Status
    routing_status: RoutingStatus
    routing_result: RoutingResult | None
    routing_attempts: int
    score: int | None
    score_source: str | None
    quality: int | None
    priority: Priority | None
    degraded: str | None
    contact: Annotated[Contact | None, Meta(description="null once the person was erased")]
    vertical_data: Annotated[Mapping[str, Any], Meta(description="money in minor units")]
    extra: Annotated[Mapping[str, Any], Meta(description="what was sent beyond the known fields")]
    assessment: Assessment
    ownership: Annotated[Ownership | None, Meta(description="null: nobody has it")]
    waiting: Annotated[QueueRow | None, Meta(description="null: it waits for nothing")]
    review: Annotated[OpenReview | None, Meta(description="null: nobody has to look")]
    deliveries: Annotated[tuple[DeliveryRow, ...], Meta(description="to your own destinations")]
    created_at: datetime
    updated_at: datetime


def in_list(row: LeadRow, vault: Vault) -> LeadInList:
    """Present a lead in a list."""
    personal = _unsealed(row, vault)
    contact = None if personal is None else masked(personal.contact)
    return LeadInList(contact=contact, **_shared(row, LeadInList))


def in_full(
    row: FullLeadRow,
    vault: Vault,
    *,
    waiting: QueueRow | None,
    review: OpenReview | None,
    deliveries: list[DeliveryRow],
) -> LeadInFull:
    """Present one lead."""
    personal = _unsealed(row, vault)
    return LeadInFull(
        contact=None if personal is None else personal.contact,
        vertical_data={} if personal is None else personal.data,
        extra={} if personal is None else personal.extra,
        assessment=msgspec.convert(row.assessment, Assessment),
        ownership=_ownership(row),
        waiting=waiting,
        review=review,
        deliveries=tuple(deliveries),
        **_shared(row, LeadInFull, without={"assessment"}),
    )


def _shared(
    row: LeadRow, of: type[Struct], *, without: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    """Take over the fields that have the same name."""
    names = set(row.__struct_fields__) & set(of.__struct_fields__) - without
    return {name: getattr(row, name) for name in names}


def _unsealed(row: LeadRow, vault: Vault) -> Personal | None:
    if row.sealed is None or row.key_id is None:
        return None
    return msgspec.json.decode(vault.unseal(row.id, row.key_id, row.sealed), type=Personal)


def _ownership(row: FullLeadRow) -> Ownership | None:
    if row.placement_id is None or row.destination_workspace_id is None or row.placed_at is None:
        return None
    return Ownership(
        placement_id=row.placement_id,
        workspace_id=row.destination_workspace_id,
        destination_id=row.destination_id,
        rule_id=row.rule_id,
        agent_id=row.agent_id,
        placed_at=row.placed_at,
        accepted_at=row.accepted_at,
        accept_by=row.return_at,
        outcome=row.outcome,
        outcome_at=row.outcome_at,
    )
