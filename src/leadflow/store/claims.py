"""Leads that a worker takes in hand, and leads whose time is over."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import Priority, Profile
from leadflow.store.database import Connection
from leadflow.store.profiles import profile_of
from leadflow.store.queries import load
from leadflow.store.rows import each

SQL = load("claims")
Work = Literal["received", "due", "stale"]


class Claimed(Struct, frozen=True, kw_only=True):
    """A lead that we have taken in hand, as it was then."""

    profile: Profile
    priority: Priority
    attempts: int  # tries, this one included
    locked_at: datetime
    first: bool  # it has never been decided


class Expired(Struct, frozen=True, kw_only=True):
    """A lead that has come to its end without an owner."""

    lead_id: UUID
    workspace_id: UUID
    vertical: str


async def claim(
    connection: Connection,
    work: Work,
    *,
    owner: str,
    now: datetime,
    most: int,
    lease: timedelta,
    least_urgency: int,
) -> list[Claimed]:
    """Take up to `most` leads in hand.

    Args:
        connection: as the service.
        work: which leads.
        owner: whose hand it is.
        now: the time.
        most: how many leads at most.
        lease: how long a lead may be in hand until its lock is stale.
        least_urgency: of leads that nobody has begun, those that are as urgent.
    """
    limit = now - lease if work == "stale" else least_urgency
    claimed = await connection.fetch(SQL[f"claim_{work}"], now, owner, most, limit)
    if not claimed:
        return []
    rows = await connection.fetch(SQL["load"], [row["id"] for row in claimed])
    return [
        Claimed(
            profile=profile_of(row),
            priority=row["priority"],
            attempts=row["routing_attempts"],
            locked_at=row["routing_locked_at"],
            first=row["first"],
        )
        for row in rows
    ]


async def still_ours(connection: Connection, lead_ids: Collection[UUID], owner: str) -> set[UUID]:
    """Lock those of these leads whose lease we still hold."""
    rows = await connection.fetch(SQL["still_ours"], list(lead_ids), owner)
    return {row["id"] for row in rows}


async def next_due(connection: Connection, lease: timedelta, least_urgency: int) -> datetime | None:
    """Tell when there will be a lead to claim that is urgent enough, as far as that is known."""
    due: datetime | None = await connection.fetchval(SQL["next_due"], lease, least_urgency)
    return due


async def expire(
    connection: Connection, *, now: datetime, older_than: datetime, most: int
) -> list[Expired]:
    """End leads that nobody took."""
    return each(await connection.fetch(SQL["expire"], now, older_than, most), Expired)


async def forget(connection: Connection, now: datetime, most: int) -> int:
    """Drop up to `most` keys and `most` people whose window is over; say how many there were."""
    dropped = [
        await connection.execute(SQL[statement], now, most)
        for statement in ("forget_keys", "forget_people")
    ]
    return sum(int(status.rpartition(" ")[2]) for status in dropped)
