"""Deliveries: which are due, whose turn it is to send them, and how their attempts ended."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import compress
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from leadflow.core.deliver import AttemptOutcome
from leadflow.core.payload import Routed, RoutedAgent, RoutedBy, RoutedLead, RoutedTo, Terms
from leadflow.store import waking
from leadflow.store.database import Connection
from leadflow.store.ids import new_id
from leadflow.store.queries import load

SQL = load("deliveries")


class Lease(Struct, frozen=True, kw_only=True):
    """The right to say how one attempt ended."""

    delivery_id: UUID
    attempt: int  # from 1
    owner: str
    lead_id: UUID
    source_workspace_id: UUID  # the lead's
    workspace_id: UUID  # the receiver's
    destination_id: UUID
    earlier: tuple[AttemptOutcome, ...]  # how the attempts before it ended, oldest first


class Parcel(Struct, frozen=True, kw_only=True):
    """What one delivery carries and where it goes, as it is stored: the personal part sealed."""

    handed_over_at: datetime
    routed: Routed
    key_id: int
    sealed: bytes
    kind: Literal["webhook"]
    url: str
    secret: bytes  # sealed


class Closing(Struct, frozen=True, kw_only=True):
    """How an attempt ended, and what becomes of its delivery."""

    lease: Lease
    outcome: AttemptOutcome
    ended_at: datetime
    state: str  # of the delivery from now on
    next_attempt_at: datetime | None = None
    status_code: int | None = None
    error: str | None = None
    review: str | None = None  # why a person has to look


async def claim(
    connection: Connection,
    *,
    owner: str,
    now: datetime,
    lease_until: datetime,
    most: int,
    share: int,
    room: Mapping[UUID, int],
) -> list[tuple[Lease, Parcel | None]]:
    """Take what is due in hand and record an attempt for each, before anything is sent.

    Args:
        connection: commit it, and then send.
        owner: who will close the attempts.
        now: deliveries whose next attempt is not later are due.
        lease_until: from then on the attempts count as lost.
        most: deliveries in all.
        share: deliveries for each destination.
        room: instead of `share`, for destinations that are busy already; may be 0.

    Returns:
        Leases and what to send; None where the lead or the destination is no longer there.
    """
    rows = await connection.fetch(
        SQL["claim"], now, owner, lease_until, most, share, list(room), list(room.values())
    )
    ids = [row["delivery_id"] for row in rows]
    parcels = {row["id"]: _parcel(row) for row in await connection.fetch(SQL["parcels"], ids)}
    return [(lease, parcels.get(lease.delivery_id)) for lease in await _leases(connection, ids)]


async def lapsed(connection: Connection, now: datetime, most: int) -> list[Lease]:
    """Lock the attempts that nobody closed in time."""
    rows = await connection.fetch(SQL["lapsed"], now, most)
    return await _leases(connection, [row["id"] for row in rows])


async def close(connection: Connection, closings: Sequence[Closing]) -> list[bool]:
    """Write how attempts ended, with the events, reviews and returns that follow.

    Returns:
        For each whether it was ours to close. About the others nothing was written.
    """
    rows = await connection.fetch(SQL["close"], *_columns(map(_close_row, closings)))
    ours = {(row["delivery_id"], row["number"]) for row in rows}
    done = [(closing.lease.delivery_id, closing.lease.attempt) in ours for closing in closings]
    closed = list(compress(closings, done))
    if delivered := [_event_row(closing) for closing in closed if closing.state == "delivered"]:
        await connection.execute(SQL["write_events"], *_columns(delivered))
    dead = [closing for closing in closed if closing.state == "dead"]
    back = await _give_back(connection, dead) if dead else set()
    unsettled = [
        _review_row(closing)
        for closing in closed
        if closing.review is not None and closing.lease.delivery_id not in back
    ]
    if unsettled:
        await connection.execute(SQL["open_reviews"], *_columns(unsettled))
    return done


async def next_due(connection: Connection, full: Collection[UUID] = ()) -> datetime | None:
    """Tell when there will be something to do, as far as that is known now.

    Args:
        connection: as the service.
        full: destinations that have no room, and are left out.
    """
    due: datetime | None = await connection.fetchval(SQL["next_due"], list(full))
    return due


async def _give_back(connection: Connection, dead: Sequence[Closing]) -> set[UUID]:
    """Have leads come back that nobody took; name those whose owners had not accepted them."""
    rows = await connection.fetch(
        SQL["give_back"], *_columns((each.lease.delivery_id, each.ended_at) for each in dead)
    )
    if rows:
        await waking.call(connection)
    return {row["id"] for row in rows}


async def _leases(connection: Connection, ids: Collection[UUID]) -> list[Lease]:
    if not ids:
        return []
    return [
        Lease(
            delivery_id=row["id"],
            attempt=row["attempts"],
            owner=row["locked_by"],
            lead_id=row["lead_id"],
            source_workspace_id=row["source_workspace_id"],
            workspace_id=row["workspace_id"],
            destination_id=row["destination_id"],
            earlier=tuple(row["earlier"]),
        )
        for row in await connection.fetch(SQL["leases"], ids)
    ]


def _parcel(row: Any) -> Parcel:
    return Parcel(
        handed_over_at=row["handed_over_at"],
        routed=_routed(row),
        key_id=row["key_id"],
        sealed=row["sealed"],
        kind=row["kind"],
        url=row["url"],
        secret=row["secret"],
    )


def _routed(row: Any) -> Routed:
    agent = RoutedAgent(id=row["agent_id"], name=row["agent_name"], email=row["agent_email"])
    return Routed(
        lead=RoutedLead(
            id=row["lead_id"],
            vertical=row["vertical"],
            score=row["score"],
            quality=row["quality"],
            priority=row["priority"],
            traffic_source=row["traffic_source"],
            external_id=row["external_id"],
            created_at=row["created_at"],
        ),
        destination=RoutedTo(
            id=row["destination_id"], name=row["destination_name"], workspace=row["slug"]
        ),
        rule=None if row["rule_id"] is None else RoutedBy(row["rule_id"]),
        agent=None if row["agent_id"] is None else agent,
        assignment=Terms(
            placement_id=row["placement_id"],
            placed_at=row["placed_at"],
            max_owners=row["max_owners"],
            price_minor=row["price_minor"],
            currency=row["currency"],
            accept_by=row["return_at"],
        ),
    )


def _close_row(closing: Closing) -> tuple[Any, ...]:
    return (
        closing.lease.delivery_id,
        closing.lease.attempt,
        closing.lease.owner,
        closing.state,
        closing.next_attempt_at,
        closing.ended_at,
        closing.outcome,
        closing.status_code,
        closing.error,
    )


def _event_row(closing: Closing) -> tuple[Any, ...]:
    lease = closing.lease
    told = {
        "delivery_id": lease.delivery_id,
        "destination_id": lease.destination_id,
        "destination_workspace_id": lease.workspace_id,
        "attempts": lease.attempt,
    }
    return (
        new_id(), "lead.delivered", lease.lead_id, lease.source_workspace_id, closing.ended_at, told
    )  # fmt: skip


def _review_row(closing: Closing) -> tuple[Any, ...]:
    lease = closing.lease
    return (new_id(), lease.lead_id, lease.source_workspace_id, closing.review, closing.ended_at)


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
