"""One lead, held while somebody says what becomes of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import Priority, Profile, RoutingResult, RoutingStatus, Status
from leadflow.core.lifecycle import State
from leadflow.store.database import Connection
from leadflow.store.profiles import profile_of
from leadflow.store.queries import load

SQL = load("manual")


class HeldLead(Struct, frozen=True, kw_only=True):
    """A lead whose row nobody else can change now."""

    profile: Profile
    priority: Priority
    status: Status
    routing_status: RoutingStatus
    routing_result: RoutingResult | None
    attempts: int
    locked_at: datetime | None
    locked_by: str | None
    first: bool  # it has never been decided

    @property
    def state(self) -> State:
        return State(self.status, self.routing_status, self.routing_result)


async def is_visible(connection: Connection, lead_id: UUID) -> bool:
    """Tell whether whoever opened the transaction may see the lead."""
    return await connection.fetchval(SQL["visible"], lead_id) is not None


async def hold_lead(connection: Connection, lead_id: UUID) -> HeldLead | None:
    """Lock a lead's row and read what routing it takes. None: there is no such lead."""
    row = await connection.fetchrow(SQL["hold_lead"], lead_id)
    if row is None:
        return None
    return HeldLead(
        profile=profile_of(row),
        priority=row["priority"],
        status=row["status"],
        routing_status=row["routing_status"],
        routing_result=row["routing_result"],
        attempts=row["routing_attempts"],
        locked_at=row["routing_locked_at"],
        locked_by=row["routing_locked_by"],
        first=row["first"],
    )


async def take(connection: Connection, lead_id: UUID, by: str, now: datetime) -> None:
    """Put the lead's lease into our hands, whoever had it before."""
    await connection.execute(SQL["take"], lead_id, now, by)


async def agent(connection: Connection, agent_id: UUID) -> dict[str, Any] | None:
    """Read how an agent is presented to people."""
    row = await connection.fetchrow(SQL["agent"], agent_id)
    return dict(row) if row else None
