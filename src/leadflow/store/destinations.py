"""Destinations: where a partner takes delivery of leads, and on what terms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, to_builtins

from leadflow.core.decision import AgentChoice, CapWindow
from leadflow.core.schedule import WeeklyHours
from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import each, one, unique

SQL = load("destinations")

Kind = Literal["webhook"]


class DestinationEntry(Struct, frozen=True, kw_only=True):
    """A destination as its owner set it up, without its secret."""

    id: UUID
    workspace_id: UUID  # who receives
    name: str
    kind: Kind
    url: str
    active: bool
    hours: WeeklyHours | None  # None: always open
    filter: Mapping[str, Any] | None  # what it asks of a lead: `if`, `allow_missing`, `when`
    caps: Mapping[CapWindow, int]  # leads a window
    spend_caps: Mapping[CapWindow, int]  # minor units a window
    weight: int  # share in the rotation inside a priority tier
    price_minor: int
    currency: str  # ISO 4217
    max_owners: int  # who may have a person at one time; 1: nobody else
    assigns_agents: bool  # an agent of the workspace gets each lead
    agent_choice: AgentChoice
    accept_within_minutes: int | None  # after that a lead comes back; None: it never does
    pause_after_errors: int | None  # in a row; None: never
    created_at: datetime
    updated_at: datetime


class NamedDestination(Struct, frozen=True):
    """A destination as rules call it."""

    id: UUID
    name: str  # `workspace-slug/name`
    workspace_id: UUID


async def insert(connection: Connection, destination: DestinationEntry, secret: bytes) -> None:
    """Add a destination. `secret` comes sealed.

    Raises:
        ConflictError: the workspace has one of this name.
    """
    async with unique(f"a destination named {destination.name}"):
        await connection.execute(
            SQL["insert"], destination.id, destination.workspace_id, destination.name,
            destination.kind, *_changeable(destination), destination.created_at,
            destination.updated_at, secret,
        )  # fmt: skip


async def update(connection: Connection, destination: DestinationEntry) -> None:
    """Replace what its owner may change. Name and kind stay: rules refer to it by its name."""
    await connection.execute(
        SQL["update"], destination.id, *_changeable(destination), destination.updated_at
    )


async def replace_secret(
    connection: Connection, destination_id: UUID, secret: bytes, now: datetime
) -> None:
    """Put another sealed secret in the place of the one there is."""
    await connection.execute(SQL["replace_secret"], destination_id, secret, now)


async def by_id(connection: Connection, destination_id: UUID) -> DestinationEntry | None:
    """Find a destination by its id."""
    return one(await connection.fetchrow(SQL["by_id"], destination_id), DestinationEntry)


async def hold(connection: Connection, destination_id: UUID) -> DestinationEntry | None:
    """Find a destination and keep others from changing it until the transaction ends."""
    return one(await connection.fetchrow(SQL["hold"], destination_id), DestinationEntry)


async def page(
    connection: Connection, workspace_id: UUID | None, after: UUID | None, limit: int
) -> list[DestinationEntry]:
    """List destinations made after the one named `after`, oldest first."""
    return each(await connection.fetch(SQL["page"], workspace_id, after, limit), DestinationEntry)


async def named(connection: Connection) -> list[NamedDestination]:
    """List all destinations as rules call them. A tenant would see only its own: ask as service."""
    return each(await connection.fetch(SQL["named"]), NamedDestination)


def _changeable(destination: DestinationEntry) -> tuple[object, ...]:
    return (
        destination.url,
        destination.active,
        None if destination.hours is None else to_builtins(destination.hours),
        None if destination.filter is None else dict(destination.filter),
        dict(destination.caps),
        dict(destination.spend_caps),
        destination.weight,
        destination.price_minor,
        destination.currency,
        destination.max_owners,
        destination.assigns_agents,
        destination.agent_choice,
        destination.accept_within_minutes,
        destination.pause_after_errors,
    )
