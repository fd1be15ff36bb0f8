"""Take leads in: each is stored, decided and answered in one transaction that it shares."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from leadflow.core.controls import Controls
from leadflow.core.decision import DuplicateOf, Kept, Placed
from leadflow.core.directory import Directory
from leadflow.core.enrich import LocalTables
from leadflow.core.lead import Submission
from leadflow.core.lifecycle import RECEIVED
from leadflow.core.outcome import Accepted, Answer, Outcome, Refused, Replayed
from leadflow.store.bell import Bell
from leadflow.store.configuration import DirectoryCache
from leadflow.store.database import Connection, Database
from leadflow.store.seal import Vault
from leadflow.store.writes import Writes
from leadflow.work.assess import Assessed, Assessment, assess, personal
from leadflow.work.decide import Decided, decide
from leadflow.work.group import GroupCommit
from leadflow.work.known import Again, Known, Verdict
from leadflow.work.record import Tries, Undecided, event
from leadflow.work.refusals import Refusals
from leadflow.work.report import report, report_group, report_outcome
from leadflow.work.tally import count_decided, count_group, count_taken

Clock = Callable[[], datetime]


class Settled(Struct, frozen=True):
    """What became of a submission, once it is on disk."""

    submission: Submission
    outcome: Outcome
    decided: Decided | None  # None: no new lead, or the controls stop it


class Intake:
    """The one way in: requests, files and mail all end here.

    Args:
        database: where leads are stored.
        vault: seals what is personal.
        tables: local facts.
        identity_secret: keys the hashes by which people are found again.
        tries: how often a lead is tried.
        bell: calls the workers.
        name: of this process, for the log.
        clock: tells the time, in UTC.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        tables: LocalTables,
        identity_secret: bytes,
        tries: Tries,
        bell: Bell,
        name: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._vault = vault
        self._tables = tables
        self._identity_secret = identity_secret
        self._tries = tries
        self._bell = bell
        self._clock = clock
        self._name = name
        self._directories = DirectoryCache()
        self._group = GroupCommit[Assessed, Settled](self._commit, self._report)
        self._refusals = Refusals(database)

    def start(self) -> None:
        """Begin to take leads."""
        self._group.start()
        self._refusals.start()

    async def close(self) -> None:
        """Take no more, and return when all that were taken are answered."""
        await self._group.close()
        await self._refusals.close()

    async def submit(self, submission: Submission, *, bulk: bool = False) -> Outcome:
        """Take one submission through the walk, and return once what became of it is on disk.

        Raises:
            TemporaryError: the database is away, or we are stopping: send it again later.
            PermanentError: the database refuses this lead; the message names the constraint.
        """
        assessed = assess(submission, self._tables, self._identity_secret, self._clock())
        if isinstance(assessed, Refused):
            count_taken([(submission, assessed)])
            report_outcome(submission, assessed)
            await self._refusals.count(submission)
            return assessed
        settled = await self._group.submit(assessed, bulk=bulk)
        return settled.outcome

    async def _commit(self, group: Sequence[Assessed]) -> Sequence[Settled]:
        started_at = self._clock()
        writes = Writes(started_at)
        async with self._database.service() as connection:
            settled = await self._walk(connection, group, writes, started_at)
        if any(isinstance(one.outcome, Accepted) for one in settled):
            self._bell.ring()
        asyncio.get_running_loop().call_soon(_count, writes, settled, self._clock())
        return settled

    def _report(self, settled: Settled) -> None:
        report_outcome(settled.submission, settled.outcome)
        if settled.decided is not None:
            report(settled.decided, self._name, self._clock())

    async def _walk(
        self,
        connection: Connection,
        group: Sequence[Assessed],
        writes: Writes,
        now: datetime,
    ) -> list[Settled]:
        directory = await self._directories.current(connection)
        known = await Known.load(connection, group, now)
        verdicts = [known.judge(assessed) for assessed in group]
        fresh = [one for one, verdict in zip(group, verdicts, strict=True) if verdict is None]
        for one in fresh:
            self._keep(writes, directory, one)
            _tell(writes, one)
        await writes.flush(connection, self._clock)  # what needs no counter, while none is locked
        decided = await self._decide(connection, directory, fresh, writes, now)
        present = directory.controls
        answers = {one.lead.id: answer(one, decided.get(one.lead.id), present) for one in fresh}
        for one in fresh:
            _store(writes, directory, one, answers[one.lead.id], decided.get(one.lead.id))
        await writes.flush(connection, self._clock)
        return [
            Settled(one.submission, _outcome(one, verdict, answers), decided.get(one.lead.id))
            for one, verdict in zip(group, verdicts, strict=True)
        ]

    async def _decide(
        self,
        connection: Connection,
        directory: Directory,
        fresh: Sequence[Assessed],
        writes: Writes,
        now: datetime,
    ) -> dict[UUID, Decided]:
        stopped = directory.controls.stopped
        leads = [
            Undecided(
                profile=one.profile,
                priority=one.classification.priority,
                attempts=1,
                taken_up_at=now,
            )
            for one in fresh
            if one.classification.priority not in stopped
        ]
        decided = await decide(connection, directory, leads, writes, self._tries)
        return {one.lead.profile.lead_id: one for one in decided}

    def _keep(self, writes: Writes, directory: Directory, one: Assessed) -> None:
        """Add who sent a new lead, and what it says."""
        lead = one.lead
        expires_at = _expires_at(writes, directory, one)
        for person in one.persons:
            writes.add("write_identities", *person, lead.id, expires_at)
        key_id, sealed = self._vault.seal(lead.id, personal(lead))
        writes.add(
            "write_contents",
            lead.id,
            key_id,
            sealed,
            one.profile.attributes,
            b"".join(one.profile.identity),
            Assessment(one.quality, one.score, one.classification, one.warnings),
        )


def _store(
    writes: Writes,
    directory: Directory,
    one: Assessed,
    answered: Answer,
    decided: Decided | None,
) -> None:
    """Add a new lead, and what is answered whenever it is sent again."""
    lead = one.lead
    for key in one.submission_keys:
        writes.add(
            "write_submission_keys",
            *astuple(key),
            lead.id,
            one.submission.fingerprint,
            msgspec.json.encode(answered),
            _expires_at(writes, directory, one),
        )
    writes.add(
        "write_leads",
        lead.id,
        lead.source.workspace_id,
        lead.source.id,
        lead.vertical,
        lead.external_id,
        lead.traffic_source,
        answered.status,
        answered.routing_status,
        answered.routing_result,
        decided.attempts if decided else 0,
        answered.score,
        answered.score_source,
        answered.quality,
        answered.priority,
        answered.degraded,
        lead.received_at,
    )


def _expires_at(writes: Writes, directory: Directory, one: Assessed) -> datetime:
    """Tell until when a lead's sender and person are known."""
    return writes.now + directory.workspaces[one.lead.source.workspace_id].duplicate_window


def answer(one: Assessed, decided: Decided | None, controls: Controls) -> Answer:
    """Say what became of a new lead. `decided` is None where the controls stop it."""
    state = decided.state if decided else RECEIVED
    outcome = decided.decision.outcome if decided else None
    return Answer(
        id=one.lead.id,
        status=state.status,
        routing_status=state.routing_status,
        routing_result=state.routing_result,
        vertical=one.lead.vertical,
        score=one.score.value,
        score_source=one.score.source,
        quality=one.quality.value,
        priority=one.classification.priority,
        degraded=one.score.degraded,
        destination_workspace_id=(
            outcome.workspace_id if isinstance(outcome, Placed | Kept) else None
        ),
        agent_id=outcome.agent_id if isinstance(outcome, Placed) else None,
        duplicate_of=outcome.lead_id if isinstance(outcome, DuplicateOf) else None,
        reason=(
            decided.decision.sentence if decided else controls.stop_of(one.classification.priority)
        ),
        warnings=one.warnings,
        created_at=one.lead.received_at,
    )


def _count(writes: Writes, settled: Sequence[Settled], done_at: datetime) -> None:
    duration = done_at - writes.now
    report_group(len(settled), duration)
    count_group(writes, len(settled), duration)
    count_taken((one.submission, one.outcome) for one in settled)
    count_decided([one.decided for one in settled if one.decided is not None], done_at)


def _outcome(one: Assessed, verdict: Verdict | None, answers: Mapping[UUID, Answer]) -> Outcome:
    match verdict:
        case None:
            return Accepted(answers[one.lead.id])
        case Again(lead_id=first):
            return Replayed(answers[first])
        case _:
            return verdict


def _tell(writes: Writes, one: Assessed) -> None:
    """Add the timeline's first lines."""
    about = one.profile
    event(
        writes,
        "lead.created",
        about,
        vertical=one.lead.vertical,
        channel=one.submission.source.channel,
        source=one.submission.source.name,
    )
    event(writes, "lead.validated", about, warnings=[each.code for each in one.lead.warnings])
    event(writes, "lead.enriched", about, warnings=[each.code for each in one.facts.warnings])
    event(
        writes,
        "lead.scored",
        about,
        score=one.score.value,
        score_source=one.score.source,
        quality=one.quality.value,
    )
