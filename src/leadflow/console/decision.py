"""A decision, laid out: who was considered, what spoke for them, what stopped them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from leadflow.core.decision import AgentVerdict, Verdict
from leadflow.core.explain import AGENT_GATES, GATES, NotMatched
from leadflow.work.viewing import SeenDecision


class CandidateLine(Struct, frozen=True, kw_only=True):
    """A rule that matched."""

    rank: int | None
    rule: str
    priority: int
    destination: str
    what: str  # the gate that stopped it, or that it could have had the lead
    seen: str | None  # the values behind the gate
    reopens_at: datetime | None


class AgentLine(Struct, frozen=True, kw_only=True):
    """An agent of a destination that got as far as its agents."""

    agent: str
    verdict: AgentVerdict
    stopped: str | None  # by which gate; None: by none


class DecisionView(Struct, frozen=True, kw_only=True):
    """One decision."""

    decided_at: datetime
    rulebook_version: int
    sentence: str
    candidates: Sequence[CandidateLine]  # in the order they were considered
    agents: Sequence[AgentLine]
    not_matched: Sequence[NotMatched]


def lay_out(seen: SeenDecision, names: Mapping[UUID, str]) -> DecisionView:
    """Lay a decision out.

    Args:
        seen: the decision.
        names: of destinations and agents; who has none is called by the id.
    """
    decision = seen.decision
    return DecisionView(
        decided_at=decision.decided_at,
        rulebook_version=decision.rulebook_version,
        sentence=decision.sentence,
        candidates=[_candidate(verdict, names) for verdict in decision.candidates],
        agents=[_agent(verdict, names) for verdict in decision.agents],
        not_matched=seen.not_matched,
    )


def _candidate(verdict: Verdict, names: Mapping[UUID, str]) -> CandidateLine:
    if verdict.gate is not None:
        what = GATES[verdict.gate]
    else:
        what = "gets the lead" if verdict.rank == 1 else "could have had the lead"
    return CandidateLine(
        rank=verdict.rank,
        rule=verdict.rule_name,
        priority=verdict.priority,
        destination=names.get(verdict.destination_id, str(verdict.destination_id)),
        what=what,
        seen=verdict.seen,
        reopens_at=verdict.reopens_at,
    )


def _agent(verdict: AgentVerdict, names: Mapping[UUID, str]) -> AgentLine:
    stopped = None
    if verdict.gate is not None:
        stopped = AGENT_GATES[verdict.gate] + (f": {verdict.seen}" if verdict.seen else "")
    return AgentLine(
        agent=names.get(verdict.agent_id, str(verdict.agent_id)),
        verdict=verdict,
        stopped=stopped,
    )
