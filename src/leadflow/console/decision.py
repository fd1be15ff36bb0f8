"""A decision, laid out: who was considered, what spoke for them, what stopped them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from msgspec import Struct

from leadflow.core.agents import Weights
from leadflow.core.decision import AgentGate, AgentVerdict, Gate, Placed, Verdict
from leadflow.core.explain import AGENT_GATES, GATES, NotMatched
from leadflow.work.viewing import SeenDecision

# Of these the gate says it all, or what was seen says when it opens.
NOTHING_SEEN: frozenset[Gate | AgentGate] = frozenset(("gone", "inactive", "returned"))
SAYS_WHEN: frozenset[Gate | None] = frozenset(("closed",))


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
    """An agent who was asked about."""

    agent: str
    verdict: AgentVerdict
    chosen: bool
    what: str | None  # the gate that stopped them; None: none did
    seen: str | None  # the values behind the gate


class Team(Struct, frozen=True, kw_only=True):
    """The agents of one partner."""

    name: str
    agents: Sequence[AgentLine]


class DecisionView(Struct, frozen=True, kw_only=True):
    """One decision."""

    decided_at: datetime
    rulebook_version: int
    sentence: str
    candidates: Sequence[CandidateLine]  # in the order they were considered
    teams: Sequence[Team]  # of the destinations that got as far as their agents
    weights: Weights  # of the agents' terms
    not_matched: Sequence[NotMatched]


def lay_out(seen: SeenDecision, names: Mapping[UUID, str]) -> DecisionView:
    """Lay a decision out.

    Args:
        seen: the decision.
        names: of workspaces, destinations and agents; who has none is called by the id.
    """
    decision = seen.decision
    return DecisionView(
        decided_at=decision.decided_at,
        rulebook_version=decision.rulebook_version,
        sentence=decision.sentence,
        candidates=[_candidate(verdict, names) for verdict in decision.candidates],
        teams=list(_teams(seen, names)),
        weights=seen.weights,
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
        seen=None if verdict.gate in NOTHING_SEEN else verdict.seen,
        reopens_at=None if verdict.gate in SAYS_WHEN else verdict.reopens_at,
    )


def _teams(seen: SeenDecision, names: Mapping[UUID, str]) -> Iterator[Team]:
    """Put agents of one partner together; they already stand so."""
    outcome = seen.decision.outcome
    chosen = outcome.agent_id if isinstance(outcome, Placed) else None
    for workspace_id, verdicts in groupby(seen.decision.agents, lambda each: each.workspace_id):
        yield Team(
            name=names.get(workspace_id, str(workspace_id)),
            agents=[_agent(each, names, chosen=each.agent_id == chosen) for each in verdicts],
        )


def _agent(verdict: AgentVerdict, names: Mapping[UUID, str], *, chosen: bool) -> AgentLine:
    return AgentLine(
        agent=names.get(verdict.agent_id, str(verdict.agent_id)),
        verdict=verdict,
        chosen=chosen,
        what=None if verdict.gate is None else AGENT_GATES[verdict.gate],
        seen=None if verdict.gate in NOTHING_SEEN else verdict.seen,
    )
