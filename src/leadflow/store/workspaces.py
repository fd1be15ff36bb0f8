"""Workspaces: the tenants."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import each, one, unique

SQL = load("workspaces")

Kind = Literal["standard", "partner", "dealership"]


class Workspace(Struct, frozen=True, kw_only=True):
    """One tenant: a brand that brings leads, a partner that receives them, a dealership."""

    id: UUID
    slug: str
    name: str
    kind: Kind
    time_zone: str  # IANA
    duplicate_window: timedelta
    rulebook_version: int  # 0: it has no rules yet
    active: bool
    created_at: datetime
    updated_at: datetime


async def insert(connection: Connection, workspace: Workspace) -> None:
    """Add a workspace. It has no rules and no sources yet.

    Raises:
        ConflictError: the slug is taken.
    """
    async with unique(f"a workspace with the slug {workspace.slug}"):
        await connection.execute(
            SQL["insert"],
            workspace.id,
            workspace.slug,
            workspace.name,
            workspace.kind,
            workspace.time_zone,
            workspace.duplicate_window,
            workspace.active,
            workspace.created_at,
            workspace.updated_at,
        )


async def update(connection: Connection, workspace: Workspace) -> None:
    """Replace what its owner may change. The slug stays: rules of others refer to it."""
    await connection.execute(
        SQL["update"],
        workspace.id,
        workspace.name,
        workspace.kind,
        workspace.time_zone,
        workspace.duplicate_window,
        workspace.active,
        workspace.updated_at,
    )


async def by_id(connection: Connection, workspace_id: UUID) -> Workspace | None:
    """Find a workspace by its id."""
    return one(await connection.fetchrow(SQL["by_id"], workspace_id), Workspace)


async def hold(connection: Connection, workspace_id: UUID) -> Workspace | None:
    """Find a workspace and keep others from changing it until the transaction ends."""
    return one(await connection.fetchrow(SQL["hold"], workspace_id), Workspace)


async def by_slug(connection: Connection, slug: str) -> Workspace | None:
    """Find a workspace by its slug."""
    return one(await connection.fetchrow(SQL["by_slug"], slug), Workspace)


async def page(connection: Connection, after: UUID | None, limit: int) -> list[Workspace]:
    """List the workspaces made after the one named `after`, oldest first."""
    return each(await connection.fetch(SQL["page"], after, limit), Workspace)


async def slugs(connection: Connection, workspace_ids: Collection[UUID]) -> dict[UUID, str]:
    """Name these workspaces; what the connection may not see is left out."""
    rows = await connection.fetch(SQL["slugs"], list(workspace_ids))
    return {row["id"]: row["slug"] for row in rows}
