"""The list of leads: filtered, and page by page."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from msgspec.structs import replace

from leadflow.app import utc_now
from leadflow.console import filters
from leadflow.console.desk import Desk
from leadflow.console.filters import Asked
from leadflow.console.listing import Listing, listing
from leadflow.console.pages import page
from leadflow.core.verticals import REGISTRY
from leadflow.errors import Problem
from leadflow.store import workspaces

LEADS = 50  # a page
NOTHING = Listing(lines=(), older=None)


@get("/leads")
async def leads(request: Request[Any, Any, Any], desk: Desk) -> Response[str]:
    """List leads, the newest first."""
    asked = await _with_owner(desk, filters.read(dict(request.query_params.items())))
    if asked.problems:
        return page("leads.html", _values(asked, NOTHING), status=400)
    found = await listing(desk, asked.which, before=asked.before, limit=LEADS)
    return page("leads.html", _values(asked, found))


async def _with_owner(desk: Desk, asked: Asked) -> Asked:
    if asked.owner is None:
        return asked
    async with desk.app.database.service() as connection:
        owner = await workspaces.by_slug(connection, asked.owner)
    if owner is None:
        problem = Problem("owner", f"“{asked.owner}” is no workspace", "a workspace's slug")
        return replace(asked, problems=(*asked.problems, problem))
    return replace(asked, which=replace(asked.which, destination_workspace_id=owner.id))


def _values(asked: Asked, found: Listing) -> dict[str, Any]:
    return {
        "now": utc_now(),
        "lines": found.lines,
        "given": asked.given,
        "problems": asked.problems,
        "statuses": [(value, name) for value, (name, *_) in filters.STATUSES.items()],
        "verticals": list(REGISTRY),
        "first": _address(asked) if asked.before else None,
        "older": _address(asked, before=str(found.older)) if found.older else None,
    }


def _address(asked: Asked, **more: str) -> str:
    query = urlencode({**asked.given, **more})
    return f"/leads?{query}" if query else "/leads"
