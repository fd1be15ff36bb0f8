"""Which agents could take a lead."""

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath
from msgspec import Meta, Struct

from leadflow.api.call import FromCall
from leadflow.app import utc_now
from leadflow.core.agents import rank
from leadflow.core.capacity import open_key
from leadflow.core.decision import AgentGate, AgentState, AgentVerdict
from leadflow.core.directory import Directory, on_duty
from leadflow.core.lead import Profile
from leadflow.core.route import match
from leadflow.errors import NotFoundError
from leadflow.store import agents, readings, walk
from leadflow.store.agents import Agent


class MatchingAgent(Struct, frozen=True, kw_only=True):
    """One agent as they stand to a lead: their rank and its terms, or what stops them."""

    agent_id: UUID
    workspace_id: UUID
    name: str
    rank: Annotated[int | None, Meta(description="1 is the best; null: may not take it")]
    rank_score: Annotated[float | None, Meta(description="0 to 1, the terms by their weights")]
    specialization: float | None
    proximity: float | None
    performance: float | None
    availability: float | None
    gate: Annotated[AgentGate | None, Meta(description="what stops them")]
    seen: Annotated[str | None, Meta(description="the values behind it")]


@get("/api/v1/leads/{lead_id:str}/matching-agents", tags=["Routing"], opt={"scope": "leads:read"})
async def list_matching_agents(call: FromCall, lead_id: FromPath[UUID]) -> list[MatchingAgent]:
    """List the agents who could take a lead, the best first.

    They are ranked as they would be this moment; behind them come those who may not take it, each
    with the reason. A workspace sees its own agents. Operators see those of the lead's workspace
    and of every workspace that a matching rule leads to.
    """
    async with call.app.database.tenant(call.tenant) as connection:
        profile = await readings.profile(connection, lead_id)
    if profile is None:
        raise NotFoundError("Lead not found")
    async with call.app.database.service() as connection:
        directory = await call.desk.directories.current(connection)
        teams = list(_agents(directory, profile, call.tenant))
        open_leads = await readings.open_leads(connection, [agent.id for agent in teams])
        named = await agents.by_ids(connection, [agent.id for agent in teams])
        returned = await walk.returned(connection, [lead_id])
    present = [on_duty(agent, open_leads.get(open_key(agent.id))) for agent in teams]
    weights = directory.workspaces[profile.workspace_id].rulebook.agent_weights
    not_again = returned.get(lead_id, ())
    verdicts = rank(profile, present, utc_now(), weights, returned=not_again)
    return [_presented(verdict, named[verdict.agent_id]) for verdict in verdicts]


def _agents(directory: Directory, profile: Profile, tenant: UUID | None) -> Iterator[AgentState]:
    workspace_ids = {tenant} if tenant else set(_interested(directory, profile))
    for workspace_id in sorted(workspace_ids):
        yield from directory.agents.get(workspace_id, ())


def _interested(directory: Directory, profile: Profile) -> Iterator[UUID]:
    """Name the lead's workspace, and all that a rule would give it to."""
    yield profile.workspace_id
    for candidate in match(profile, directory.workspaces[profile.workspace_id].rulebook):
        entry = directory.destinations.get(candidate.destination_id)
        if entry is not None:
            yield entry.at_rest.workspace_id


def _presented(verdict: AgentVerdict, agent: Agent) -> MatchingAgent:
    return MatchingAgent(
        agent_id=agent.id,
        workspace_id=agent.workspace_id,
        name=agent.name,
        rank=verdict.rank,
        rank_score=verdict.rank_score,
        specialization=verdict.specialization,
        proximity=verdict.proximity,
        performance=verdict.performance,
        availability=verdict.availability,
        gate=verdict.gate,
        seen=verdict.seen,
    )
