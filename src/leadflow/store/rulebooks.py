"""Rulebooks: immutable versions of each workspace's rules, one of them in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import each, one

SQL = load("rulebooks")

Document = Mapping[str, Any]
"""Plain JSON."""


class RulebookEntry(Struct, frozen=True, kw_only=True):
    """One version of a workspace's rules."""

    workspace_id: UUID
    version: int
    document: Document  # as `core.rulebook.parse` reads it; every rule has its id
    created_at: datetime
    created_by: str


class RulebookVersion(Struct, frozen=True, kw_only=True):
    """What a list says about one version."""

    version: int
    created_at: datetime
    created_by: str
    in_force: bool
    rules: int


async def lock(connection: Connection, workspace_id: UUID) -> int | None:
    """Keep others from changing a workspace's rules, and tell the version in force.

    Returns None where there is no such workspace, 0 where it has no rules yet.
    """
    version: int | None = await connection.fetchval(SQL["lock"], workspace_id)
    return version


async def put_in_force(connection: Connection, entry: RulebookEntry) -> None:
    """Add a version and make it the one that counts."""
    await connection.execute(
        SQL["insert"],
        entry.workspace_id,
        entry.version,
        dict(entry.document),
        entry.created_at,
        entry.created_by,
    )
    await connection.execute(SQL["activate"], entry.workspace_id, entry.version, entry.created_at)


async def in_force(connection: Connection, workspace_id: UUID) -> RulebookEntry | None:
    """Find the version that counts."""
    return one(await connection.fetchrow(SQL["in_force"], workspace_id), RulebookEntry)


async def version(connection: Connection, workspace_id: UUID, number: int) -> RulebookEntry | None:
    """Find one version, in force or not."""
    return one(await connection.fetchrow(SQL["version"], workspace_id, number), RulebookEntry)


async def versions(
    connection: Connection, workspace_id: UUID, before: int | None, limit: int
) -> list[RulebookVersion]:
    """List the versions older than `before`, newest first."""
    rows = await connection.fetch(SQL["versions"], workspace_id, before, limit)
    return each(rows, RulebookVersion)
