"""Leads as operators look at them: they see every workspace, and every figure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from leadflow.core.agents import Weights
from leadflow.core.decision import Decision, DuplicateOf
from leadflow.core.explain import Explanation, NotMatched, explain, rules_not_matched
from leadflow.core.lead import Priority, Profile, RoutingStatus, Status
from leadflow.core.masking import MaskedContact, masked
from leadflow.core.rulebook import Rulebook, parse
from leadflow.store import agents, controls, destinations, readings, rulebooks, workspaces
from leadflow.store.database import Connection, Database
from leadflow.store.destinations import NamedDestination
from leadflow.store.readings import (
    DeliveryRow,
    FullLeadRow,
    LeadFilter,
    LeadRow,
    OpenReview,
    QueueRow,
    TimelineEntry,
)
from leadflow.store.seal import Vault
from leadflow.work.assess import Assessment, Personal

MOST_DECISIONS = 20  # tries, and evenings on which everybody was closed


class ListedLead(Struct, frozen=True, kw_only=True):
    """One lead among others, its contact data covered."""

    id: UUID
    created_at: datetime
    workspace: str  # slug of the source
    source: str | None
    vertical: str
    external_id: str | None
    status: Status
    routing_status: RoutingStatus
    score: int | None
    quality: int | None
    priority: Priority | None
    owner: str | None  # slug
    agent: str | None  # name
    contact: MaskedContact | None  # None: the person was erased


class SeenDecision(Struct, frozen=True, kw_only=True):
    """One decision, as it was recorded and in words."""

    decision: Decision
    words: Explanation
    not_matched: tuple[NotMatched, ...]  # the other rules of that version
    weights: Weights  # what the terms of an agent's rank counted for


class SeenLead(Struct, frozen=True, kw_only=True):
    """All there is about one lead."""

    row: FullLeadRow
    personal: Personal | None  # None: the person was erased
    assessment: Assessment
    waiting: QueueRow | None
    stop: str  # what keeps it from being routed automatically; empty: nothing
    review: OpenReview | None
    deliveries: Sequence[DeliveryRow]
    timeline: Sequence[TimelineEntry]
    decisions: Sequence[SeenDecision]  # the newest first
    names: Mapping[UUID, str]  # of workspaces, destinations and agents


async def leads(
    database: Database,
    vault: Vault,
    which: LeadFilter,
    *,
    workspace_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[ListedLead]:
    """List leads, the newest first.

    Args:
        database: where they are.
        vault: opens what is personal, for most of it to be covered.
        which: what they have in common.
        workspace_id: whose they are: from it, or placed with it. None: everybody's.
        before: the id that they are older than.
        limit: how many, at most.
    """
    async with database.service() as connection:
        rows = await readings.page(connection, workspace_id, which, before, limit)
        names = await _names(connection, rows)
    return [_listed(row, vault, names) for row in rows]


async def stop_of(connection: Connection, row: LeadRow) -> str:
    """Say what keeps a lead that has no owner yet from being routed automatically, if anything."""
    if row.routing_status != "pending":
        return ""
    return (await controls.in_force(connection)).stop_of(row.priority or "cold")


async def lead(database: Database, vault: Vault, lead_id: UUID) -> SeenLead | None:
    """Look at one lead. None: there is none of this id.

    Raises:
        SetupError: its contact data is sealed under a key we do not have.
    """
    async with database.service() as connection:
        row = await readings.lead(connection, lead_id)
        profile = await readings.profile(connection, lead_id)
        if row is None or profile is None:
            return None
        taken = await readings.decisions(connection, lead_id, MOST_DECISIONS)
        through = await destinations.named(connection) if taken else []
        names = await _names(connection, [row], taken)
        names |= {each.id: each.name for each in through}
        return SeenLead(
            row=replace(row, key_id=None, sealed=None),  # it is of no use to anybody
            personal=_personal(row, vault),
            assessment=msgspec.convert(row.assessment, Assessment),
            waiting=await readings.queue_row(connection, lead_id),
            stop=await stop_of(connection, row),
            review=await readings.open_review(connection, lead_id),
            deliveries=await readings.deliveries(connection, lead_id),
            timeline=await readings.timeline(connection, lead_id),
            decisions=await _explained(connection, profile, taken, through, names),
            names=names,
        )


async def _names(
    connection: Connection, rows: Sequence[LeadRow], taken: Sequence[Decision] = ()
) -> dict[UUID, str]:
    """Name everybody who has to do with these leads."""
    workspace_ids = {row.workspace_id for row in rows}
    workspace_ids |= {row.destination_workspace_id for row in rows if row.destination_workspace_id}
    agent_ids = {row.agent_id for row in rows if row.agent_id}
    for decision in taken:
        if isinstance(decision.outcome, DuplicateOf):
            workspace_ids.add(decision.outcome.workspace_id)
        workspace_ids |= {verdict.workspace_id for verdict in decision.agents}
        agent_ids |= {verdict.agent_id for verdict in decision.agents}
    return {
        **await workspaces.slugs(connection, workspace_ids),
        **await _agent_names(connection, agent_ids),
    }


async def _agent_names(connection: Connection, agent_ids: Collection[UUID]) -> dict[UUID, str]:
    found = await agents.by_ids(connection, agent_ids) if agent_ids else {}
    return {agent_id: agent.name for agent_id, agent in found.items()}


async def _explained(
    connection: Connection,
    profile: Profile,
    taken: Sequence[Decision],
    through: Sequence[NamedDestination],
    names: Mapping[UUID, str],
) -> list[SeenDecision]:
    versions = {decision.rulebook_version for decision in taken}
    books = {number: await _rulebook(connection, profile, number, through) for number in versions}
    seen = []
    for decision in taken:
        book = books[decision.rulebook_version]
        seen.append(
            SeenDecision(
                decision=decision,
                words=explain(decision, names, figures=True),
                not_matched=() if book is None else rules_not_matched(profile, book),
                weights=Weights() if book is None else book.agent_weights,
            )
        )
    return seen


async def _rulebook(
    connection: Connection, profile: Profile, number: int, through: Sequence[NamedDestination]
) -> Rulebook | None:
    """Read the rules of one version; None for version 0, which is to have none."""
    entry = await rulebooks.version(connection, profile.workspace_id, number)
    if entry is None:
        return None
    return parse(
        entry.document,
        workspace_id=entry.workspace_id,
        version=number,
        destinations={each.name: each.id for each in through},
    )


def _listed(row: LeadRow, vault: Vault, names: Mapping[UUID, str]) -> ListedLead:
    personal = _personal(row, vault)
    owner = row.destination_workspace_id
    return ListedLead(
        id=row.id,
        created_at=row.created_at,
        workspace=names.get(row.workspace_id, str(row.workspace_id)),
        source=row.source,
        vertical=row.vertical,
        external_id=row.external_id,
        status=row.status,
        routing_status=row.routing_status,
        score=row.score,
        quality=row.quality,
        priority=row.priority,
        owner=None if owner is None else names.get(owner),
        agent=None if row.agent_id is None else names.get(row.agent_id),
        contact=None if personal is None else masked(personal.contact),
    )


def _personal(row: LeadRow, vault: Vault) -> Personal | None:
    if row.sealed is None or row.key_id is None:
        return None
    return msgspec.json.decode(vault.unseal(row.id, row.key_id, row.sealed), type=Personal)
