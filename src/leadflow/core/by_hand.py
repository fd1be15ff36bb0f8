"""Decisions that a person takes: the agent is given, the rules are not asked."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from leadflow.core.agents import rank
from leadflow.core.decision import AgentState, AgentVerdict, Decision, DestinationState, Placed
from leadflow.core.lead import Profile
from leadflow.core.route import seed_of
from leadflow.core.rulebook import Rulebook
from leadflow.errors import InputError


def placed_by_hand(
    profile: Profile,
    agent: AgentState,
    destination: DestinationState | None,
    rulebook: Rulebook,
    now: datetime,
) -> Decision:
    """Place a lead with an agent, through a destination of theirs where there is one.

    Licences, specialties and hours are the person's to judge; activity and capacity are not.

    Raises:
        InputError: `Agent is not active`, or `Agent has reached maximum lead capacity`.
    """
    if not agent.active:
        raise InputError("Agent is not active")
    if agent.load >= agent.capacity:
        raise InputError("Agent has reached maximum lead capacity")
    return Decision(
        lead_id=profile.lead_id,
        outcome=Placed(
            destination_id=destination.id if destination else None,
            workspace_id=agent.workspace_id,
            rule_id=None,
            agent_id=agent.id,
        ),
        sentence="It was placed by hand.",
        candidates=(),
        agents=rank(profile, [agent], now, rulebook.agent_weights),
        rulebook_version=rulebook.version,
        seed=seed_of(profile.lead_id),
        decided_at=now,
    )


def best_agent(
    profile: Profile,
    agents: Sequence[AgentState],
    rulebook: Rulebook,
    returned: Collection[UUID],
    now: datetime,
) -> AgentState | None:
    """Find the top-ranked of the agents that may take the lead. None: there is none.

    Whom the lead came back from is not asked again.
    """
    weights = rulebook.agent_weights
    verdicts: tuple[AgentVerdict, ...] = rank(profile, agents, now, weights, returned=returned)
    first = next((verdict.agent_id for verdict in verdicts if verdict.rank == 1), None)
    return next((agent for agent in agents if agent.id == first), None)
