"""Route: find the destinations the rules name for a lead, and choose its one owner among them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from leadflow.core import agents, rotation, sentences, tiers
from leadflow.core.agents import Weights
from leadflow.core.decision import (
    AgentState,
    AgentVerdict,
    Candidate,
    Cap,
    Decision,
    DestinationState,
    DuplicateOf,
    Held,
    Holding,
    Kept,
    NoCandidate,
    Outcome,
    Placed,
    SentToReview,
    Snapshot,
    Verdict,
    Waiting,
)
from leadflow.core.gates import (
    OF_THE_RULE,
    WAITING,
    Stop,
    cost,
    stop_of_agents,
    stop_of_destination,
    stop_of_rule,
    time_in_words,
)
from leadflow.core.lead import Profile
from leadflow.core.rotation import Entrant
from leadflow.core.rulebook import Rulebook
from leadflow.core.sentences import NO_MATTER
from leadflow.core.tiers import Standing

# When nobody knows when a place reopens, a change of capacity or rules wakes the lead. This is for
# the wake-up that was lost: an hour of a lead's 90 days, at 24 decisions a day.
UNKNOWN_REOPENING = timedelta(hours=1)


class _Judged(Struct, frozen=True):
    candidate: Candidate
    stop: Stop | None
    agents: tuple[AgentVerdict, ...] = ()


def seed_of(lead_id: UUID) -> int:
    """Take a lead's share of chance from its id: the random end of a UUIDv7, as a bigint."""
    return lead_id.int & (2**62 - 1)


def match(profile: Profile, rulebook: Rulebook) -> tuple[Candidate, ...]:
    """Find the rules that match, by priority, highest first, then by id."""
    return tuple(
        Candidate(
            rule_id=rule.id,
            rule_name=rule.name,
            priority=rule.priority,
            destination_id=rule.destination_id,
            fallback=rule.fallback,
            team=rule.team,
            schedule=rule.schedule,
        )
        for rule in rulebook.matching(profile.attributes)
    )


def choose(
    profile: Profile,
    candidates: Sequence[Candidate],
    rulebook: Rulebook,
    snapshot: Snapshot,
    now: datetime,
    seed: int,
) -> Decision:
    """Choose the lead's owner among the candidates that `match` found in the same rulebook.

    The highest priority with a destination that can take the lead wins; among several the rulebook
    says how to choose, and among equals it is the turn of one. The owner's first agent gets it.
    """
    holders = holders_of(profile, snapshot, now)
    weights = rulebook.agent_weights
    judged = _judged(profile, candidates, weights, snapshot, holders=holders, now=now)
    able = {one.candidate.rule_id: one for one in judged if one.stop is None}
    order = tiers.order((one.candidate for one in able.values()), rulebook, snapshot.destinations)
    winner = able[order[0].candidate.rule_id] if order else None
    if winner:
        outcome: Outcome = _placed(winner, snapshot)
        sentence = sentences.placed(winner.candidate, winner.agents, profile, rulebook, snapshot)
    elif any(one.stop and one.stop.gate != "off_schedule" for one in judged):
        outcome, sentence = _unplaced(judged, holders, snapshot, now)
    else:
        outcome, sentence = _unmatched(rulebook)
    ranks = {standing.candidate.rule_id: place for place, standing in enumerate(order, start=1)}
    return Decision(
        lead_id=profile.lead_id,
        outcome=outcome,
        sentence=sentence,
        candidates=tuple(
            _ranked(one, order[rank - 1], rank)
            if (rank := ranks.get(one.candidate.rule_id))
            else _stopped(one)
            for one in judged
        ),
        agents=_every_agent((*([winner] if winner else ()), *judged)),
        rulebook_version=rulebook.version,
        seed=seed,
        decided_at=now,
    )


def after(snapshot: Snapshot, profile: Profile, decision: Decision, until: datetime) -> Snapshot:
    """Return the snapshot that the next lead of the group is decided on.

    A placement uses each cap and the agent once, passes the turn on within its tier, and holds the
    person until `until`. Any other outcome leaves everything as it was.
    """
    placed = decision.outcome
    if not isinstance(placed, Placed):
        return snapshot
    credits_ = _credits_after(snapshot, decision)
    owner = snapshot.destinations.get(placed.destination_id) if placed.destination_id else None
    owed = {} if owner is None else _agent_credits_after(owner, decision, placed)
    destinations = dict(snapshot.destinations)
    for key, destination in snapshot.destinations.items():
        # An agent is seen again in every destination of the same partner.
        if key in credits_ or destination.workspace_id == placed.workspace_id:
            destinations[key] = replace(
                destination,
                credit=credits_.get(key, destination.credit),
                caps=_caps_after(destination, placed),
                agents=tuple(
                    _agent_after(agent, placed, owed, decision.decided_at)
                    for agent in destination.agents
                ),
            )
    if placed.destination_id is None:  # an agent by hand: no destination holds the person
        return replace(snapshot, destinations=destinations)
    held = Held(
        lead_id=profile.lead_id,
        destination_id=placed.destination_id,
        workspace_id=placed.workspace_id,
        max_owners=destinations[placed.destination_id].max_owners,
        until=until,
    )
    keys = ((digest, profile.vertical) for digest in profile.identity)
    now = decision.decided_at
    added = {key: _held_as_well(snapshot.held.get(key), held, now) for key in keys}
    return replace(snapshot, destinations=destinations, held={**snapshot.held, **added})


def _held_as_well(earlier: Holding | None, held: Held, now: datetime) -> Holding:
    """Add a placement to those of a person that are in force, through other leads."""
    if earlier is None:
        return Holding((held,))
    others = (each for each in earlier.by if each.until > now and each.lead_id != held.lead_id)
    return replace(earlier, by=(*others, held))


def holders_of(profile: Profile, snapshot: Snapshot, now: datetime) -> tuple[Held, ...]:
    """Find the live placements of this person through other leads, by any of their keys.

    Those that allow the fewest others come first.
    """
    holdings = (snapshot.held.get((digest, profile.vertical)) for digest in profile.identity)
    live = {
        held.lead_id: held
        for holding in holdings
        if holding is not None
        for held in holding.by
        if held.until > now and held.lead_id != profile.lead_id
    }
    return tuple(sorted(live.values(), key=lambda held: held.max_owners))


def _judged(
    profile: Profile,
    candidates: Sequence[Candidate],
    weights: Weights,
    snapshot: Snapshot,
    *,
    holders: Sequence[Held],
    now: datetime,
) -> list[_Judged]:
    """Judge every candidate, in order.

    Where several lead to one place the first stands, unless it is stopped by what its own rule
    says: its schedule, or its team.
    """
    leading: dict[tuple[UUID, str | None], Candidate] = {}
    judged = []
    for candidate in candidates:
        where = candidate.destination_id
        first = leading.get((where, None)) or leading.get((where, candidate.team))
        if first is not None:
            stop = Stop("repeated", f'rule "{first.rule_name}" leads there too')
            judged.append(_Judged(candidate, stop))
            continue
        one = _judge(profile, candidate, weights, snapshot, holders=holders, now=now)
        if one.stop is None or one.stop.gate not in OF_THE_RULE:
            leading[where, None] = candidate
        elif one.stop.gate != "off_schedule":
            leading[where, candidate.team] = candidate
        judged.append(one)
    return judged


def _judge(
    profile: Profile,
    candidate: Candidate,
    weights: Weights,
    snapshot: Snapshot,
    *,
    holders: Sequence[Held],
    now: datetime,
) -> _Judged:
    destination = snapshot.destinations.get(candidate.destination_id)
    returned = snapshot.returned.get(profile.lead_id, ())
    stopped = stop_of_rule(candidate, profile, destination, returned, now) or stop_of_destination(
        destination, holders, now
    )
    if stopped or destination is None or not destination.assigns_agents:
        return _Judged(candidate, stopped)
    verdicts = agents.rank(
        profile,
        destination.agents,
        now,
        weights,
        choice=destination.agent_choice,
        team=candidate.team,
        returned=returned,
    )
    return _Judged(candidate, stop_of_agents(destination.agents, verdicts, now), verdicts)


def _credits_after(snapshot: Snapshot, decision: Decision) -> dict[UUID, int]:
    """Work out the credits of all that had a claim on the turn; a hand's placement is no turn."""
    winner = next((each for each in decision.candidates if each.rank == 1), None)
    if winner is None:
        return {}
    among = [
        snapshot.destinations[each.destination_id] for each in decision.candidates if each.in_turn
    ]
    entrants = {each.id: Entrant(each.weight, each.credit) for each in among}
    return rotation.credits_after(entrants, winner.destination_id)


def _agent_credits_after(
    destination: DestinationState, decision: Decision, placed: Placed
) -> dict[UUID, int]:
    """Work out the credits of the agents who take turns in the owner's destination."""
    turn = {
        each.agent_id
        for each in decision.agents
        if each.in_turn and each.workspace_id == placed.workspace_id
    }
    if placed.agent_id not in turn:
        return {}
    entrants = {one.id: agents.entrant(one) for one in destination.agents if one.id in turn}
    return rotation.credits_after(entrants, placed.agent_id)


def _caps_after(destination: DestinationState, placed: Placed) -> tuple[Cap, ...]:
    if destination.id != placed.destination_id:
        return destination.caps
    return tuple(replace(cap, used=cap.used + cost(cap, destination)) for cap in destination.caps)


def _agent_after(
    agent: AgentState, placed: Placed, owed: Mapping[UUID, int], now: datetime
) -> AgentState:
    credit = owed.get(agent.id, agent.credit)
    if agent.id == placed.agent_id:
        return replace(agent, credit=credit, load=agent.load + 1, last_assigned_at=now)
    return agent if credit == agent.credit else replace(agent, credit=credit)


def _placed(winner: _Judged, snapshot: Snapshot) -> Placed:
    destination = snapshot.destinations[winner.candidate.destination_id]
    return Placed(
        destination_id=destination.id,
        workspace_id=destination.workspace_id,
        rule_id=winner.candidate.rule_id,
        agent_id=winner.agents[0].agent_id if winner.agents else None,
    )


def _unmatched(rulebook: Rulebook) -> tuple[Outcome, str]:
    reason = f"No rule of {len(rulebook.enabled)} matched"
    match rulebook.default:
        case "stay":
            return Kept(rulebook.workspace_id), f"{reason}, and the source keeps such leads."
        case "review":
            reason = f"{reason}, and the source wants a person to look"
            return SentToReview(reason), f"{reason}."
        case _:
            assert_never(rulebook.default)


def _unplaced(
    judged: Sequence[_Judged], holders: Sequence[Held], snapshot: Snapshot, now: datetime
) -> tuple[Outcome, str]:
    """Tell a lead that is sold from one that waits and one that nobody can ever take."""
    stops = [one.stop for one in judged if one.stop and one.stop.gate not in NO_MATTER]
    gates = {stop.gate for stop in stops}
    stopped = [(one.candidate, one.stop) for one in judged if one.stop]
    obstacles = sentences.obstacles(stopped, snapshot)
    if "held" in gates and gates <= {"held", "gone", "returned"}:
        seen = next(stop.seen for stop in stops if stop.gate == "held")
        sentence = f"Through an earlier lead {seen}."
        return DuplicateOf(holders[0].lead_id, holders[0].workspace_id), sentence
    if gates & WAITING:
        known = (stop.reopens_at for stop in stops if stop.reopens_at is not None)
        until = min(known, default=now + UNKNOWN_REOPENING)
        return Waiting(until), f"It waits until {time_in_words(until)}: {obstacles}."
    if gates == {"nobody"}:
        reason = f"No agents found for lead: {obstacles}"
    else:
        reason = f"No destination can take the lead: {obstacles}"
    return NoCandidate(reason), f"{reason}."


def _ranked(one: _Judged, standing: Standing, rank: int) -> Verdict:
    verdict = _verdict(one.candidate)
    return replace(verdict, seen=standing.key, rank=rank, in_turn=standing.in_turn)


def _stopped(one: _Judged) -> Verdict:
    stop = one.stop
    assert stop is not None  # noqa: S101  # whoever is not stopped has a rank
    return replace(
        _verdict(one.candidate), gate=stop.gate, seen=stop.seen, reopens_at=stop.reopens_at
    )


def _verdict(candidate: Candidate) -> Verdict:
    return Verdict(
        rule_id=candidate.rule_id,
        rule_name=candidate.rule_name,
        priority=candidate.priority,
        destination_id=candidate.destination_id,
        fallback=candidate.fallback,
    )


def _every_agent(judged: Iterable[_Judged]) -> tuple[AgentVerdict, ...]:
    """List each agent once, as their first destination saw them."""
    verdicts: dict[UUID, AgentVerdict] = {}
    for one in judged:
        for verdict in one.agents:
            verdicts.setdefault(verdict.agent_id, verdict)
    return tuple(verdicts.values())
