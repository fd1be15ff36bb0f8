"""Choose owners for leads that wait: received ones, retries, and those whose worker died."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from leadflow.core.directory import Directory
from leadflow.core.lead import URGENCY
from leadflow.core.lifecycle import REVIEW, WAITING, State
from leadflow.errors import TemporaryError
from leadflow.store import claims
from leadflow.store.claims import Claimed, Work
from leadflow.store.configuration import DirectoryCache
from leadflow.store.database import Connection, Database
from leadflow.store.writes import Writes
from leadflow.work.decide import Decided, decide
from leadflow.work.group import GroupCommit
from leadflow.work.parts import apart, stakes
from leadflow.work.record import Tries, Undecided, give_up, retry
from leadflow.work.report import (
    report,
    report_claimed,
    report_crash,
    report_given_up,
    report_group,
    report_lost,
    report_retry,
)
from leadflow.work.tally import count_decided, count_given_up, count_group, count_retried

LEASE = timedelta(minutes=5)
GROUP = 100  # leads a transaction; their counters stay locked for some 20 ms
LANES = 8  # at most so many parts of leads that compete for nothing are told apart
AT_ONCE = 2  # transactions: while one writes, the next decides. More would only hold locks
CLAIM = LANES * GROUP


class GivenUp(Struct, frozen=True):
    """A lead whose tries were used up before it could be decided: a person has to look."""

    lead: Undecided


Settled = Decided | GivenUp | None
"""What became of a lead in hand. None: its lease was lost, and nothing was written."""


class Routing:
    """A worker's hand on the leads that have no owner yet.

    Args:
        database: where the leads are.
        owner: names this worker; no two may share a name.
        tries: how often a lead is tried.
        clock: tells the time, in UTC.
        lease: how long a lead may be in hand, the same for all workers.
        claim: how many leads of a kind are taken in hand at one time.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        tries: Tries,
        clock: Callable[[], datetime],
        *,
        lease: timedelta = LEASE,
        claim: int = CLAIM,
    ) -> None:
        self._database = database
        self._owner = owner
        self._tries = tries
        self._clock = clock
        self._lease = lease
        self._most = claim
        self._directories = DirectoryCache()
        self._lanes = [
            GroupCommit[Undecided, Settled](self._settle, self._report, most=GROUP)
            for _ in range(LANES)
        ]
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._in_hand: dict[UUID, Undecided] = {}

    def start(self) -> None:
        """Begin to take leads."""
        for lane in self._lanes:
            lane.start()

    async def close(self) -> None:
        """Return when nothing is in hand any more."""
        await asyncio.gather(*(lane.close() for lane in self._lanes))

    async def run_once(self) -> int:
        """Claim what is due and decide it; say how many leads that were.

        Raises:
            TemporaryError: the database is away. What could not be settled stays in hand for the
                next round; what has stayed for a lease is left to whoever claims it.
        """
        self._let_go()
        directory = await self._claim(*get_args(Work))
        leads = sorted(self._in_hand.values(), key=_by_urgency)
        parts = apart(leads, [_stakes(directory, lead) for lead in leads], LANES)
        handed_in = [
            (lead, lane.hand_in(lead))
            for lane, part in zip(self._lanes, parts, strict=False)
            for lead in part
        ]
        results = await asyncio.gather(*(done for _, done in handed_in), return_exceptions=True)
        away = None
        for (lead, _), result in zip(handed_in, results, strict=True):
            if isinstance(result, TemporaryError):
                away = result
                continue
            if isinstance(result, BaseException):
                await self._put_back(lead, result)
            del self._in_hand[lead.profile.lead_id]
            if result is None:
                report_lost(lead.profile.lead_id, lead.profile.workspace_id)
        if away is not None:
            raise away
        return len(leads)

    async def next_due(self) -> datetime | None:
        """Tell when there will be a lead to claim, as far as that is known now."""
        async with self._database.service() as connection:
            directory = await self._directories.current(connection)
            if not directory.controls.enabled:
                return None  # nobody knows; it is looked at again after a while
            return await claims.next_due(connection, self._lease, directory.controls.least_urgency)

    def _let_go(self) -> None:
        ours_since = self._clock() - self._lease
        self._in_hand = {
            lead_id: lead
            for lead_id, lead in self._in_hand.items()
            if lead.taken_up_at > ours_since
        }

    async def _claim(self, *works: Work) -> Directory:
        """Take in hand what has come, what is due, and what others left behind.

        Gives who there was at that time.
        """
        now = self._clock()
        taken: dict[Work, list[Claimed]] = {}
        async with self._database.service() as connection:
            directory = await self._directories.current(connection)
            controls = directory.controls
            for work in works:
                if work != "stale" and not controls.enabled:
                    continue  # what somebody had begun is finished
                taken[work] = await claims.claim(
                    connection,
                    work,
                    owner=self._owner,
                    now=now,
                    most=self._most,
                    lease=self._lease,
                    least_urgency=controls.least_urgency,
                )
        for work, claimed in taken.items():
            report_claimed(work, len(claimed), self._owner)
            self._in_hand |= {one.profile.lead_id: self._undecided(one) for one in claimed}
        return directory

    async def _settle(self, leads: Sequence[Undecided]) -> Sequence[Settled]:
        async with self._at_once, self._database.service() as connection:
            now = self._clock()
            writes = Writes(now)
            directory = await self._directories.current(connection)
            ours = await self._still_ours(connection, leads)
            todo = [lead for lead in ours if lead.attempts <= self._tries.most]
            decided = await decide(connection, directory, todo, writes, self._tries)
            settled: dict[UUID, Settled] = {one.decision.lead_id: one for one in decided}
            for lead in ours:
                if lead.profile.lead_id not in settled:
                    self._give_up(writes, lead, "Its tries are used up: workers died over it.")
                    settled[lead.profile.lead_id] = GivenUp(lead)
            await writes.flush(connection, self._clock)
        later = asyncio.get_running_loop().call_soon
        later(self._count, writes, ours, decided, self._clock())
        return [settled.get(lead.profile.lead_id) for lead in leads]

    def _count(
        self,
        writes: Writes,
        leads: Sequence[Undecided],
        decided: Sequence[Decided],
        done_at: datetime,
    ) -> None:
        report_group(len(leads), done_at - writes.now)
        count_group(writes, len(leads), done_at - writes.now)
        count_decided(decided, done_at)
        count_given_up([lead for lead in leads if lead.attempts > self._tries.most])

    def _report(self, settled: Settled) -> None:
        match settled:
            case Decided():
                report(settled, self._owner, self._clock())
            case GivenUp(lead):
                report_given_up(lead)
            case None:
                pass  # whoever has it now will say what became of it

    def _undecided(self, claimed: Claimed) -> Undecided:
        return Undecided(
            profile=claimed.profile,
            priority=claimed.priority,
            attempts=claimed.attempts,
            taken_up_at=claimed.locked_at,
            owner=self._owner,
            first=claimed.first,
        )

    async def _still_ours(
        self, connection: Connection, leads: Sequence[Undecided]
    ) -> list[Undecided]:
        """Keep those of these leads that nobody has taken over."""
        lead_ids = [lead.profile.lead_id for lead in leads]
        ours = await claims.still_ours(connection, lead_ids, self._owner)
        return [lead for lead in leads if lead.profile.lead_id in ours]

    async def _put_back(self, lead: Undecided, error: BaseException) -> None:
        """Let go of a lead that cannot be decided: until later, or to a person."""
        report_crash(lead.profile.lead_id, error)
        kind = type(error).__name__
        writes = Writes(self._clock())
        async with self._database.service() as connection:
            if not await self._still_ours(connection, [lead]):
                return
            if lead.attempts >= self._tries.most:
                self._give_up(writes, lead, f"Deciding it failed: {kind}.")
                say, count = report_given_up, count_given_up
            else:
                retry(writes, lead, self._tries, error=kind)
                self._finish(writes, lead, WAITING)
                say, count = report_retry, count_retried
            await writes.flush(connection, self._clock)
        say(lead)
        count([lead])

    def _give_up(self, writes: Writes, lead: Undecided, reason: str) -> None:
        give_up(writes, lead.profile, reason)
        writes.add("close_queue_rows", lead.profile.lead_id)
        self._finish(writes, lead, REVIEW)

    def _finish(self, writes: Writes, lead: Undecided, state: State) -> None:
        writes.add(
            "finish_leads", lead.profile.lead_id, self._owner, *astuple(state), lead.attempts
        )


def _stakes(directory: Directory, lead: Undecided) -> set[Hashable]:
    try:
        return stakes(directory, lead.profile)
    except Exception:  # noqa: BLE001  # it will fail to be decided as well, and alone
        return set()


def _by_urgency(lead: Undecided) -> tuple[int, UUID]:
    """Order leads by priority, then by age."""
    return -URGENCY[lead.priority], lead.profile.lead_id
