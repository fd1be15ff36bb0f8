"""Take stored decisions again, and see that they come out as they did."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from time import perf_counter
from uuid import UUID

from msgspec import Struct

from leadflow.core.nearest import Miss, miss_of
from leadflow.core.replay import (
    ByHand,
    Different,
    Entry,
    InputsGone,
    Same,
    is_by_hand,
    replay,
    seen_by,
)
from leadflow.core.rulebook import Rulebook, parse
from leadflow.errors import ConflictError, InputError, NotFoundError
from leadflow.store import destinations, records, replaying, rulebooks
from leadflow.store.database import Connection, Database
from leadflow.store.replaying import Batch, Member
from leadflow.work.rules import NO_RULES

BATCHES = 100  # groups read at a time: 10,000 decisions at most


class Which(Struct, frozen=True, kw_only=True):
    """Which decisions are taken again."""

    since: datetime | None = None  # None: from the first one on
    workspace_id: UUID | None = None  # None: everybody's
    lead_id: UUID | None = None  # None: of all leads


class Difference(Struct, frozen=True, kw_only=True):
    """A decision that came out differently."""

    lead_id: UUID
    decided_at: datetime
    what: str


class Verified(Struct, frozen=True, kw_only=True):
    """What became of the decisions that were taken again."""

    same: int
    by_hand: int  # a person chose; there is nothing to decide again
    inputs_gone: dict[str, int]  # how many lack what
    differences: tuple[Difference, ...]
    seconds: float


async def verify(database: Database, which: Which) -> Verified:
    """Take decisions again, group by group, oldest first.

    Raises:
        TemporaryError: the database is away.
    """
    started = perf_counter()
    counts, gone = Counter[type](), Counter[str]()
    differences: list[Difference] = []
    async for batch, entries in _groups(database, which):
        results = replay(records.unpack_snapshot(batch.snapshot), entries)
        for member, entry, result in zip(batch.members, entries, results, strict=True):
            if which.workspace_id not in (None, member.workspace_id):
                continue
            if which.lead_id not in (None, member.lead_id):
                continue
            counts[type(result)] += 1
            match result:
                case Different(what=what):
                    decided_at = entry.decision.decided_at
                    differences.append(
                        Difference(lead_id=member.lead_id, decided_at=decided_at, what=what)
                    )
                case InputsGone(what=what):
                    gone[what] += 1
                case Same() | ByHand():
                    pass  # counted
    return Verified(
        same=counts[Same],
        by_hand=counts[ByHand],
        inputs_gone=dict(gone),
        differences=tuple(differences),
        seconds=perf_counter() - started,
    )


async def nearest_miss(database: Database, lead_id: UUID, rule: str) -> Miss | None:
    """Work out what would have made a rule win the last decision on a lead.

    Args:
        database: where it is.
        lead_id: which lead.
        rule: the rule's name, in the version that was in force then.

    Raises:
        NotFoundError: there is no such lead, or no such rule, or nothing was decided.
        ConflictError: a person decided, or what it rests on is no longer there.
    """
    async with database.service() as connection:
        batches = await replaying.batches_of(connection, lead_id)
        if not batches:
            raise NotFoundError("Nothing has been decided about such a lead")
        batch = batches[-1]
        entries = await _Rules(connection).entries(batch.members)
    place, entry = next(
        (member.position, entry)
        for member, entry in zip(batch.members, entries, strict=True)
        if member.lead_id == lead_id
    )
    if is_by_hand(entry.decision):
        raise ConflictError("a person placed the lead: no rule had a part in it")
    seen = seen_by(records.unpack_snapshot(batch.snapshot), entries, place)
    if seen is None or entry.profile is None or entry.rulebook is None:
        raise ConflictError("what the decision rests on is no longer there")
    named = next((each for each in entry.rulebook.rules if each.name == rule), None)
    if named is None:
        version = entry.rulebook.version
        raise NotFoundError(f'Version {version} of the rules has no rule named "{rule}"')
    return miss_of(named.id, entry.profile, entry.rulebook, seen, entry.decision.decided_at)


async def _groups(database: Database, which: Which) -> AsyncIterator[tuple[Batch, Sequence[Entry]]]:
    after: UUID | None = None
    while True:
        async with database.service() as connection:
            if which.lead_id is not None:
                batches = await replaying.batches_of(connection, which.lead_id)
            else:
                batches = await replaying.batches(connection, after, which.since, BATCHES)
            rules = _Rules(connection)
            read = [(batch, await rules.entries(batch.members)) for batch in batches]
        for batch, entries in read:
            yield batch, entries
        if which.lead_id is not None or len(batches) < BATCHES:
            return
        after = batches[-1].id


class _Rules:
    """The versions of rules that decisions name, each read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[UUID, int], Rulebook | None] = {}
        self._destinations: dict[str, UUID] | None = None

    async def entries(self, members: Sequence[Member]) -> list[Entry]:
        return [
            Entry(
                position=member.position,
                decision=records.unpack(member.record),
                profile=member.profile,
                rulebook=await self._rulebook(member.workspace_id, member.rulebook_version),
            )
            for member in members
        ]

    async def _rulebook(self, workspace_id: UUID, version: int) -> Rulebook | None:
        key = workspace_id, version
        if key not in self._known:
            self._known[key] = await self._read(workspace_id, version)
        return self._known[key]

    async def _read(self, workspace_id: UUID, version: int) -> Rulebook | None:
        if self._destinations is None:
            named = await destinations.named(self._connection)
            self._destinations = {each.name: each.id for each in named}
        entry = await rulebooks.version(self._connection, workspace_id, version)
        if entry is None and version > 0:
            return None
        try:
            return parse(
                entry.document if entry else NO_RULES,
                workspace_id=workspace_id,
                version=version,
                destinations=self._destinations,
            )
        except InputError:  # it names what is no longer there
            return None
