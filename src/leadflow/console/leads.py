"""The list of leads: filtered, and page by page."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from msgspec.structs import replace

from leadflow.app import utc_now
from leadflow.console import filters
from leadflow.console.desk import FromDesk
from leadflow.console.filters import Asked
from leadflow.console.listing import Listing, listing
from leadflow.console.pages import page
from leadflow.core.verticals import REGISTRY
from leadflow.store import workspaces
from leadflow.store.database import Connection
from leadflow.store.workspaces import Workspace

LEADS = 50  # a page
NOTHING = Listing(lines=(), older=None)
OFFERED = 200  # owners: beyond that, a list in a form helps nobody


@get("/leads")
async def leads(request: Request[Any, Any, Any], desk: FromDesk) -> Response[str]:
    """List leads, the newest first."""
    asked = filters.read(dict(request.query_params.items()))
    async with desk.app.database.service() as connection:
        asked = await _with_owner(connection, asked)
        owners = await workspaces.page(connection, None, OFFERED)
    if asked.problems:
        return page("leads.html", _values(asked, NOTHING, owners), status=400)
    found = await listing(desk, asked.which, before=asked.before, limit=LEADS)
    return page("leads.html", _values(asked, found, owners))


async def _with_owner(connection: Connection, asked: Asked) -> Asked:
    if asked.owner is None:
        return asked
    owner = await workspaces.by_slug(connection, asked.owner)
    if owner is None:
        problem = filters.problem("owner", asked.owner, "the slug of a workspace")
        return replace(asked, problems=(*asked.problems, problem))
    return replace(asked, which=replace(asked.which, destination_workspace_id=owner.id))


def _values(asked: Asked, found: Listing, owners: Sequence[Workspace]) -> dict[str, Any]:
    return {
        "now": utc_now(),
        "lines": found.lines,
        "given": asked.given,
        "labels": filters.LABELS,
        "problems": {problem.field: problem.reason for problem in asked.problems},
        "statuses": {value: kind.name for value, kind in filters.STATUSES.items()},
        "verticals": {name: name for name in REGISTRY},
        "owners": sorted(owner.slug for owner in owners),
        "first": _address(asked) if asked.before else None,
        "older": _address(asked, before=str(found.older)) if found.older else None,
    }


def _address(asked: Asked, **more: str) -> str:
    query = urlencode({**asked.given, **more})
    return f"/leads?{query}" if query else "/leads"
