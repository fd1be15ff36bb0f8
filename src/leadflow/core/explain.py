"""Explain: a decision in words, for the people who ask why."""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from leadflow.core import conditions
from leadflow.core.decision import AgentGate, AgentVerdict, Decision, Gate, Verdict
from leadflow.core.lead import Profile
from leadflow.core.rulebook import Rulebook

GATES: Mapping[Gate, str] = {
    "gone": "the destination is no longer there",
    "repeated": "a rule before it leads to the same destination",
    "held": "the person is already placed",
    "off_schedule": "the rule does not hold at this hour",
    "filtered": "the destination does not want such leads",
    "returned": "the lead was there, and came back",
    "inactive": "the destination is paused",
    "failing": "deliveries to the destination fail",
    "closed": "the destination is closed",
    "capped": "the destination is full",
    "no_agent": "no agent who fits is free",
    "nobody": "no agent fits",
}
AGENT_GATES: Mapping[AgentGate, str] = {
    "inactive": "is not active",
    "returned": "had the lead already, and it came back",
    "not_in_team": "is not in the team",
    "not_licensed": "has no licence for the state",
    "off_specialty": "works on other verticals",
    "on_leave": "is on leave",
    "off_hours": "is off hours",
    "at_capacity": "is at capacity",
}


class CandidateInWords(Struct, frozen=True, kw_only=True):
    rule_id: UUID
    rule: str
    priority: int
    destination: str
    rank: int | None
    why: str


class AgentInWords(Struct, frozen=True, kw_only=True):
    agent: str
    rank: int | None
    why: str


class Explanation(Struct, frozen=True, kw_only=True):
    sentence: str
    candidates: tuple[CandidateInWords, ...]  # in the order they were considered
    agents: tuple[AgentInWords, ...]


class NotMatched(Struct, frozen=True):
    rule_id: UUID
    name: str
    why: str  # the first test that failed, with the value seen


def explain(decision: Decision, names: Mapping[UUID, str], *, figures: bool) -> Explanation:
    """Put a decision into words.

    Args:
        decision: as it was recorded.
        names: of destinations and agents; who has none is called by the id.
        figures: whether the reader may see the figures behind the gates and the agents' ranks.
            They belong to the receiving partner: another workspace sees which gate stopped a
            candidate, and no agents.
    """
    return Explanation(
        sentence=decision.sentence,
        candidates=tuple(
            CandidateInWords(
                rule_id=verdict.rule_id,
                rule=verdict.rule_name,
                priority=verdict.priority,
                destination=names.get(verdict.destination_id, str(verdict.destination_id)),
                rank=verdict.rank,
                why=_why(verdict, figures=figures),
            )
            for verdict in decision.candidates
        ),
        agents=tuple(
            AgentInWords(
                agent=names.get(verdict.agent_id, str(verdict.agent_id)),
                rank=verdict.rank,
                why=_why_agent(verdict),
            )
            for verdict in (decision.agents if figures else ())
        ),
    )


def rules_not_matched(profile: Profile, rulebook: Rulebook) -> tuple[NotMatched, ...]:
    """Work out why each of the other rules did not match, in their order.

    The rulebook must be the version that the decision names.
    """
    reasons = (
        (
            rule,
            conditions.failing(rule.condition, profile.attributes)
            if rule.enabled
            else "switched off",
        )
        for rule in rulebook.rules
    )
    return tuple(NotMatched(rule.id, rule.name, why) for rule, why in reasons if why is not None)


def _why(verdict: Verdict, *, figures: bool) -> str:
    if verdict.gate is not None:
        what = GATES[verdict.gate]
    else:
        what = "gets the lead" if verdict.rank == 1 else "could have had the lead"
    return f"{what}: {verdict.seen}" if figures and verdict.seen else what


def _why_agent(verdict: AgentVerdict) -> str:
    if verdict.gate is not None:
        return f"{AGENT_GATES[verdict.gate]}: {verdict.seen}"
    return (
        f"scores {verdict.rank_score:.3f}: specialization {verdict.specialization:.2f}, "
        f"proximity {verdict.proximity:.2f}, performance {verdict.performance:.2f}, "
        f"availability {verdict.availability:.2f}"
    )
