"""Groups of decisions, with all that they rest on."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import Profile
from leadflow.store.database import Connection
from leadflow.store.profiles import profile_of
from leadflow.store.queries import load

SQL = load("replaying")


class Member(Struct, frozen=True, kw_only=True):
    """One decision of a group."""

    position: int
    lead_id: UUID
    workspace_id: UUID
    rulebook_version: int
    record: bytes
    profile: Profile | None  # None: erased


class Batch(Struct, frozen=True, kw_only=True):
    """A group that was decided together."""

    id: UUID
    snapshot: bytes
    members: Sequence[Member]  # by position


async def batches(
    connection: Connection, after: UUID | None, since: datetime | None, limit: int
) -> list[Batch]:
    """Read the groups that follow the one named `after`, oldest first."""
    return await _with_members(
        connection, await connection.fetch(SQL["batches"], after, since, limit)
    )


async def batches_of(connection: Connection, lead_id: UUID) -> list[Batch]:
    """Read the groups that a lead was decided in, oldest first."""
    return await _with_members(connection, await connection.fetch(SQL["batches_of_lead"], lead_id))


async def _with_members(connection: Connection, rows: Sequence[Any]) -> list[Batch]:
    members: dict[UUID, list[Member]] = defaultdict(list)
    for row in await connection.fetch(SQL["members"], [row["id"] for row in rows]):
        members[row["batch_id"]].append(
            Member(
                position=row["position"],
                lead_id=row["lead_id"],
                workspace_id=row["workspace_id"],
                rulebook_version=row["rulebook_version"],
                record=row["record"],
                profile=None if row["id"] is None or row["identity"] is None else profile_of(row),
            )
        )
    return [
        Batch(id=row["id"], snapshot=row["snapshot"], members=members[row["id"]]) for row in rows
    ]
