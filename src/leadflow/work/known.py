"""What came before: which submissions are repeats, and which people are known already."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from leadflow.core.outcome import Answer, DuplicateLead, KeyConflict, Replayed
from leadflow.store import walk
from leadflow.store.database import Connection
from leadflow.store.walk import Kept, KnownPerson, SubmissionKey
from leadflow.work.assess import Assessed


class Again(Struct, frozen=True):
    """The same submission stands earlier in this group: its answer is not there yet."""

    lead_id: UUID


Verdict = Replayed | KeyConflict | DuplicateLead | Again


class Known:
    """What is known before a group, and what each of its leads adds for those behind it."""

    def __init__(
        self, submissions: Mapping[SubmissionKey, Kept], people: Mapping[KnownPerson, UUID]
    ) -> None:
        self._submissions = submissions
        self._people = dict(people)
        self._in_group: dict[SubmissionKey, Assessed] = {}

    @classmethod
    async def load(
        cls, connection: Connection, group: Sequence[Assessed], now: datetime
    ) -> "Known":
        """Look up every key and person of a group.

        People first: whoever commits between the two look-ups is then known by their key as well,
        and a request that is repeated at this moment is told so. The other way round its person
        would be known and its key would not: a duplicate.
        """
        people = await walk.people(
            connection, {person for one in group for person in one.persons}, now
        )
        keys = {key for one in group for key in one.submission_keys}
        return cls(await walk.submissions(connection, keys, now), people)

    def judge(self, assessed: Assessed) -> Verdict | None:
        """Tell what an earlier lead makes of this one. None: it is new, and from now on known."""
        for key in assessed.submission_keys:
            if key in self._submissions:
                return _repeat(assessed, key, self._submissions[key])
            if key in self._in_group:
                return _repeat_in_group(assessed, key, self._in_group[key])
        for person in assessed.persons:
            if person in self._people:
                return DuplicateLead(self._people[person])
        self._in_group.update(dict.fromkeys(assessed.submission_keys, assessed))
        self._people.update(dict.fromkeys(assessed.persons, assessed.lead.id))
        return None


def _repeat(assessed: Assessed, key: SubmissionKey, kept: Kept) -> Replayed | KeyConflict:
    if kept.fingerprint != assessed.submission.fingerprint:
        return KeyConflict(key.kind, kept.lead_id)
    return Replayed(msgspec.json.decode(kept.answer, type=Answer))


def _repeat_in_group(
    assessed: Assessed, key: SubmissionKey, first: Assessed
) -> Again | KeyConflict:
    if first.submission.fingerprint != assessed.submission.fingerprint:
        return KeyConflict(key.kind, first.lead.id)
    return Again(first.lead.id)
