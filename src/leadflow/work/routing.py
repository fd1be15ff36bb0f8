"""Choose owners for leads that wait: received ones, retries, and those whose worker died."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from leadflow.core.lead import URGENCY
from leadflow.core.lifecycle import REVIEW, WAITING, State
from leadflow.errors import TemporaryError
from leadflow.store import claims
from leadflow.store.claims import Work
from leadflow.store.configuration import DirectoryCache
from leadflow.store.database import Connection, Database
from leadflow.store.writes import Writes
from leadflow.work.decide import Decided, decide
from leadflow.work.group import GroupCommit
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

LEASE = timedelta(minutes=5)
GROUP = 100  # leads a transaction; their counters stay locked for some 20 ms


class GivenUp(Struct, frozen=True):
    """A lead whose tries were used up before it could be decided: a person has to look."""

    lead: Undecided


Settled = Decided | GivenUp | None
"""What became of a lead in hand. None: its lease was lost, and nothing was written."""


class InHand(Struct, frozen=True):
    """A lead that we claimed, and have not settled yet."""

    workspace_id: UUID
    since: datetime


class Routing:
    """A worker's hand on the leads that have no owner yet.

    Args:
        database: where the leads are.
        owner: names this worker; no two may share a name.
        tries: how often a lead is tried.
        clock: tells the time, in UTC.
        lease: how long a lead may be in hand, the same for all workers.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        tries: Tries,
        clock: Callable[[], datetime],
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._owner = owner
        self._tries = tries
        self._clock = clock
        self._lease = lease
        self._directories = DirectoryCache()
        self._group = GroupCommit[UUID, Settled](self._settle, self._report, most=GROUP)
        self._in_hand: dict[UUID, InHand] = {}

    def start(self) -> None:
        """Begin to take leads."""
        self._group.start()

    async def close(self) -> None:
        """Return when nothing is in hand any more."""
        await self._group.close()

    async def run_once(self) -> int:
        """Claim what is due and decide it; say how many leads that were.

        Raises:
            TemporaryError: the database is away. What could not be settled stays in hand for the
                next round; what has stayed for a lease is left to whoever claims it.
        """
        self._let_go()
        self._in_hand |= await self._claim(*get_args(Work))
        leads = list(self._in_hand)
        results = await asyncio.gather(
            *(self._group.submit(lead_id) for lead_id in leads), return_exceptions=True
        )
        away = None
        for lead_id, result in zip(leads, results, strict=True):
            if isinstance(result, TemporaryError):
                away = result
                continue
            if isinstance(result, BaseException):
                await self._put_back(lead_id, result)
            in_hand = self._in_hand.pop(lead_id)
            if result is None:
                report_lost(lead_id, in_hand.workspace_id)
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
            lead_id: held for lead_id, held in self._in_hand.items() if held.since > ours_since
        }

    async def _claim(self, *works: Work) -> dict[UUID, InHand]:
        """Take in hand what has come, what is due, and what others left behind."""
        now = self._clock()
        taken: dict[Work, dict[UUID, UUID]] = {}
        async with self._database.service() as connection:
            controls = (await self._directories.current(connection)).controls
            for work in works:
                if work != "stale" and not controls.enabled:
                    continue  # what somebody had begun is finished
                taken[work] = await claims.claim(
                    connection,
                    work,
                    owner=self._owner,
                    now=now,
                    most=GROUP,
                    lease=self._lease,
                    least_urgency=controls.least_urgency,
                )
        for work, claimed in taken.items():
            report_claimed(work, len(claimed), self._owner)
        return {
            lead_id: InHand(workspace_id, now)
            for claimed in taken.values()
            for lead_id, workspace_id in claimed.items()
        }

    async def _settle(self, lead_ids: Sequence[UUID]) -> Sequence[Settled]:
        now = self._clock()
        writes = Writes()
        async with self._database.service() as connection:
            directory = await self._directories.current(connection)
            ours = await self._still_ours(connection, lead_ids)
            todo = [lead for lead in ours if lead.attempts <= self._tries.most]
            decided = await decide(connection, directory, todo, writes, tries=self._tries, now=now)
            settled: dict[UUID, Settled] = {one.decision.lead_id: one for one in decided}
            for lead in ours:
                if lead.profile.lead_id not in settled:
                    self._give_up(writes, lead, "Its tries are used up: workers died over it.", now)
                    settled[lead.profile.lead_id] = GivenUp(lead)
            await writes.flush(connection, now=now, clock=self._clock)
        duration = self._clock() - now
        asyncio.get_running_loop().call_soon(report_group, writes, len(ours), duration)
        return [settled.get(lead_id) for lead_id in lead_ids]

    def _report(self, settled: Settled) -> None:
        match settled:
            case Decided():
                report(settled, self._owner, self._clock())
            case GivenUp(lead):
                report_given_up(lead)
            case None:
                pass  # whoever has it now will say what became of it

    async def _still_ours(
        self, connection: Connection, lead_ids: Sequence[UUID]
    ) -> list[Undecided]:
        """Load those of these leads that nobody has taken over, by priority, then by age."""
        ours = [
            Undecided(
                profile=claimed.profile,
                priority=claimed.priority,
                attempts=claimed.attempts,
                taken_up_at=claimed.locked_at,
                owner=self._owner,
                first=claimed.first,
            )
            for claimed in await claims.still_ours(connection, lead_ids, self._owner)
        ]
        return sorted(ours, key=lambda lead: (-URGENCY[lead.priority], lead.profile.lead_id))

    async def _put_back(self, lead_id: UUID, error: BaseException) -> None:
        """Let go of a lead that cannot be decided: until later, or to a person."""
        report_crash(lead_id, error)
        now = self._clock()
        writes = Writes()
        async with self._database.service() as connection:
            ours = await self._still_ours(connection, [lead_id])
            for lead in ours:
                if lead.attempts >= self._tries.most:
                    self._give_up(writes, lead, f"Deciding it failed: {type(error).__name__}.", now)
                else:
                    retry(writes, lead, now, self._tries, error=type(error).__name__)
                    self._finish(writes, lead, WAITING)
            await writes.flush(connection, now=now, clock=self._clock)
        for lead in ours:
            if lead.attempts >= self._tries.most:
                report_given_up(lead)
            else:
                report_retry(lead)

    def _give_up(self, writes: Writes, lead: Undecided, reason: str, now: datetime) -> None:
        give_up(writes, lead.profile, reason, now)
        writes.add("close_queue_rows", lead.profile.lead_id)
        self._finish(writes, lead, REVIEW)

    def _finish(self, writes: Writes, lead: Undecided, state: State) -> None:
        writes.add(
            "finish_leads", lead.profile.lead_id, self._owner, *astuple(state), lead.attempts
        )
