"""Sources: the channels and names under which leads come into a workspace."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from leadflow.api.bodies import read_json
from leadflow.api.call import NAMES_WORKSPACE, FromCall
from leadflow.api.paging import Cursor, Limit, Page, page_of, read_cursor
from leadflow.app import utc_now
from leadflow.core.body import read_fields
from leadflow.core.body_fields import Flag, Name
from leadflow.core.lead import Channel
from leadflow.errors import NotFoundError
from leadflow.store import sources
from leadflow.store.ids import new_id
from leadflow.store.sources import SourceEntry

TAGS = ("Sources",)
ADMIN = {"scope": "admin"}


class SourceChanges(Struct, frozen=True, kw_only=True):
    """What may change about a source."""

    name: Name
    reliability: Annotated[
        float, Meta(ge=0, le=1, description="how good its leads have been, 0 to 1")
    ] = 0.5
    active: Flag = True


class SourceBody(SourceChanges, frozen=True, kw_only=True):
    """A source as its workspace sets it up."""

    channel: Annotated[Channel, Meta(description="the way its leads come in")]


@get("/api/v1/sources", tags=TAGS, opt={**ADMIN, "workspace": "filter"})
async def list_sources(
    call: FromCall,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SourceEntry]:
    """List sources, oldest first."""
    workspace_id = await call.filter_id()
    async with call.app.database.tenant(call.tenant) as connection:
        rows = await sources.page(connection, workspace_id, read_cursor(cursor), limit + 1)
    return page_of(rows, limit, lambda source: source.id)


@post(
    "/api/v1/sources",
    tags=TAGS,
    opt={**ADMIN, "body": SourceBody, "workspace": "one", "fails": (409,)},
)
async def create_source(request: Request[Any, Any, Any], call: FromCall) -> Response[SourceEntry]:
    """Add a source. Leads name it as `source`; one without is the default of its channel."""
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = read_fields(SourceBody, body, ignore=NAMES_WORKSPACE)
    workspace_id = await call.workspace_id(body)
    now = utc_now()
    source = SourceEntry(
        id=new_id(), workspace_id=workspace_id, created_at=now, updated_at=now, **asdict(given)
    )
    async with call.app.database.tenant(call.tenant) as connection:
        await sources.insert(connection, source)
        await call.audit(connection, "source.created", source.id, workspace_id)
    return Response(source, headers={"Location": f"/api/v1/sources/{source.id}"})


@get("/api/v1/sources/{source_id:str}", tags=TAGS, opt=ADMIN)
async def get_source(call: FromCall, source_id: FromPath[UUID]) -> SourceEntry:
    """Read one source."""
    async with call.app.database.tenant(call.tenant) as connection:
        return _found(await sources.by_id(connection, source_id))


@patch(
    "/api/v1/sources/{source_id:str}",
    tags=TAGS,
    opt={**ADMIN, "changes": SourceChanges, "fails": (409,)},
)
async def change_source(
    request: Request[Any, Any, Any], call: FromCall, source_id: FromPath[UUID]
) -> SourceEntry:
    """Change a source. Its channel stays: leads have come through it."""
    body = await read_json(request, call.app.settings.max_body_bytes)
    async with call.app.database.tenant(call.tenant) as connection:
        present = _found(await sources.hold(connection, source_id))
        given = read_fields(SourceChanges, body, present=present)
        source = replace(present, updated_at=utc_now(), **asdict(given))
        await sources.update(connection, source)
        await call.audit(
            connection, "source.changed", source.id, source.workspace_id, fields=list(body)
        )
    return source


@delete("/api/v1/sources/{source_id:str}", tags=TAGS, opt=ADMIN)
async def remove_source(call: FromCall, source_id: FromPath[UUID]) -> None:
    """Deactivate a source: it takes no more leads. Those it has brought stay."""
    async with call.app.database.tenant(call.tenant) as connection:
        present = _found(await sources.hold(connection, source_id))
        await sources.update(connection, replace(present, active=False, updated_at=utc_now()))
        await call.audit(connection, "source.removed", source_id, present.workspace_id)


def _found(source: SourceEntry | None) -> SourceEntry:
    if source is None:
        raise NotFoundError("Source not found")
    return source
