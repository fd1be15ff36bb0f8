"""What one group of the walk reads and locks."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct, convert
from msgspec.structs import astuple

from leadflow.core.capacity import Counter, CounterKey
from leadflow.core.decision import Held, Holding
from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("walk")
Person = tuple[bytes, str]  # identity digest, vertical
KnownPerson = tuple[bytes, str, UUID]  # and the workspace that knows them


class SubmissionKey(Struct, frozen=True, order=True):
    """A name under which a submission is known: to repeat it is not to make another."""

    workspace_id: UUID
    kind: str  # `idempotency`, `external`, `row`
    source_id: UUID
    key: str


class Kept(Struct, frozen=True):
    """What was kept about the submission that came first under a key."""

    lead_id: UUID
    fingerprint: bytes
    answer: bytes  # JSON


async def submissions(
    connection: Connection, keys: Collection[SubmissionKey], now: datetime
) -> dict[SubmissionKey, Kept]:
    """Find which of these keys have been used, and by which lead."""
    if not keys:
        return {}
    rows = await connection.fetch(SQL["submission_keys"], list(map(astuple, keys)), now)
    return {
        SubmissionKey(row["workspace_id"], row["kind"], row["source_id"], row["key"]): Kept(
            row["lead_id"], row["fingerprint"], row["answer"]
        )
        for row in rows
    }


async def people(
    connection: Connection, asked: Collection[KnownPerson], now: datetime
) -> dict[KnownPerson, UUID]:
    """Find who is known, and by which lead."""
    if not asked:
        return {}
    rows = await connection.fetch(SQL["people"], list(asked), now)
    return {(row["key"], row["vertical"], row["workspace_id"]): row["lead_id"] for row in rows}


async def held(connection: Connection, asked: Collection[Person]) -> dict[Person, Holding]:
    """Find who has been placed with partners, and with which."""
    if not asked:
        return {}
    rows = await connection.fetch(SQL["held"], list(asked))
    return {
        (row["key"], row["vertical"]): Holding(
            convert(row["holders"], tuple[Held, ...]), row["revision"]
        )
        for row in rows
    }


async def returned(
    connection: Connection, lead_ids: Collection[UUID]
) -> dict[UUID, tuple[UUID, ...]]:
    """Find which destinations and agents these leads came back from."""
    if not lead_ids:
        return {}
    found: dict[UUID, tuple[UUID, ...]] = {}
    for row in await connection.fetch(SQL["returned"], list(lead_ids)):
        found[row["lead_id"]] = (*found.get(row["lead_id"], ()), row["passed_over"])
    return found


async def lock_counters(
    connection: Connection, wanted: Mapping[CounterKey, int]
) -> dict[CounterKey, Counter]:
    """Lock these counters in their order, making those that are not there yet.

    Args:
        connection: whose transaction keeps the locks.
        wanted: each counter's cap. Whoever needs more of them later must ask for all at once: what
            is locked out of order may be locked for ever.
    """
    if not wanted:
        return {}
    counters = await _lock(connection, wanted)
    if missing := {key: wanted[key] for key in sorted(wanted) if key not in counters}:
        await connection.execute(
            SQL["make_counters"], [(*astuple(key), cap) for key, cap in missing.items()]
        )
        counters |= await _lock(connection, missing)
    return counters


async def lock_credit(connection: Connection, owners: Collection[UUID]) -> dict[UUID, int]:
    """Lock what rotations owe these destinations and agents, after their counters."""
    if not owners:
        return {}
    credit = await _lock_credit(connection, owners)
    if missing := sorted(set(owners) - set(credit)):
        await connection.execute(SQL["make_credit"], missing)
        credit |= await _lock_credit(connection, missing)
    return credit


async def _lock(connection: Connection, keys: Iterable[CounterKey]) -> dict[CounterKey, Counter]:
    rows = await connection.fetch(SQL["lock_counters"], list(map(astuple, keys)))
    return {
        CounterKey(row["owner_id"], row["window_kind"], row["starts_at"]): Counter(
            row["cap"], row["used"], row["last_used_at"]
        )
        for row in rows
    }


async def _lock_credit(connection: Connection, owners: Collection[UUID]) -> dict[UUID, int]:
    rows = await connection.fetch(SQL["lock_credit"], list(owners))
    return {row["owner_id"]: row["credit"] for row in rows}
