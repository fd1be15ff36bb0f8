"""The audit log: who changed what, written with the change."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import JSON
from leadflow.store.database import Connection
from leadflow.store.ids import new_id
from leadflow.store.queries import load

SQL = load("audit")


class Change(Struct, frozen=True, kw_only=True):
    """One change of the configuration, or an act by hand."""

    actor: str  # `key:NAME`, `cli`, `console`
    action: str  # `agent.created`, `rulebook.replaced` ...
    target: str  # the id or slug of what was changed
    workspace_id: UUID | None
    detail: Mapping[str, JSON] = {}  # no secrets, no personal data


async def record(connection: Connection, change: Change, now: datetime) -> None:
    """Write a change down in the transaction that makes it."""
    await connection.execute(
        SQL["record"],
        new_id(),
        now,
        change.actor,
        change.action,
        change.target,
        change.workspace_id,
        dict(change.detail),
    )
