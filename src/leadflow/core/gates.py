"""Gates: what keeps a destination from taking a lead just now, and until when."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from leadflow.core import conditions
from leadflow.core.decision import (
    AgentGate,
    AgentState,
    AgentVerdict,
    Candidate,
    Cap,
    DestinationState,
    Gate,
    Held,
)
from leadflow.core.lead import Profile
from leadflow.core.normalise.money import in_words
from leadflow.core.opening_hours import write_openings
from leadflow.core.schedule import WeeklyHours, is_open, next_opening, next_presence

# At these a lead waits; the others would stop it tomorrow as well.
WAITING: frozenset[Gate] = frozenset(("inactive", "failing", "closed", "capped", "no_agent"))

# At these another rule may lead to the same destination all the same.
OF_THE_RULE: frozenset[Gate] = frozenset(("off_schedule", "no_agent", "nobody"))

# An agent stopped by these fits, and is only not free.
_BUSY: frozenset[AgentGate] = frozenset(("on_leave", "off_hours", "at_capacity"))

_IN_WORDS: Mapping[AgentGate, str] = {
    "inactive": "inactive",
    "returned": "had it already",
    "not_in_team": "not in the team",
    "not_licensed": "not licensed",
    "off_specialty": "off specialty",
    "on_leave": "on leave",
    "off_hours": "off hours",
    "at_capacity": "at capacity",
}


class Stop(Struct, frozen=True):
    gate: Gate
    seen: str  # the values behind it
    reopens_at: datetime | None = None  # None: not known


def stop_of_rule(
    candidate: Candidate,
    profile: Profile,
    destination: DestinationState | None,
    returned: Collection[UUID],
    now: datetime,
) -> Stop | None:
    """Find what makes a candidate none: its rule does not hold now, or the lead is not wanted."""
    if destination is None:
        return None
    if candidate.schedule is not None:
        schedule = WeeklyHours(destination.time_zone, candidate.schedule)
        if not is_open(schedule, now):
            there = clock(now, schedule.time_zone)
            holds = write_openings(candidate.schedule)
            return Stop("off_schedule", f"it is {there}, and the rule holds {holds}")
    if destination.filter is not None:
        missed = conditions.failing(destination.filter, profile.attributes)
        if missed is not None:
            return Stop("filtered", missed)
    if destination.id in returned:
        return Stop("returned", "the lead was there, and came back")
    return None


def stop_of_destination(
    destination: DestinationState | None, holders: Sequence[Held], now: datetime
) -> Stop | None:
    """Find the first thing that stops a destination, its agents aside.

    Args:
        destination: None when it is no longer there.
        holders: the live placements of the person through other leads.
        now: when the lead would be placed.
    """
    if held := _held(destination, holders):
        return held
    if destination is None:
        return Stop("gone", "no longer there")
    if not destination.active:
        return Stop("inactive", "paused")
    if destination.failing_until is not None and now < destination.failing_until:
        until = destination.failing_until
        return Stop("failing", f"paused until {time_in_words(until)}: deliveries fail", until)
    full = [cap for cap in destination.caps if cap.used + cost(cap, destination) > cap.limit]
    if destination.hours is not None and not is_open(destination.hours, now):
        seen = _closed(destination.hours, now)
        return Stop("closed", seen, _reopening(destination.hours, full, now))
    if full:
        seen = ", ".join(_full(cap, destination) for cap in full)
        seen = f"{seen} at {clock(now, destination.time_zone)}"
        return Stop("capped", seen, _reopening(destination.hours, full, now))
    return None


def stop_of_agents(
    agents: Sequence[AgentState], verdicts: Sequence[AgentVerdict], now: datetime
) -> Stop | None:
    """Find out whether a destination that assigns agents has one for the lead."""
    gates = [verdict.gate for verdict in verdicts]
    if None in gates:
        return None
    seen = _counted(gate for gate in gates if gate)
    if _BUSY.isdisjoint(gates):
        return Stop("nobody", seen)
    off = {verdict.agent_id for verdict in verdicts if verdict.gate in ("on_leave", "off_hours")}
    openings = (next_presence(agent.hours, agent.leave, now) for agent in agents if agent.id in off)
    return Stop("no_agent", seen, min(filter(None, openings), default=None))


def cost(cap: Cap, destination: DestinationState) -> int:
    """Tell how much of a cap one lead uses up."""
    return 1 if cap.unit == "leads" else destination.price_minor


def clock(moment: datetime, time_zone: str) -> str:
    """Write what clocks show somewhere: `14:03 in Denver`."""
    place = time_zone.rpartition("/")[2].replace("_", " ")
    return f"{moment.astimezone(ZoneInfo(time_zone)):%H:%M} in {place}"


def time_in_words(moment: datetime) -> str:
    """Write an instant for people, to the minute."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _full(cap: Cap, destination: DestinationState) -> str:
    if cap.unit == "leads":
        return f"{cap.window} cap {cap.used} of {cap.limit}"
    used, limit, price = (
        in_words(amount, destination.currency)
        for amount in (cap.used, cap.limit, destination.price_minor)
    )
    return f"{cap.window} spend {used} of {limit}, and a lead costs {price}"


def _held(destination: DestinationState | None, holders: Sequence[Held]) -> Stop | None:
    """Find out whether one more partner would be too many, for this one or for those there are."""
    if not holders:
        return None
    allowed = min(holder.max_owners for holder in holders)
    most = min(allowed, destination.max_owners) if destination else allowed
    if len(holders) < most:
        return None
    # Partners who have the person to themselves come one at a time; of others, enough have to go.
    until = sorted(holder.until for holder in holders)[len(holders) - most]
    if allowed == 1:
        how = "exclusively placed"
    else:
        how = "placed" if most == 1 else f"placed with {len(holders)} of at most {most} partners"
    return Stop("held", f"the person is {how} until {time_in_words(until)}")


def _closed(hours: WeeklyHours, now: datetime) -> str:
    opening = next_opening(hours, now)
    opens = "never opens" if opening is None else f"opens {time_in_words(opening)}"
    return f"closed in {hours.time_zone}, {opens}"


def _reopening(hours: WeeklyHours | None, full: Sequence[Cap], now: datetime) -> datetime | None:
    """Find when it is open and every cap that is full now has rolled over; a total never does."""
    ends = [cap.ends_at for cap in full if cap.ends_at is not None]
    if len(ends) < len(full):
        return None
    rolled_over = max(ends, default=now)
    if hours is None or is_open(hours, rolled_over):
        return rolled_over
    return next_opening(hours, rolled_over)


def _counted(gates: Iterable[AgentGate]) -> str:
    counts = Counter(gates)
    if not counts:
        return "no agents"
    each = ", ".join(f"{count} {_IN_WORDS[gate]}" for gate, count in counts.items())
    total = counts.total()
    return f"{total} agent{'s' if total > 1 else ''}: {each}"
