"""Leads as people look at them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import FromPath, QueryParameter
from msgspec.structs import replace

from leadflow.api.call import FromCall
from leadflow.api.lead_answers import LeadInFull, LeadInList, in_full, in_list
from leadflow.api.paging import Cursor, Limit, Page, page_of, read_cursor
from leadflow.core.body_fields import in_utc
from leadflow.core.lead import RoutingStatus, Status
from leadflow.core.verticals import REGISTRY, find
from leadflow.errors import InputError, NotFoundError, Problem
from leadflow.store import manual, readings
from leadflow.store.database import Connection
from leadflow.store.readings import LeadFilter, TimelineEntry

Name = Annotated[str | None, QueryParameter(max_length=100)]
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
ScoreBound = Annotated[int | None, QueryParameter(ge=0, le=100)]
Instant = Annotated[datetime | None, QueryParameter(description="ISO 8601, with an offset")]
Owner = Annotated[
    str | None,
    QueryParameter(description="slug of the workspace that owns the lead", max_length=63),
]


@get("/api/v1/leads", tags=["Leads"], opt={"scope": "leads:read", "workspace": "filter"})
async def list_leads(
    call: FromCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    vertical: Name = None,
    status: Annotated[Status | None, QueryParameter()] = None,
    routing_status: Annotated[RoutingStatus | None, QueryParameter()] = None,
    min_score: ScoreBound = None,
    max_score: ScoreBound = None,
    created_from: Instant = None,
    created_before: Instant = None,
    source: Annotated[str | None, QueryParameter(max_length=100, pattern=PRINTABLE)] = None,
    destination: Owner = None,
    agent: Annotated[UUID | None, QueryParameter(description="the agent's id")] = None,
) -> Page[LeadInList]:
    """List leads.

    The newest come first. A workspace sees its own and those placed with it; contact data is
    covered.
    """
    owner = None if destination is None else await call.desk.tenants.named(destination)
    which = LeadFilter(
        vertical=_vertical(vertical),
        status=status,
        routing_status=routing_status,
        min_score=min_score,
        max_score=max_score,
        created_from=in_utc(created_from, "created_from"),
        created_before=in_utc(created_before, "created_before"),
        source=source,
        destination_workspace_id=None if owner is None else owner.id,
        agent_id=agent,
    )
    workspace_id = await call.filter_id()
    before = read_cursor(cursor)
    async with call.app.database.tenant(call.tenant) as connection:
        rows = await readings.page(connection, workspace_id, which, before, limit + 1)
    shown = [in_list(row, call.app.vault) for row in rows]
    return page_of(shown, limit, lambda lead: lead.id)


@get("/api/v1/leads/{lead_id:str}", tags=["Leads"], opt={"scope": "leads:read"})
async def get_lead(call: FromCall, lead_id: FromPath[UUID]) -> LeadInFull:
    """Read one lead, with contact data."""
    async with call.app.database.tenant(call.tenant) as connection:
        row = await readings.lead(connection, lead_id)
        if row is None:
            raise NotFoundError("Lead not found")
        return in_full(
            row,
            call.app.vault,
            waiting=await readings.queue_row(connection, lead_id),
            review=await readings.open_review(connection, lead_id),
            deliveries=await readings.deliveries(connection, lead_id),
        )


@get("/api/v1/leads/{lead_id:str}/timeline", tags=["Leads"], opt={"scope": "leads:read"})
async def get_timeline(call: FromCall, lead_id: FromPath[UUID]) -> list[TimelineEntry]:
    """Read what happened to a lead, in order."""
    async with call.app.database.tenant(call.tenant) as connection:
        found = await readings.timeline(connection, lead_id)
        if not found and await readings.lead(connection, lead_id) is None:
            raise NotFoundError("Lead not found")
        return [await _without_foreign(connection, entry) for entry in found]


async def _without_foreign(connection: Connection, entry: TimelineEntry) -> TimelineEntry:
    """Leave out which lead holds the person, where it is another workspace's."""
    holder = entry.data.get("duplicate_of")
    if holder is None or await manual.is_visible(connection, UUID(holder)):
        return entry
    return replace(entry, data={**entry.data, "duplicate_of": None})


def _vertical(name: str | None) -> str | None:
    if name is None:
        return None
    vertical = find(name)
    if vertical is None:
        problem = Problem("vertical", "is not a vertical we know", f"one of {', '.join(REGISTRY)}")
        raise InputError("The vertical is not known", (problem,))
    return vertical.name
