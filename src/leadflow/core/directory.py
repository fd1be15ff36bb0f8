"""Who there is: workspaces, their rules, destinations and agents."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from leadflow.core.capacity import Counter, CounterKey, Limit, cap_keys, caps, open_key
from leadflow.core.controls import Controls, Flag, Pause
from leadflow.core.decision import AgentState, Decision, DestinationState, Holding, Placed, Snapshot
from leadflow.core.rulebook import Rulebook


class Workspace(Struct, frozen=True, kw_only=True):
    """One tenant."""

    id: UUID
    slug: str
    kind: str  # `standard`, `partner`, `dealership`
    time_zone: str  # IANA
    duplicate_window: timedelta
    rulebook: Rulebook


class DestinationEntry(Struct, frozen=True, kw_only=True):
    """A destination as its owner set it up."""

    at_rest: DestinationState  # nothing counted, nobody on duty
    limits: tuple[Limit, ...]
    accept_within: timedelta | None = None  # after that a lead comes back; None: it never does


class Directory(Struct, frozen=True, kw_only=True, dict=True):
    """Everybody, as of one configuration version."""

    version: int
    workspaces: Mapping[UUID, Workspace]
    destinations: Mapping[UUID, DestinationEntry]
    agents: Mapping[UUID, tuple[AgentState, ...]]  # by workspace, by id, with no load
    flags: Mapping[Flag, bool]
    pause: Pause | None = None

    def enabled(self, flag: Flag) -> bool:
        """Tell whether a flag is on; a flag nobody has touched is."""
        return self.flags.get(flag, True)

    @property
    def controls(self) -> Controls:
        """Which leads are routed automatically."""
        return Controls(enabled=self.enabled("enableAutoRouting"), pause=self.pause)

    def agent(self, agent_id: UUID) -> AgentState:
        """Find an agent. Raises KeyError for one nobody knows."""
        return self._agents_by_id[agent_id]

    @cached_property
    def _agents_by_id(self) -> Mapping[UUID, AgentState]:
        return {agent.id: agent for team in self.agents.values() for agent in team}

    def agents_of(self, entry: DestinationEntry) -> tuple[AgentState, ...]:
        """List the agents a destination's leads go to: none, where it only takes deliveries."""
        if not entry.at_rest.assigns_agents:
            return ()
        return self.agents.get(entry.at_rest.workspace_id, ())


def caps_of(entry: DestinationEntry, now: datetime) -> dict[CounterKey, Limit]:
    """Name the counters that a placement made `now` adds to, each with its limit."""
    return cap_keys(entry.at_rest.id, entry.limits, now, entry.at_rest.time_zone)


class Move(Struct, frozen=True):
    """What a placement adds to a counter, and the counter's cap."""

    by: int
    cap: int


def counters_moved(
    directory: Directory, decision: Decision, now: datetime
) -> dict[CounterKey, Move]:
    """Name the counters a decision adds to, and how much."""
    placed = decision.outcome
    if not isinstance(placed, Placed):
        return {}
    moved: dict[CounterKey, Move] = {}
    if placed.destination_id is not None:
        entry = directory.destinations[placed.destination_id]
        price = entry.at_rest.price_minor
        for key, limit in caps_of(entry, now).items():
            moved[key] = Move(1 if limit.unit == "leads" else price, limit.most)
    if placed.agent_id is not None:
        agent = directory.agent(placed.agent_id)
        moved[open_key(agent.id)] = Move(1, agent.capacity)
    return moved


def turn_takers(directory: Directory, destination_ids: Iterable[UUID]) -> set[UUID]:
    """Name all whose turn it may be: these destinations, and the agents who take turns there."""
    known = _known(directory, destination_ids)
    return {entry.at_rest.id for entry in known} | {
        agent.id
        for entry in known
        if entry.at_rest.agent_choice == "rotation"
        for agent in directory.agents_of(entry)
    }


def counters_of(
    directory: Directory, destination_ids: Iterable[UUID], now: datetime
) -> dict[CounterKey, int]:
    """Name every counter that choosing among these destinations may move, each with its cap.

    They come in lock order.
    """
    needed: dict[CounterKey, int] = {}
    for entry in _known(directory, destination_ids):
        needed |= {key: limit.most for key, limit in caps_of(entry, now).items()}
        needed |= {open_key(agent.id): agent.capacity for agent in directory.agents_of(entry)}
    return dict(sorted(needed.items()))


def snapshot(
    directory: Directory,
    destination_ids: Iterable[UUID],
    counters: Mapping[CounterKey, Counter],
    credit: Mapping[UUID, int],
    held: Mapping[tuple[bytes, str], Holding],
    returned: Mapping[UUID, tuple[UUID, ...]],
    now: datetime,
) -> Snapshot:
    """Put together what choosing depends on: the set-up, and the counters as locked."""
    states = (
        replace(
            entry.at_rest,
            credit=credit.get(entry.at_rest.id, 0),
            caps=caps(entry.at_rest.id, entry.limits, counters, now, entry.at_rest.time_zone),
            agents=tuple(
                replace(
                    on_duty(agent, counters.get(open_key(agent.id))), credit=credit.get(agent.id, 0)
                )
                for agent in directory.agents_of(entry)
            ),
        )
        for entry in _known(directory, destination_ids)
    )
    return Snapshot(
        destinations={state.id: state for state in states}, held=held, returned=returned
    )


def on_duty(agent: AgentState, counter: Counter | None) -> AgentState:
    """See an agent with the leads they have open now."""
    if counter is None:
        return agent
    return replace(agent, load=counter.used, last_assigned_at=counter.last_used_at)


def _known(directory: Directory, destination_ids: Iterable[UUID]) -> list[DestinationEntry]:
    return [
        directory.destinations[destination_id]
        for destination_id in sorted(set(destination_ids))
        if destination_id in directory.destinations
    ]
