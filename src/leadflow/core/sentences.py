"""Sentences: the reason of an outcome, for people."""

from collections.abc import Iterable, Mapping, Sequence

from leadflow.core import conditions
from leadflow.core.decision import AgentVerdict, Candidate, Gate, Snapshot
from leadflow.core.gates import Stop
from leadflow.core.lead import Profile
from leadflow.core.rulebook import Rulebook

NO_MATTER = frozenset[Gate](("repeated", "off_schedule"))
"""Gates of candidates that are none for this lead."""

_NAMED = 3  # destinations that a sentence names

_OBSTACLES: Mapping[Gate, str] = {
    "gone": "is no longer there",
    "held": "would share a person who is placed",
    "filtered": "does not want such leads",
    "returned": "has had it already",
    "inactive": "is paused",
    "failing": "does not take deliveries",
    "closed": "is closed",
    "capped": "is full",
    "no_agent": "has no free agent",
    "nobody": "has no agent for it",
}


def obstacles(stopped: Iterable[tuple[Candidate, Stop]], snapshot: Snapshot) -> str:
    """Say what stops each destination, without the figures: they are the partner's own."""
    said = [
        f"{_name(candidate, snapshot)} {_OBSTACLES[stop.gate]}"
        for candidate, stop in stopped
        if stop.gate not in NO_MATTER
    ]
    more = [f"and {len(said) - _NAMED} more"] if len(said) > _NAMED else []
    return ", ".join(said[:_NAMED] + more)


def placed(
    winner: Candidate,
    ranked: Sequence[AgentVerdict],
    profile: Profile,
    rulebook: Rulebook,
    snapshot: Snapshot,
) -> str:
    """Say which rule places the lead where, and what of the lead it looked at."""
    rule = rulebook.by_id[winner.rule_id]
    seen = conditions.seen(rule.condition, profile.attributes) or "it takes every lead"
    sentence = f'Rule "{rule.name}" places it with {_name(winner, snapshot)}: {seen}.'
    if not ranked:
        return sentence
    free = sum(verdict.rank is not None for verdict in ranked)
    if ranked[0].in_turn:
        return f"{sentence} It is the turn of one agent, of {free} who are free."
    return f"{sentence} The top-ranked free agent, of {free}, gets it."


def _name(candidate: Candidate, snapshot: Snapshot) -> str:
    destination = snapshot.destinations.get(candidate.destination_id)
    if destination is None:
        return f'the destination of rule "{candidate.rule_name}"'
    return destination.name
