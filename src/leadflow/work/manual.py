"""Route a lead by hand, wherever in the automated flow it is stuck."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from msgspec import Struct

from leadflow.core.by_hand import best_agent, placed_by_hand
from leadflow.core.capacity import open_key
from leadflow.core.decision import (
    AgentState,
    DestinationState,
    DuplicateOf,
    Placed,
    Snapshot,
)
from leadflow.core.directory import Directory, counters_of, on_duty, turn_takers
from leadflow.core.explain import GATES
from leadflow.core.gates import stop_of_destination
from leadflow.core.lead import Profile
from leadflow.core.lifecycle import ROUTED
from leadflow.core.route import after, holders_of, match
from leadflow.errors import ConflictError, NotFoundError
from leadflow.store import audit, manual, owners, waking, walk
from leadflow.store.configuration import DirectoryCache
from leadflow.store.database import Connection, Database
from leadflow.store.ids import new_id
from leadflow.store.manual import HeldLead
from leadflow.store.owners import Owner
from leadflow.store.writes import Writes
from leadflow.work.decide import Decided, decide, gather, look
from leadflow.work.group import patiently
from leadflow.work.record import Tries, Undecided
from leadflow.work.report import report, report_lost
from leadflow.work.routing import LEASE
from leadflow.work.tally import count_decided

FINAL = frozenset({"expired", "rejected"})
"""Statuses that no hand can undo."""


class Routed(Struct, frozen=True, kw_only=True):
    """Where a lead is after it was routed by hand."""

    lead_id: UUID
    decided: Decided
    agent: dict[str, object] | None  # id, workspace_id, name, email, active


class ByHand(Struct, frozen=True, kw_only=True):
    """Who asked for a lead to be routed, and how."""

    lead_id: UUID
    workspace_id: UUID | None  # None: an operator, who sees every workspace
    agent_id: UUID | None  # None: whoever the rules and the ranking choose
    force: bool  # take it from the owner it has
    actor: str


class ManualRouting:
    """What an operator does when the automated flow has left a lead behind.

    Args:
        database: where the leads are.
        tries: how often a lead is tried.
        clock: tells the time, in UTC.
        lease: how long a worker may have a lead in hand.
    """

    def __init__(
        self,
        database: Database,
        tries: Tries,
        clock: Callable[[], datetime],
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._tries = tries
        self._clock = clock
        self._lease = lease
        self._directories = DirectoryCache()

    async def route(self, asked: ByHand) -> Routed:
        """Give a lead to the agent named, or to the best one there is.

        Raises:
            NotFoundError: `Lead not found`, `Agent not found`, `No matching agents found`.
            InputError: `Agent is not active`, `Agent has reached maximum lead capacity`.
            ConflictError: it has an owner, or a worker holds it, or its person is with a partner.
            TemporaryError: the database is away.
        """
        async with self._database.tenant(asked.workspace_id) as connection:
            if not await manual.is_visible(connection, asked.lead_id):
                raise NotFoundError("Lead not found")
        routed = await patiently(partial(self._try, asked))
        done_at = self._clock()
        count_decided([routed.decided], done_at)
        report(routed.decided, asked.actor, done_at)
        return routed

    async def _try(self, asked: ByHand) -> Routed:
        async with self._database.service() as connection:
            return await self._route(connection, asked)

    async def _route(self, connection: Connection, asked: ByHand) -> Routed:
        now = self._clock()
        directory = await self._directories.current(connection)
        held = await manual.hold_lead(connection, asked.lead_id)
        if held is None:
            raise NotFoundError("Lead not found")
        _refuse_what_is_over(asked, held, self._lease, now)
        owner = await owners.owner_of(connection, asked.lead_id)
        if owner is not None and not asked.force:
            raise ConflictError(f"the lead is with {owner.slug}; force takes it from there")
        await _lock(connection, directory, asked, held.profile, owner, now)
        if owner is not None:
            await _release(connection, held.profile, owner, now)
        decided, writes = await self._decide(connection, directory, asked, held, now)
        writes.add("close_reviews", asked.lead_id)
        writes.given("close_reviews", now, "routed by hand")
        await writes.flush(connection, self._clock)
        if owner is not None:
            await waking.wake(connection, owner.workspace_id, now)
        placed = decided.decision.outcome
        agent_id = placed.agent_id if isinstance(placed, Placed) else None
        await _audit(connection, asked, owner, agent_id, now)
        return Routed(
            lead_id=asked.lead_id,
            decided=decided,
            agent=await manual.agent(connection, agent_id) if agent_id else None,
        )

    async def _decide(
        self,
        connection: Connection,
        directory: Directory,
        asked: ByHand,
        held: HeldLead,
        now: datetime,
    ) -> tuple[Decided, Writes]:
        by = f"{asked.actor}:{new_id().hex[-8:]}"
        await manual.take(connection, asked.lead_id, by, now)
        lead = Undecided(
            profile=held.profile,
            priority=held.priority,
            attempts=held.attempts + 1,
            taken_up_at=now,
            owner=by,
            first=held.first,
        )
        if asked.agent_id is None:
            return await self._by_rules(connection, directory, asked, lead, now)
        agent = _agent(directory, asked, held.profile.workspace_id)
        return await self._to(connection, directory, asked, lead, agent, now)

    async def _by_rules(
        self,
        connection: Connection,
        directory: Directory,
        asked: ByHand,
        lead: Undecided,
        now: datetime,
    ) -> tuple[Decided, Writes]:
        """Let the rules choose; where they find nobody, the source's own agents are asked."""
        writes = Writes(now)
        [decided] = await decide(connection, directory, [lead], writes, self._tries)
        outcome = decided.decision.outcome
        if isinstance(outcome, Placed):
            return decided, writes
        if isinstance(outcome, DuplicateOf):
            raise _held_by(asked, outcome.lead_id)
        rulebook = directory.workspaces[lead.profile.workspace_id].rulebook
        team = directory.agents.get(lead.profile.workspace_id, ())
        counters = await walk.lock_counters(
            connection, {open_key(agent.id): agent.capacity for agent in team}
        )
        present = [on_duty(agent, counters.get(open_key(agent.id))) for agent in team]
        returned = await walk.returned(connection, [asked.lead_id])
        passed_over = returned.get(asked.lead_id, ())
        agent = best_agent(lead.profile, present, rulebook, passed_over, now)
        if agent is None:
            raise NotFoundError("No matching agents found")
        return await self._to(connection, directory, asked, lead, agent, now)

    async def _to(
        self,
        connection: Connection,
        directory: Directory,
        asked: ByHand,
        lead: Undecided,
        agent: AgentState,
        now: datetime,
    ) -> tuple[Decided, Writes]:
        """Place a lead with one agent, through a destination of theirs, if they have any."""
        doors = _doors(directory, agent)
        opening = await look(connection, directory, [lead], doors, now)
        holders = holders_of(lead.profile, opening, now)
        if holders and holders[0].max_owners == 1:
            raise _held_by(asked, holders[0].lead_id)
        key = open_key(agent.id)
        counters = await walk.lock_counters(connection, {key: agent.capacity})
        rulebook = directory.workspaces[lead.profile.workspace_id].rulebook
        decision = placed_by_hand(
            lead.profile,
            on_duty(agent, counters[key]),
            _open_door(opening, lead.profile, now),
            rulebook,
            now,
        )
        decided = Decided(lead=lead, decision=decision, state=ROUTED)
        writes = Writes(now)
        closing = after(opening, lead.profile, decision, now + rulebook.exclusivity)
        gather(writes, directory, [decided], (opening, closing), self._tries)
        return decided, writes


def _held_by(asked: ByHand, lead_id: UUID) -> ConflictError:
    """Say that the person is taken; to operators also by which lead, for it may be foreign."""
    through = "" if asked.workspace_id is not None else f" through lead {lead_id}"
    return ConflictError(f"the person is with a partner{through}")


async def _release(connection: Connection, profile: Profile, owner: Owner, now: datetime) -> None:
    """Take the lead from its owner, unless it is on its way there."""
    if not await owners.release(connection, profile, owner, now, why="reassigned by hand"):
        raise ConflictError(f"the lead is on its way to {owner.slug}, which may have it already")


async def _audit(
    connection: Connection,
    asked: ByHand,
    before: Owner | None,
    agent_id: UUID | None,
    now: datetime,
) -> None:
    """Write down who gave the lead to whom, and from whom they took it."""
    taken = {} if before is None else {"from": before.workspace_id, "from_agent": before.agent_id}
    told = {**taken, "agent": agent_id}
    change = audit.Change(
        actor=asked.actor,
        action="lead.routed_by_hand" if before is None else "lead.reassigned",
        target=str(asked.lead_id),
        workspace_id=asked.workspace_id,
        detail={name: None if id_ is None else str(id_) for name, id_ in told.items()},
    )
    await audit.record(connection, change, now)


def _refuse_what_is_over(asked: ByHand, held: HeldLead, lease: timedelta, now: datetime) -> None:
    """Refuse a lead whose life has ended, and one that a worker is routing at this moment."""
    if held.status in FINAL:
        raise ConflictError(f"the lead is {held.status}, and that is final")
    if held.locked_at is None or asked.force:
        return
    ends_at = held.locked_at + lease
    if ends_at > now:
        report_lost(asked.lead_id, held.profile.workspace_id, held.locked_by)
        raise ConflictError(f"{held.locked_by} is routing the lead, until {ends_at:%H:%M:%S}")


async def _lock(
    connection: Connection,
    directory: Directory,
    asked: ByHand,
    profile: Profile,
    owner: Owner | None,
    now: datetime,
) -> None:
    """Lock whatever may be counted, at once: step by step, it would have no order."""
    rulebook = directory.workspaces[profile.workspace_id].rulebook
    if asked.agent_id is None:
        agents = directory.agents.get(profile.workspace_id, ())
        chosen = {candidate.destination_id for candidate in match(profile, rulebook)}
    else:
        agents, chosen = (_agent(directory, asked, profile.workspace_id),), set[UUID]()
    destination_ids = chosen.union(*(_doors(directory, agent) for agent in agents[:1]))
    wanted = counters_of(directory, destination_ids, now)
    wanted |= {open_key(agent.id): agent.capacity for agent in agents}
    if owner is not None:
        wanted = {**dict.fromkeys(owner.counters, 0), **wanted}
    await walk.lock_counters(connection, wanted)
    await walk.lock_credit(connection, turn_takers(directory, destination_ids))


def _agent(directory: Directory, asked: ByHand, source_id: UUID) -> AgentState:
    """Find the agent asked for: of the lead's workspace, the asker's, or a partner of its rules."""
    rulebook = directory.workspaces[source_id].rulebook
    partners = {
        directory.destinations[rule.destination_id].at_rest.workspace_id for rule in rulebook.rules
    }
    try:
        agent = directory.agent(asked.agent_id) if asked.agent_id else None
    except KeyError:
        agent = None
    allowed = {asked.workspace_id, source_id, *partners}
    if agent is None or (asked.workspace_id is not None and agent.workspace_id not in allowed):
        raise NotFoundError("Agent not found")
    return agent


def _doors(directory: Directory, agent: AgentState) -> set[UUID]:
    """Name the destinations whose leads go to this agent."""
    return {
        destination_id
        for destination_id, entry in directory.destinations.items()
        if entry.at_rest.workspace_id == agent.workspace_id and entry.at_rest.assigns_agents
    }


def _open_door(opening: Snapshot, profile: Profile, now: datetime) -> DestinationState | None:
    """Pick the destination to go through; None: the agent's workspace has none.

    Raises:
        ConflictError: it has some, and none of them can take a lead now.
    """
    holders = holders_of(profile, opening, now)
    stops = [
        (stop_of_destination(state, holders, now), state) for state in opening.destinations.values()
    ]
    for stop, state in stops:
        if stop is None:
            return state
    if stops:
        seen = ", ".join(f"{state.name}: {GATES[stop.gate]}" for stop, state in stops if stop)
        raise ConflictError(f"no destination of the agent can take the lead ({seen})")
    return None
