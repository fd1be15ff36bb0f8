"""Agents: who may take a lead, and in which order."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from leadflow.core import rotation
from leadflow.core.decision import AgentChoice, AgentGate, AgentState, AgentVerdict
from leadflow.core.lead import Profile, Value
from leadflow.core.rotation import Entrant
from leadflow.core.schedule import is_open, leave_at

_UNKNOWN = 0.5  # of any term: neither for the agent nor against
_NEVER = datetime.min.replace(tzinfo=UTC)

# Equal terms summed in floating point may differ in the last bits, and a tie must be a tie.
_DIGITS = 9


class Weights(Struct, frozen=True, kw_only=True):
    """What each term counts for in an agent's rank. Together they are 1."""

    specialization: float = 0.4
    proximity: float = 0.2
    performance: float = 0.2
    availability: float = 0.2


class Terms(Struct, frozen=True):
    """The terms of an agent's rank for one lead, each 0 to 1."""

    specialization: float
    proximity: float
    performance: float
    availability: float


class _Free(Struct, frozen=True):
    agent: AgentState
    terms: Terms
    score: float


def rank(
    profile: Profile,
    agents: Sequence[AgentState],
    now: datetime,
    weights: Weights,
    *,
    choice: AgentChoice = "rank",
    team: str | None = None,
    returned: Collection[UUID] = (),
) -> tuple[AgentVerdict, ...]:
    """Judge every agent: those who may take the lead in their order, then those who may not.

    Equal scores: the lower load goes first, then who has waited longest for a lead, then the id.

    Args:
        profile: the lead.
        agents: of the destination.
        now: when the lead would be given out.
        weights: what each term of the rank counts for.
        choice: whether the highest rank goes first, or whose turn it is.
        team: who alone may have the lead; None: anybody.
        returned: whom the lead came back from.
    """
    free: list[_Free] = []
    gated: list[AgentVerdict] = []
    for agent in agents:
        stop = gate(profile, agent, now, team, returned)
        if stop is None:
            its = terms(profile, agent)
            free.append(_Free(agent, its, _weighed(its, weights)))
        else:
            gated.append(_gated(agent, *stop))
    takes_turns = choice == "rotation"
    if takes_turns:
        claims = rotation.claims({each.agent.id: entrant(each.agent) for each in free})
        free.sort(key=lambda each: _turn(each, claims))
    else:
        free.sort(key=_order)
    ranked = [
        _ranked(each, position, takes_turns=takes_turns)
        for position, each in enumerate(free, start=1)
    ]
    return (*ranked, *gated)


def entrant(agent: AgentState) -> Entrant:
    """See an agent as one of those who take turns."""
    return Entrant(agent.weight, agent.credit)


def gate(
    profile: Profile,
    agent: AgentState,
    now: datetime,
    team: str | None = None,
    returned: Collection[UUID] = (),
) -> tuple[AgentGate, str] | None:
    """Find the first thing that keeps the lead from the agent, with the values seen.

    Where the lead's state is not known, nobody with a list of licences is licensed for it.
    """
    if not agent.active:
        return "inactive", "not active"
    if agent.id in returned:
        return "returned", "the lead was with them, and came back"
    if team is not None and not _among(team, agent.teams):
        return "not_in_team", f"not in the team {team}"
    state = profile.attributes.get("state")
    if agent.licensed_states and not _among(state, agent.licensed_states):
        where = "the lead's state is not known" if state is None else f"not in {state}"
        return "not_licensed", f"licensed in {', '.join(agent.licensed_states)}; {where}"
    if agent.specialties and not _among(profile.vertical, agent.specialties):
        return "off_specialty", f"works on {', '.join(agent.specialties)}; not {profile.vertical}"
    if agent.leave and (leave := leave_at(agent.leave, now)):
        return "on_leave", f"on leave until {leave.ends_at:%Y-%m-%d %H:%M %Z}"
    if agent.hours is not None and not is_open(agent.hours, now):
        return "off_hours", f"off hours in {agent.hours.time_zone}"
    if agent.load >= agent.capacity:
        return "at_capacity", f"{agent.load} of {agent.capacity} leads open"
    return None


def terms(profile: Profile, agent: AgentState) -> Terms:
    """Work out the terms for an agent whom no gate stops.

    specialization: 1 for a specialist, 0.5 where specialties are not known. The formula's 0, for a
        specialist in something else, is never seen: the gate `off_specialty` comes first.
    proximity: 1 in the same city, 0.8 in the same state, 0.2 elsewhere, 0.5 where a state is not
        known. A city's name says nothing without its state: there are some 30 Springfields.
    performance: 0.4 x rating / 5 + 0.6 x conversion rate; of these, what is not known counts 0.5.
    availability: the share of the capacity that is free. It is above 0: see `at_capacity`.
    """
    return Terms(
        specialization=1.0 if agent.specialties else _UNKNOWN,
        proximity=_proximity(profile, agent),
        performance=_performance(agent),
        availability=(agent.capacity - agent.load) / agent.capacity,
    )


def _proximity(profile: Profile, agent: AgentState) -> float:
    state, city = profile.attributes.get("state"), profile.attributes.get("city")
    if state is None or agent.state is None:
        return _UNKNOWN
    if not _among(state, (agent.state,)):
        return 0.2
    return 1.0 if agent.city is not None and _among(city, (agent.city,)) else 0.8


def _performance(agent: AgentState) -> float:
    rating = _UNKNOWN if agent.rating is None else agent.rating / 5
    conversion_rate = _UNKNOWN if agent.conversion_rate is None else agent.conversion_rate
    return 0.4 * rating + 0.6 * conversion_rate


def _among(value: Value | None, names: Sequence[str]) -> bool:
    """Compare without regard to capitals; what is not known is among nothing."""
    if not isinstance(value, str):
        return False
    if value in names:  # nearly always written alike
        return True
    folded = value.casefold()
    return any(folded == name.casefold() for name in names)


def _weighed(its: Terms, weights: Weights) -> float:
    total = (
        weights.specialization * its.specialization
        + weights.proximity * its.proximity
        + weights.performance * its.performance
        + weights.availability * its.availability
    )
    return round(total, _DIGITS)


def _order(one: _Free) -> tuple[float, int, datetime, int]:
    agent = one.agent
    return -one.score, agent.load, agent.last_assigned_at or _NEVER, agent.id.int


def _turn(one: _Free, claims: Mapping[UUID, int]) -> tuple[float, int, datetime, int]:
    return -claims[one.agent.id], *_order(one)[1:]


def _ranked(one: _Free, position: int, *, takes_turns: bool) -> AgentVerdict:
    return AgentVerdict(
        agent_id=one.agent.id,
        workspace_id=one.agent.workspace_id,
        specialization=one.terms.specialization,
        proximity=one.terms.proximity,
        performance=one.terms.performance,
        availability=one.terms.availability,
        rank_score=one.score,
        rank=position,
        in_turn=takes_turns,
    )


def _gated(agent: AgentState, stopped_by: AgentGate, seen: str) -> AgentVerdict:
    return AgentVerdict(
        agent_id=agent.id, workspace_id=agent.workspace_id, gate=stopped_by, seen=seen
    )
