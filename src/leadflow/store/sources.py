"""Sources: the channels and names under which leads come into a workspace."""

from datetime import datetime
from typing import get_args
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import Channel, Source
from leadflow.store.database import Connection
from leadflow.store.ids import new_id
from leadflow.store.queries import load
from leadflow.store.rows import each, one, unique

SQL = load("sources")

DEFAULT = "default"
"""The name of the source that takes what names none. Each channel of a workspace has one."""


class SourceEntry(Struct, frozen=True, kw_only=True):
    """A source as its workspace set it up."""

    id: UUID
    workspace_id: UUID
    channel: Channel
    name: str
    reliability: float  # 0 to 1
    active: bool
    created_at: datetime
    updated_at: datetime

    @property
    def source(self) -> Source:
        """The part of it that travels with a lead."""
        return Source(self.id, self.workspace_id, self.channel, self.name, self.reliability)


def defaults(workspace_id: UUID, now: datetime) -> list[SourceEntry]:
    """Make the sources a new workspace begins with, one a channel."""
    return [
        SourceEntry(
            id=new_id(),
            workspace_id=workspace_id,
            channel=channel,
            name=DEFAULT,
            reliability=0.5,
            active=True,
            created_at=now,
            updated_at=now,
        )
        for channel in get_args(Channel)
    ]


async def insert(connection: Connection, source: SourceEntry) -> None:
    """Add a source.

    Raises:
        ConflictError: the workspace has one of this name in this channel.
    """
    async with unique(f"a source {source.name} in the channel {source.channel}"):
        await connection.execute(
            SQL["insert"],
            source.id,
            source.workspace_id,
            source.channel,
            source.name,
            source.reliability,
            source.active,
            source.created_at,
            source.updated_at,
        )


async def update(connection: Connection, source: SourceEntry) -> None:
    """Replace what its owner may change. The channel stays: leads have come through it.

    Raises:
        ConflictError: the workspace has one of this name in this channel.
    """
    async with unique(f"a source {source.name} in the channel {source.channel}"):
        await connection.execute(
            SQL["update"],
            source.id,
            source.name,
            source.reliability,
            source.active,
            source.updated_at,
        )


async def by_id(connection: Connection, source_id: UUID) -> SourceEntry | None:
    """Find a source by its id."""
    return one(await connection.fetchrow(SQL["by_id"], source_id), SourceEntry)


async def hold(connection: Connection, source_id: UUID) -> SourceEntry | None:
    """Find a source and keep others from changing it until the transaction ends."""
    return one(await connection.fetchrow(SQL["hold"], source_id), SourceEntry)


async def of_channel(
    connection: Connection, workspace_id: UUID, channel: Channel
) -> dict[str, SourceEntry]:
    """List a workspace's sources of one channel, by name."""
    rows = await connection.fetch(SQL["of_channel"], workspace_id, channel)
    return {source.name: source for source in each(rows, SourceEntry)}


async def page(
    connection: Connection, workspace_id: UUID | None, after: UUID | None, limit: int
) -> list[SourceEntry]:
    """List sources made after the one named `after`, oldest first."""
    return each(await connection.fetch(SQL["page"], workspace_id, after, limit), SourceEntry)
