"""Route: find the destinations the rules name for a lead, and choose its one owner among them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from leadflow.core import agents, conditions
from leadflow.core.agents import Weights
from leadflow.core.decision import (
    AgentState,
    AgentVerdict,
    Candidate,
    Cap,
    Decision,
    DestinationState,
    DuplicateOf,
    Gate,
    Held,
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
    WAITING,
    Stop,
    stop_of_agents,
    stop_of_destination,
    time_in_words,
)
from leadflow.core.lead import Profile
from leadflow.core.rulebook import Rulebook

# When nobody knows when a place reopens, a change of capacity or rules wakes the lead. This is for
# the wake-up that was lost: an hour of a lead's 90 days, at 24 decisions a day.
UNKNOWN_REOPENING = timedelta(hours=1)

_NAMED = 3  # destinations that a sentence names


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

    The highest priority with a destination that can take the lead wins; among several it is the
    turn of one, by smooth weighted rotation. The owner's top-ranked agent gets the lead.
    """
    holder = holder_of(profile, snapshot, now)
    weights = rulebook.agent_weights
    judged = _judged(profile, candidates, weights, snapshot, holder=holder, now=now)
    able = _in_turn(judged, snapshot)
    if able:
        outcome: Outcome = _placed(able[0], snapshot)
        sentence = _placed_sentence(able[0], profile, rulebook, snapshot)
    elif judged:
        outcome, sentence = _unplaced(judged, holder, snapshot, now)
    else:
        outcome, sentence = _unmatched(rulebook)
    ranks = {one.candidate.rule_id: rank for rank, one in enumerate(able, start=1)}
    return Decision(
        lead_id=profile.lead_id,
        outcome=outcome,
        sentence=sentence,
        candidates=tuple(_verdict(one, ranks.get(one.candidate.rule_id)) for one in judged),
        agents=_every_agent((*able[:1], *judged)),
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
    destinations = dict(snapshot.destinations)
    for key, destination in snapshot.destinations.items():
        # An agent is seen again in every destination of the same partner.
        if key in credits_ or destination.workspace_id == placed.workspace_id:
            destinations[key] = replace(
                destination,
                credit=credits_.get(key, destination.credit),
                caps=_caps_after(destination, placed),
                agents=_agents_after(destination.agents, placed, decision.decided_at),
            )
    if placed.destination_id is None:  # an agent by hand: no destination holds the person
        return Snapshot(destinations, snapshot.held)
    held = Held(
        lead_id=profile.lead_id,
        destination_id=placed.destination_id,
        workspace_id=placed.workspace_id,
        exclusive=destinations[placed.destination_id].exclusive,
        until=until,
    )
    keys = ((digest, profile.vertical) for digest in profile.identity)
    now = decision.decided_at
    added = {key: _held_as_well(snapshot.held.get(key), held, now) for key in keys}
    return Snapshot(destinations, {**snapshot.held, **added})


def _held_as_well(earlier: Held | None, held: Held, now: datetime) -> Held:
    """Add a placement to the one a person has: that was the same lead's, or both are shared."""
    if earlier is None or earlier.until <= now:
        return held
    several = earlier.several or earlier.lead_id != held.lead_id
    return replace(held, until=max(earlier.until, held.until), several=several)


def holder_of(profile: Profile, snapshot: Snapshot, now: datetime) -> Held | None:
    """Find the live placement of this person through another lead, an exclusive one first."""
    found = (snapshot.held.get((digest, profile.vertical)) for digest in profile.identity)
    live = [
        held
        for held in found
        if held is not None
        and held.until > now
        and (held.several or held.lead_id != profile.lead_id)
    ]
    return max(live, key=lambda held: held.exclusive, default=None)


def _judged(
    profile: Profile,
    candidates: Sequence[Candidate],
    weights: Weights,
    snapshot: Snapshot,
    *,
    holder: Held | None,
    now: datetime,
) -> list[_Judged]:
    """Judge every candidate, in order; where several lead to one place, the first stands."""
    leading: dict[UUID, Candidate] = {}
    judged = []
    for candidate in candidates:
        first = leading.setdefault(candidate.destination_id, candidate)
        if first is not candidate:
            stop = Stop("repeated", f'rule "{first.rule_name}" leads there too')
            judged.append(_Judged(candidate, stop))
            continue
        destination = snapshot.destinations.get(candidate.destination_id)
        stopped = stop_of_destination(destination, holder, now)
        if stopped or destination is None or not destination.assigns_agents:
            judged.append(_Judged(candidate, stopped))
            continue
        verdicts = agents.rank(profile, destination.agents, now, weights)
        stopped = stop_of_agents(destination.agents, verdicts, now)
        judged.append(_Judged(candidate, stopped, verdicts))
    return judged


def _in_turn(judged: Iterable[_Judged], snapshot: Snapshot) -> list[_Judged]:
    """Order those who can take the lead: by priority, then by whose turn it is, then by id."""

    def order(one: _Judged) -> tuple[int, int, int]:
        destination = snapshot.destinations[one.candidate.destination_id]
        return -one.candidate.priority, -_claim(destination), destination.id.int

    return sorted((one for one in judged if one.stop is None), key=order)


def _claim(destination: DestinationState) -> int:
    """Return how much a destination is owed, this turn included: the most owed has the turn.

    This is the smooth weighted round robin of nginx: with each turn everyone is owed their weight
    more, and who has the turn is owed the sum of all weights less.
    """
    return destination.credit + destination.weight


def _credits_after(snapshot: Snapshot, decision: Decision) -> dict[UUID, int]:
    """Work out the credits of all that had a claim on the turn; a hand's placement is no turn."""
    winner = next((each for each in decision.candidates if each.rank == 1), None)
    if winner is None:
        return {}
    tier = [
        snapshot.destinations[each.destination_id]
        for each in decision.candidates
        if each.rank is not None and each.priority == winner.priority
    ]
    claims = {destination.id: _claim(destination) for destination in tier}
    claims[winner.destination_id] -= sum(destination.weight for destination in tier)
    return claims


def _caps_after(destination: DestinationState, placed: Placed) -> tuple[Cap, ...]:
    if destination.id != placed.destination_id:
        return destination.caps
    return tuple(replace(cap, used=cap.used + 1) for cap in destination.caps)


def _agents_after(
    states: tuple[AgentState, ...], placed: Placed, now: datetime
) -> tuple[AgentState, ...]:
    return tuple(
        replace(agent, load=agent.load + 1, last_assigned_at=now)
        if agent.id == placed.agent_id
        else agent
        for agent in states
    )


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
    judged: Sequence[_Judged], holder: Held | None, snapshot: Snapshot, now: datetime
) -> tuple[Outcome, str]:
    """Tell a lead that is sold from one that waits and one that nobody can ever take."""
    stops = [one.stop for one in judged if one.stop and one.stop.gate != "repeated"]
    gates = {stop.gate for stop in stops}
    obstacles = _obstacles(judged, snapshot)
    if holder is not None and "held" in gates and gates <= {"held", "gone"}:
        seen = next(stop.seen for stop in stops if stop.gate == "held")
        sentence = f"Through an earlier lead {seen}."
        return DuplicateOf(holder.lead_id, holder.workspace_id), sentence
    if gates & WAITING:
        known = (stop.reopens_at for stop in stops if stop.reopens_at is not None)
        until = min(known, default=now + UNKNOWN_REOPENING)
        return Waiting(until), f"It waits until {time_in_words(until)}: {obstacles}."
    if gates == {"nobody"}:
        reason = f"No agents found for lead: {obstacles}"
    else:
        reason = f"No destination can take the lead: {obstacles}"
    return NoCandidate(reason), f"{reason}."


_OBSTACLES: Mapping[Gate, str] = {
    "gone": "is no longer there",
    "held": "would share a person who is placed",
    "inactive": "is paused",
    "closed": "is closed",
    "capped": "is full",
    "no_agent": "has no free agent",
    "nobody": "has no agent for it",
}


def _obstacles(judged: Iterable[_Judged], snapshot: Snapshot) -> str:
    """Say what stops each destination, without the figures: they are the partner's own."""
    said = [
        f"{_name(one.candidate, snapshot)} {_OBSTACLES[one.stop.gate]}"
        for one in judged
        if one.stop and one.stop.gate != "repeated"
    ]
    more = [f"and {len(said) - _NAMED} more"] if len(said) > _NAMED else []
    return ", ".join(said[:_NAMED] + more)


def _name(candidate: Candidate, snapshot: Snapshot) -> str:
    destination = snapshot.destinations.get(candidate.destination_id)
    if destination is None:
        return f'the destination of rule "{candidate.rule_name}"'
    return destination.name


def _placed_sentence(
    winner: _Judged, profile: Profile, rulebook: Rulebook, snapshot: Snapshot
) -> str:
    rule = rulebook.by_id[winner.candidate.rule_id]
    seen = conditions.seen(rule.condition, profile.attributes) or "it takes every lead"
    sentence = f'Rule "{rule.name}" places it with {_name(winner.candidate, snapshot)}: {seen}.'
    if not winner.agents:
        return sentence
    free = sum(verdict.rank is not None for verdict in winner.agents)
    return f"{sentence} The top-ranked free agent, of {free}, gets it."


def _verdict(one: _Judged, rank: int | None) -> Verdict:
    return Verdict(
        rule_id=one.candidate.rule_id,
        rule_name=one.candidate.rule_name,
        priority=one.candidate.priority,
        destination_id=one.candidate.destination_id,
        gate=one.stop.gate if one.stop else None,
        seen=one.stop.seen if one.stop else None,
        reopens_at=one.stop.reopens_at if one.stop else None,
        rank=rank,
    )


def _every_agent(judged: Iterable[_Judged]) -> tuple[AgentVerdict, ...]:
    """List each agent once, as their first destination saw them."""
    verdicts: dict[UUID, AgentVerdict] = {}
    for one in judged:
        for verdict in one.agents:
            verdicts.setdefault(verdict.agent_id, verdict)
    return tuple(verdicts.values())
