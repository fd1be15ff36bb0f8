"""Decide a group of leads inside one transaction, and gather everything that follows from it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from leadflow.core.capacity import CounterKey
from leadflow.core.decision import (
    Candidate,
    Decision,
    NoCandidate,
    SentToReview,
    Snapshot,
    Waiting,
)
from leadflow.core.directory import (
    Directory,
    Move,
    counters_moved,
    counters_of,
    snapshot,
    turn_takers,
)
from leadflow.core.lead import Profile
from leadflow.core.lifecycle import WAITING, State, state_after
from leadflow.core.route import after, choose, match, seed_of
from leadflow.store import configuration, records, walk
from leadflow.store.database import Connection
from leadflow.store.ids import new_id
from leadflow.store.writes import Writes
from leadflow.work.record import Tries, Undecided, event, give_up, queue, record, retry


class Decided(Struct, frozen=True, kw_only=True):
    """A lead and what became of it. True once the transaction has committed."""

    lead: Undecided
    decision: Decision
    state: State

    @property
    def attempts(self) -> int:
        """How many tries the lead has used: to wait is not to fail, and costs none."""
        waits = isinstance(self.decision.outcome, Waiting)
        return self.lead.attempts - 1 if waits else self.lead.attempts


async def decide(
    connection: Connection,
    directory: Directory,
    leads: Sequence[Undecided],
    writes: Writes,
    tries: Tries,
) -> list[Decided]:
    """Choose an owner for each lead in turn; each sees what the ones before it have used.

    Locks the counters of every destination that may be chosen, and adds to `writes` what the
    decisions lead to. Nothing is written here.

    Raises:
        ContendedError: somebody else holds a counter for too long, or a lead would begin to wait
            under a configuration that has just changed.
    """
    if not leads:
        return []
    candidates = [_candidates(directory, lead.profile) for lead in leads]
    destination_ids = {each.destination_id for matched in candidates for each in matched}
    opening = await look(connection, directory, leads, destination_ids, writes.now)
    decided, closing = _choose(directory, leads, candidates, opening, tries, writes.now)
    gather(writes, directory, decided, (opening, closing), tries)
    if any(isinstance(one.decision.outcome, Waiting) for one in decided):
        await configuration.hold(connection, directory)
    return decided


async def look(
    connection: Connection,
    directory: Directory,
    leads: Iterable[Undecided],
    destination_ids: Collection[UUID],
    now: datetime,
) -> Snapshot:
    """Lock the counters of these destinations, and see who is held: all that a choice rests on."""
    persons = {
        (digest, lead.profile.vertical) for lead in leads for digest in lead.profile.identity
    }
    wanted = counters_of(directory, destination_ids, now)
    counters = await walk.lock_counters(connection, wanted)
    credit = await walk.lock_credit(connection, turn_takers(directory, destination_ids))
    held = await walk.held(connection, persons)
    again = [lead.profile.lead_id for lead in leads if not lead.first]
    returned = await walk.returned(connection, again)
    return snapshot(directory, destination_ids, counters, credit, held, returned, now)


def gather(
    writes: Writes,
    directory: Directory,
    decided: Sequence[Decided],
    seen: tuple[Snapshot, Snapshot],
    tries: Tries,
) -> None:
    """Add all that follows from decisions that were taken one after the other.

    Args:
        writes: what is added to.
        directory: who there is.
        decided: the decisions.
        seen: what the first of them saw, and what one more would see.
        tries: how often a lead is tried.
    """
    opening, closing = seen
    _remember(writes, opening, decided)
    used: dict[CounterKey, Move] = {}
    for one in decided:
        if one.lead.first:
            event(writes, "lead.processed", one.lead.profile, priority=one.lead.priority)
        moved = counters_moved(directory, one.decision, writes.now)
        for key, move in moved.items():
            earlier = used.get(key)
            used[key] = Move(move.by + (earlier.by if earlier else 0), move.cap)
        record(writes, directory, one.lead.profile, one.decision, moved)
        _conclude(writes, one, tries)
    for key in sorted(used):
        writes.add("write_counters", *astuple(key), *astuple(used[key]))
    _pass_turns_on(writes, opening, closing)
    _hold(writes, opening, closing)


def _candidates(directory: Directory, profile: Profile) -> tuple[Candidate, ...]:
    return match(profile, directory.workspaces[profile.workspace_id].rulebook)


def _choose(
    directory: Directory,
    leads: Sequence[Undecided],
    candidates: Sequence[tuple[Candidate, ...]],
    seen: Snapshot,
    tries: Tries,
    now: datetime,
) -> tuple[list[Decided], Snapshot]:
    decided = []
    for lead, matched in zip(leads, candidates, strict=True):
        profile = lead.profile
        rulebook = directory.workspaces[profile.workspace_id].rulebook
        decision = choose(profile, matched, rulebook, seen, now, seed_of(profile.lead_id))
        seen = after(seen, profile, decision, now + rulebook.exclusivity)
        state = state_after(decision.outcome, lead.attempts, tries.most)
        decided.append(Decided(lead=lead, decision=decision, state=state))
    return decided, seen


def _conclude(writes: Writes, one: Decided, tries: Tries) -> None:
    """Add where the lead stands now: in the queue, before a person, or at its end."""
    lead, profile = one.lead, one.lead.profile
    match one.decision.outcome:
        case Waiting(until=until):
            queue(
                writes,
                lead,
                reason="waiting",
                attempts=one.attempts,
                most=tries.most,
                at=until,
            )
        case NoCandidate(reason=error) if one.state == WAITING:
            retry(writes, lead, tries, error=error)
        case NoCandidate(reason=reason) | SentToReview(reason=reason):
            give_up(writes, profile, reason)
        case _:
            pass
    if lead.owner is not None:
        if one.state != WAITING:
            writes.add("close_queue_rows", profile.lead_id)
        writes.add("finish_leads", profile.lead_id, lead.owner, *astuple(one.state), one.attempts)


def _remember(writes: Writes, opening: Snapshot, decided: Sequence[Decided]) -> None:
    """Keep what was seen once, and each decision with its place: so it can be taken again."""
    for one in decided:
        writes.add(
            "write_decisions",
            one.decision.lead_id,
            one.lead.profile.workspace_id,
            one.decision.rulebook_version,
            records.pack(one.decision),
        )
    writes.given("write_decisions", new_id(), records.pack_snapshot(opening))


def _pass_turns_on(writes: Writes, opening: Snapshot, closing: Snapshot) -> None:
    before, now = _credits(opening), _credits(closing)
    for key in sorted(now):
        if now[key] != before[key]:
            writes.add("write_credit", key, now[key])


def _hold(writes: Writes, opening: Snapshot, closing: Snapshot) -> None:
    """Write who has which person, unless somebody else has written since they were looked up."""
    for (digest, vertical), holding in closing.held.items():
        if holding is not opening.held.get((digest, vertical)):
            most = min(held.max_owners for held in holding.by)
            row = (digest, vertical, holding.by, most, holding.revision + 1)
            writes.add("write_placement_keys", *row)


def _credits(seen: Snapshot) -> dict[UUID, int]:
    """Tell what is owed to everybody who may take turns."""
    owed = {state.id: state.credit for state in seen.destinations.values()}
    agents = (agent for state in seen.destinations.values() for agent in state.agents)
    return owed | {agent.id: agent.credit for agent in agents}
