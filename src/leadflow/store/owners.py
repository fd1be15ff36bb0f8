"""Who has a lead, and how it is taken from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert

from leadflow.core.capacity import CounterKey, WindowKind, open_key
from leadflow.core.lead import Profile
from leadflow.core.outcomes import CLOSING, SalesOutcome
from leadflow.store import walk
from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("owners")


class Counted(Struct, frozen=True):
    """What a placement added to one of its destination's counters."""

    window_kind: WindowKind
    starts_at: datetime
    by: int


class Owner(Struct, frozen=True, kw_only=True):
    """Who has a lead."""

    placement_id: UUID
    workspace_id: UUID
    source_workspace_id: UUID
    slug: str
    destination_id: UUID | None  # None: with an agent by hand, or kept by the source
    agent_id: UUID | None
    vertical: str
    outcome: SalesOutcome | None
    outcome_at: datetime | None
    accepted_at: datetime | None
    return_at: datetime | None  # when the lead comes back, unless it is accepted; None: never
    counted: tuple[Counted, ...]

    @property
    def counters(self) -> tuple[CounterKey, ...]:
        """Name the counters that the placement is counted in."""
        caps = (
            CounterKey(self.destination_id, each.window_kind, each.starts_at)
            for each in self.counted
            if self.destination_id is not None
        )
        return (*caps, *(() if self.agent_id is None else (open_key(self.agent_id),)))


async def owner_of(connection: Connection, lead_id: UUID) -> Owner | None:
    """Find and lock the placement in force. None: nobody has the lead."""
    row = await connection.fetchrow(SQL["owner"], lead_id)
    return None if row is None else convert({**row, "counted": row["counted"] or ()}, Owner)


async def release(
    connection: Connection, profile: Profile, owner: Owner, now: datetime, why: str
) -> bool:
    """Take a lead from its owner: free the person, the caps and the agent.

    Args:
        connection: the lead's row is locked in it.
        profile: the lead.
        owner: as `owner_of` found it.
        now: when it is taken.
        why: what is said of a delivery that was still to be made.

    Returns:
        False: it is on its way, so the owner may have it already, and the transaction must not
        commit.
    """
    await walk.lock_counters(connection, dict.fromkeys(owner.counters, 0))
    # Dropped first: whoever is claiming a delivery at this moment is waited for, and then seen.
    here = (owner.placement_id, profile.lead_id)
    await connection.execute(SQL["drop_deliveries"], *here, now, why)
    if {"sending", "unknown"} & await _delivery_states(connection, owner, profile.lead_id):
        return False
    await connection.execute(SQL["release_placement"], owner.placement_id, now)
    await connection.execute(SQL["release_assignment"], owner.placement_id, now)
    await connection.execute(SQL["uncount"], owner.placement_id)
    person = (profile.lead_id, list(profile.identity), profile.vertical)
    await connection.execute(SQL["free_person"], *person)
    if owner.agent_id is not None and owner.outcome not in CLOSING:  # else it was freed then
        await free_agent(connection, owner.agent_id)
    return True


async def arrived(connection: Connection, owner: Owner, lead_id: UUID) -> bool:
    """Tell whether the owner's system has taken delivery of the lead."""
    return "delivered" in await _delivery_states(connection, owner, lead_id)


async def was_refused(connection: Connection, owner: Owner, lead_id: UUID) -> bool:
    """Tell whether the owner's system has certainly not taken the lead, and never will."""
    return "dead" in await _delivery_states(connection, owner, lead_id)


async def free_agent(connection: Connection, agent_id: UUID) -> None:
    """Take one off an agent's open leads."""
    await connection.execute(SQL["free_agent"], agent_id)


async def accept(connection: Connection, placement_id: UUID, now: datetime) -> None:
    """Write down that the owner keeps the lead."""
    await connection.execute(SQL["accept"], placement_id, now)


async def _delivery_states(connection: Connection, owner: Owner, lead_id: UUID) -> set[Any]:
    rows = await connection.fetch(SQL["delivery_states"], owner.placement_id, lead_id)
    return {row["state"] for row in rows}
