"""Agents: the people of a workspace who take its leads."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct, to_builtins

from leadflow.core.schedule import Leave, WeeklyHours
from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import each, one, unique

SQL = load("agents")


class Agent(Struct, frozen=True, kw_only=True):
    """One agent as their workspace set them up."""

    id: UUID
    workspace_id: UUID
    name: str
    email: str | None
    active: bool
    licensed_states: tuple[str, ...]  # USPS, 2 letters; empty: licensed everywhere
    specialties: tuple[str, ...]  # verticals; empty: unknown
    city: str | None
    state: str | None
    rating: float | None  # 0 to 5
    conversion_rate: float | None  # 0 to 1
    capacity: int  # leads open at one time
    hours: WeeklyHours | None  # None: always
    leave: tuple[Leave, ...]
    teams: tuple[str, ...]  # that rules may name
    weight: int  # where agents take turns
    created_at: datetime
    updated_at: datetime


async def insert(connection: Connection, agent: Agent) -> None:
    """Add an agent.

    Raises:
        ConflictError: the workspace has one of this name.
    """
    async with unique(f"an agent named {agent.name}"):
        await connection.execute(
            SQL["insert"], agent.id, agent.workspace_id, *_changeable(agent),
            agent.created_at, agent.updated_at,
        )  # fmt: skip


async def update(connection: Connection, agent: Agent) -> None:
    """Replace what its owner may change.

    Raises:
        ConflictError: the workspace has one of this name.
    """
    async with unique(f"an agent named {agent.name}"):
        await connection.execute(SQL["update"], agent.id, *_changeable(agent), agent.updated_at)


async def by_id(connection: Connection, agent_id: UUID) -> Agent | None:
    """Find an agent by their id."""
    return one(await connection.fetchrow(SQL["by_id"], agent_id), Agent)


async def hold(connection: Connection, agent_id: UUID) -> Agent | None:
    """Find an agent and keep others from changing it until the transaction ends."""
    return one(await connection.fetchrow(SQL["hold"], agent_id), Agent)


async def hold_named(
    connection: Connection, workspace_id: UUID, names: Collection[str]
) -> dict[str, Agent]:
    """Find a workspace's agents by their names, and keep others from changing them meanwhile."""
    rows = await connection.fetch(SQL["hold_named"], workspace_id, list(names))
    return {agent.name: agent for agent in each(rows, Agent)}


async def by_ids(connection: Connection, agent_ids: Collection[UUID]) -> dict[UUID, Agent]:
    """Find agents by their ids; what the connection may not see is left out."""
    rows = await connection.fetch(SQL["by_ids"], list(agent_ids))
    return {agent.id: agent for agent in each(rows, Agent)}


async def page(
    connection: Connection,
    workspace_id: UUID | None,
    after: UUID | None,
    limit: int,
    *,
    active: bool | None = None,
) -> list[Agent]:
    """List agents made after the one named `after`, oldest first."""
    return each(await connection.fetch(SQL["page"], workspace_id, after, active, limit), Agent)


def _changeable(agent: Agent) -> tuple[object, ...]:
    return (
        agent.name,
        agent.email,
        agent.active,
        agent.licensed_states,
        agent.specialties,
        agent.city,
        agent.state,
        agent.rating,
        agent.conversion_rate,
        agent.capacity,
        None if agent.hours is None else to_builtins(agent.hours),
        to_builtins(agent.leave),
        agent.teams,
        agent.weight,
    )
