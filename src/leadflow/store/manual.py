"""One lead, held while somebody routes it by hand."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import Priority, Profile, RoutingStatus, Status
from leadflow.core.outcomes import CLOSING, SalesOutcome
from leadflow.store import outcomes
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
    attempts: int
    locked_at: datetime | None
    locked_by: str | None
    first: bool  # it has never been decided


class Owner(Struct, frozen=True, kw_only=True):
    """Who has a lead."""

    placement_id: UUID
    workspace_id: UUID
    slug: str
    agent_id: UUID | None
    outcome: SalesOutcome | None


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
        attempts=row["routing_attempts"],
        locked_at=row["routing_locked_at"],
        locked_by=row["routing_locked_by"],
        first=row["first"],
    )


async def owner_of(connection: Connection, lead_id: UUID) -> Owner | None:
    """Find and lock the placement in force."""
    row = await connection.fetchrow(SQL["owner"], lead_id)
    if row is None:
        return None
    return Owner(
        placement_id=row["id"],
        workspace_id=row["workspace_id"],
        slug=row["slug"],
        agent_id=row["agent_id"],
        outcome=row["outcome"],
    )


async def release(connection: Connection, profile: Profile, owner: Owner, now: datetime) -> bool:
    """Take a lead from its owner, and free the person.

    False: it is on its way, so the owner may have it already, and the transaction must not commit.
    """
    # Dropped first: whoever is claiming a delivery at this moment is waited for, and then seen.
    here = (owner.placement_id, profile.lead_id)
    await connection.execute(SQL["drop_deliveries"], *here, now)
    if await connection.fetchval(SQL["on_its_way"], *here) is not None:
        return False
    await connection.execute(SQL["release_placement"], owner.placement_id, now)
    await connection.execute(SQL["release_assignment"], owner.placement_id, now)
    await connection.execute(
        SQL["free_person"], profile.lead_id, list(profile.identity), profile.vertical
    )
    if owner.agent_id is not None and owner.outcome not in CLOSING:  # else it was freed then
        await outcomes.free_agent(connection, owner.agent_id)
    return True


async def take(connection: Connection, lead_id: UUID, by: str, now: datetime) -> None:
    """Put the lead's lease into our hands, whoever had it before."""
    await connection.execute(SQL["take"], lead_id, now, by)


async def agent(connection: Connection, agent_id: UUID) -> dict[str, Any] | None:
    """Read how an agent is presented to people."""
    row = await connection.fetchrow(SQL["agent"], agent_id)
    return dict(row) if row else None
