"""Workspaces: the tenants."""

from datetime import timedelta
from typing import Annotated, Any, TypeVar

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from leadflow.api.bodies import read_json
from leadflow.api.call import Call, FromCall
from leadflow.api.paging import Cursor, Limit, Page, page_of, read_cursor
from leadflow.app import utc_now
from leadflow.core.body import read_fields
from leadflow.core.body_fields import Flag, Name, Slug, TimeZone, check_time_zone, is_slug, refuse
from leadflow.errors import InputError, NotFoundError, Problem
from leadflow.store import sources, waking, workspaces
from leadflow.store.database import Connection
from leadflow.store.ids import new_id
from leadflow.store.workspaces import Kind, Workspace

TAGS = ("Workspaces",)
ADMIN = {"scope": "admin"}
Given = TypeVar("Given", bound="WorkspaceChanges")
LONGEST_WINDOW = timedelta(days=3650)


class WorkspaceChanges(Struct, frozen=True, kw_only=True):
    """What may change about a workspace."""

    name: Name
    kind: Annotated[Kind, Meta(description="standard, partner or dealership")] = "standard"
    time_zone: TimeZone = "UTC"
    duplicate_window: Annotated[
        timedelta, Meta(description="how long a person is known again: P90D is 90 days")
    ] = timedelta(days=90)
    active: Flag = True


class WorkspaceBody(WorkspaceChanges, frozen=True, kw_only=True):
    """A workspace as it is set up."""

    slug: Slug


@get("/api/v1/workspaces", tags=TAGS, opt=ADMIN)
async def list_workspaces(
    call: FromCall, limit: Limit = 50, cursor: Cursor = None
) -> Page[Workspace]:
    """List workspaces, oldest first: your own, or all where the key is good for all."""
    async with call.app.database.tenant(call.tenant) as connection:
        rows = await workspaces.page(connection, read_cursor(cursor), limit + 1)
    return page_of(rows, limit, lambda workspace: workspace.id)


@post("/api/v1/workspaces", tags=TAGS, opt={**ADMIN, "body": WorkspaceBody, "fails": (409,)})
async def create_workspace(request: Request[Any, Any, Any], call: FromCall) -> Response[Workspace]:
    """Add a workspace, with a default source for each channel. For operators only."""
    demand_operator(call)
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = _checked(read_fields(WorkspaceBody, body))
    now = utc_now()
    workspace = Workspace(
        id=new_id(), rulebook_version=0, created_at=now, updated_at=now, **asdict(given)
    )
    async with call.app.database.service() as connection:
        await workspaces.insert(connection, workspace)
        for source in sources.defaults(workspace.id, now):
            await sources.insert(connection, source)
        await call.audit(connection, "workspace.created", workspace.slug, workspace.id)
    return Response(workspace, headers={"Location": f"/api/v1/workspaces/{workspace.slug}"})


@get("/api/v1/workspaces/{slug:str}", tags=TAGS, opt=ADMIN)
async def get_workspace(call: FromCall, slug: FromPath[str]) -> Workspace:
    """Read one workspace."""
    async with call.app.database.tenant(call.tenant) as connection:
        return await workspace_at(connection, slug)


@patch("/api/v1/workspaces/{slug:str}", tags=TAGS, opt={**ADMIN, "changes": WorkspaceChanges})
async def change_workspace(
    request: Request[Any, Any, Any], call: FromCall, slug: FromPath[str]
) -> Workspace:
    """Change a workspace. Its slug stays: rules of others refer to it."""
    body = await read_json(request, call.app.settings.max_body_bytes)
    async with call.app.database.tenant(call.tenant) as connection:
        present = await _held(connection, slug)
        given = _checked(read_fields(WorkspaceChanges, body, present=present))
        if given.active != present.active:
            demand_operator(call)
        workspace = replace(present, updated_at=utc_now(), **asdict(given))
        await workspaces.update(connection, workspace)
        await call.audit(connection, "workspace.changed", slug, workspace.id, fields=list(body))
        await waking.wake(connection, workspace.id, workspace.updated_at)
    return workspace


@delete("/api/v1/workspaces/{slug:str}", tags=TAGS, opt=ADMIN)
async def remove_workspace(call: FromCall, slug: FromPath[str]) -> None:
    """Deactivate a workspace: its keys open nothing any more. For operators only."""
    demand_operator(call)
    async with call.app.database.service() as connection:
        present = await _held(connection, slug)
        await workspaces.update(connection, replace(present, active=False, updated_at=utc_now()))
        await call.audit(connection, "workspace.removed", slug, present.id)


async def workspace_at(connection: Connection, slug: str) -> Workspace:
    """Find the workspace of an address.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    found = await workspaces.by_slug(connection, slug) if is_slug(slug) else None
    if found is None:
        raise NotFoundError("Workspace not found")
    return found


def demand_operator(call: Call) -> None:
    """Insist on a key that is good for every workspace.

    Raises:
        InputError: it belongs to one (`forbidden`).
    """
    if call.tenant is not None:
        raise InputError("This needs a key that is good for every workspace", code="forbidden")


async def _held(connection: Connection, slug: str) -> Workspace:
    found = await workspaces.hold(connection, (await workspace_at(connection, slug)).id)
    if found is None:
        raise NotFoundError("Workspace not found")
    return found


def _checked(given: Given) -> Given:
    problems = list(check_time_zone(given.time_zone, "time_zone"))
    if not timedelta(0) < given.duplicate_window <= LONGEST_WINDOW:
        problems.append(Problem("duplicate_window", "is out of bounds", "up to P3650D"))
    refuse(problems)
    return given
