"""Agents: the people of a workspace who take its leads."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec.structs import asdict, replace

from leadflow.api.bodies import read_json
from leadflow.api.call import NAMES_WORKSPACE, Call, FromCall
from leadflow.api.paging import Cursor, Limit, Page, page_of, read_cursor
from leadflow.app import utc_now
from leadflow.errors import NotFoundError
from leadflow.store import agents, waking
from leadflow.store.agents import Agent
from leadflow.store.database import Connection
from leadflow.store.ids import new_id
from leadflow.work.agents import AgentBody, audit_agent, read_agent

TAGS = ("Agents",)
ADMIN = {"scope": "admin"}


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
    given = read_agent(body, ignore=NAMES_WORKSPACE)
    workspace_id = await call.workspace_id(body)
    now = utc_now()
    agent = Agent(
        id=new_id(), workspace_id=workspace_id, created_at=now, updated_at=now, **asdict(given)
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
        given = read_agent(body, present=present)
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


def _found(agent: Agent | None) -> Agent:
    if agent is None:
        raise NotFoundError("Agent not found")
    return agent


async def _follow_up(
    call: Call, connection: Connection, action: str, agent: Agent, *changed: str
) -> None:
    await audit_agent(connection, action, agent, by=call.actor, fields=changed)
    await waking.wake(connection, agent.workspace_id, agent.updated_at)
