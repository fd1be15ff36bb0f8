"""What the console shows beyond single leads: what is under way, what came in, what was tried."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from leadflow.store import records
from leadflow.store.counts import first_id
from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import each

SQL = load("console")

MINUTE = timedelta(minutes=1)


class InHand(Struct, frozen=True, kw_only=True):
    """What is under way at this moment, whatever its age."""

    received: int  # leads nobody has decided yet
    being_routed: int
    retries_due: int  # leads whose next try should have begun
    in_review: int  # leads without an owner that a person has to look at
    unsettled: int  # leads with an owner that a person has to look at: how they got there is unsure
    deliveries_due: int


class Standing(Struct, frozen=True, kw_only=True):
    """Why a lead of a list is where it is."""

    review: str | None  # why a person has to look; None: nobody has to
    sentence: str | None  # of its latest decision; None: there is none yet


class AttemptRow(Struct, frozen=True, kw_only=True):
    """One attempt to deliver."""

    delivery_id: UUID
    number: int  # from 1
    started_at: datetime
    finished_at: datetime | None
    outcome: str  # `sending` until it is known
    status_code: int | None
    error: str | None


async def in_hand(connection: Connection, now: datetime) -> InHand:
    """Count what is under way."""
    [found] = each(await connection.fetch(SQL["in_hand"], now), InHand)
    return found


async def expired(
    connection: Connection, since: datetime, now: datetime, lifetime: timedelta
) -> int:
    """Count the leads that reached the end of their lifetime since some moment."""
    ages = (first_id(since - lifetime), first_id(now - lifetime))
    found: int = await connection.fetchval(SQL["expired"], *ages)
    return found


async def arrivals(connection: Connection, now: datetime, minutes: int) -> list[int]:
    """Count the leads that came in each of the last minutes, the oldest first."""
    came = [0] * minutes
    rows = await connection.fetch(SQL["arrivals"], first_id(now - minutes * MINUTE), now)
    for row in rows:
        if row["minutes_ago"] < minutes:
            came[-1 - row["minutes_ago"]] = row["leads"]
    return came


async def standings(connection: Connection, lead_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Tell why leads are where they are."""
    rows = await connection.fetch(SQL["standings"], list(lead_ids))
    return {
        row["id"]: Standing(review=row["review"], sentence=_sentence(row["record"])) for row in rows
    }


async def attempts(connection: Connection, delivery_ids: Collection[UUID]) -> list[AttemptRow]:
    """List the attempts of deliveries, the oldest first."""
    return each(await connection.fetch(SQL["attempts"], list(delivery_ids)), AttemptRow)


def _sentence(record: bytes | None) -> str | None:
    if record is None:
        return None
    return records.sentence_of(record)
