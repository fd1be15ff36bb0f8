"""Agents: the people of a workspace who take its leads."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace
from uuid_utils.compat import uuid7

from leadflow.api.bodies import read_fields, read_json
from leadflow.api.call import NAMES_WORKSPACE, Call, FromCall
from leadflow.api.fields import (
    Flag,
    Hours,
    Name,
    Share,
    State,
    check_hours,
    check_verticals,
    refuse,
)
from leadflow.api.paging import Cursor, Limit, Page, page_of, read_cursor
from leadflow.app import utc_now
from leadflow.core.normalise import email
from leadflow.core.normalise.wrong import Wrong
from leadflow.core.verticals import find
from leadflow.errors import NotFoundError, Problem
from leadflow.store import agents, waking
from leadflow.store.agents import Agent
from leadflow.store.database import Connection

TAGS = ("Agents",)
ADMIN = {"scope": "admin"}


class AgentBody(Struct, frozen=True, kw_only=True):
    """An agent as their workspace sets them up."""

    name: Name
    email: (
        Annotated[str, Meta(max_length=254, description="an address such as name@example.com")]
        | None
    ) = None
    active: Flag = True
    licensed_states: Annotated[
        tuple[State, ...], Meta(max_length=60, description="two-letter codes; none: everywhere")
    ] = ()
    specialties: Annotated[
        tuple[Name, ...], Meta(max_length=50, description="names of verticals; none: unknown")
    ] = ()
    city: Name | None = None
    state: State | None = None
    rating: Annotated[float, Meta(ge=0, le=5, description="a number from 0 to 5")] | None = None
    conversion_rate: Share | None = None
    capacity: Annotated[
        int, Meta(ge=0, le=100_000, description="leads open at one time, 0 to 100000")
    ] = 20
    hours: Hours = None


@get("/api/v1/agents", tags=TAGS, opt={**ADMIN, "workspace": "filter"})
async def list_agents(
    call: FromCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    active: Annotated[bool | None, QueryParameter(description="only those, or the others")] = None,
) -> Page[Agent]:
    """List agents, oldest first."""
    workspace_id = await call.filter_id()
    async with call.app.database.tenant(call.tenant) as connection:
        after = read_cursor(cursor)
        rows = await agents.page(connection, workspace_id, after, limit + 1, active=active)
    return page_of(rows, limit, lambda agent: agent.id)


@post(
    "/api/v1/agents",
    tags=TAGS,
    opt={**ADMIN, "body": AgentBody, "workspace": "one", "fails": (409,)},
)
async def create_agent(request: Request[Any, Any, Any], call: FromCall) -> Response[Agent]:
    """Add an agent."""
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = _checked(read_fields(AgentBody, body, ignore=NAMES_WORKSPACE))
    workspace_id = await call.workspace_id(body)
    now = utc_now()
    agent = Agent(
        id=uuid7(), workspace_id=workspace_id, created_at=now, updated_at=now, **asdict(given)
    )
    async with call.app.database.tenant(call.tenant) as connection:
        await agents.insert(connection, agent)
        await _follow_up(call, connection, "agent.created", agent)
    return Response(agent, headers={"Location": f"/api/v1/agents/{agent.id}"})


@get("/api/v1/agents/{agent_id:str}", tags=TAGS, opt=ADMIN)
async def get_agent(call: FromCall, agent_id: FromPath[UUID]) -> Agent:
    """Read one agent."""
    async with call.app.database.tenant(call.tenant) as connection:
        return _found(await agents.by_id(connection, agent_id))


@patch(
    "/api/v1/agents/{agent_id:str}",
    tags=TAGS,
    opt={**ADMIN, "changes": AgentBody, "fails": (409,)},
)
async def change_agent(
    request: Request[Any, Any, Any], call: FromCall, agent_id: FromPath[UUID]
) -> Agent:
    """Change an agent. What the body leaves out stays as it is.

    Leads that wait for somebody are tried again at once.
    """
    body = await read_json(request, call.app.settings.max_body_bytes)
    async with call.app.database.tenant(call.tenant) as connection:
        present = _found(await agents.hold(connection, agent_id))
        given = _checked(read_fields(AgentBody, body, present=present))
        agent = replace(present, updated_at=utc_now(), **asdict(given))
        await agents.update(connection, agent)
        await _follow_up(call, connection, "agent.changed", agent, *body)
    return agent


@delete("/api/v1/agents/{agent_id:str}", tags=TAGS, opt=ADMIN)
async def remove_agent(call: FromCall, agent_id: FromPath[UUID]) -> None:
    """Deactivate an agent. Leads refer to them, so that they are never gone."""
    async with call.app.database.tenant(call.tenant) as connection:
        present = _found(await agents.hold(connection, agent_id))
        agent = replace(present, active=False, updated_at=utc_now())
        await agents.update(connection, agent)
        await _follow_up(call, connection, "agent.removed", agent)


def _checked(body: AgentBody) -> AgentBody:
    refuse(_problems(body))
    return replace(
        body,
        licensed_states=tuple(state.upper() for state in body.licensed_states),
        specialties=tuple(found.name for name in body.specialties if (found := find(name))),
        state=body.state and body.state.upper(),
    )


def _problems(body: AgentBody) -> list[Problem]:
    problems = [*check_hours(body.hours), *check_verticals(body.specialties, "specialties")]
    if body.email is not None and isinstance(wrong := email.address(body.email), Wrong):
        problems.append(Problem("email", wrong.reason, "an address such as name@example.com"))
    return problems


def _found(agent: Agent | None) -> Agent:
    if agent is None:
        raise NotFoundError("Agent not found")
    return agent


async def _follow_up(
    call: Call, connection: Connection, action: str, agent: Agent, *changed: str
) -> None:
    await call.audit(connection, action, agent.id, agent.workspace_id, fields=changed)
    await waking.wake(connection, agent.workspace_id, agent.updated_at)
