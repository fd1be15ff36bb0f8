"""Reviews: leads that a person has to look at."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from leadflow.api.bodies import read_json
from leadflow.api.call import FromCall
from leadflow.api.paging import Cursor, Limit, Page, page_of, read_cursor
from leadflow.app import utc_now
from leadflow.core.body import read_fields
from leadflow.core.body_fields import Text
from leadflow.errors import ConflictError, NotFoundError
from leadflow.store import reviews
from leadflow.store.reviews import Review

TAGS = ("Reviews",)


class Closing(Struct, frozen=True, kw_only=True):
    """What a person made of a lead."""

    resolution: Text


@get("/api/v1/reviews", tags=TAGS, opt={"scope": "leads:read", "workspace": "filter"})
async def list_reviews(
    call: FromCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    still_open: Annotated[
        bool | None, QueryParameter(name="open", description="only those, or the others")
    ] = None,
) -> Page[Review]:
    """List reviews, the newest first."""
    workspace_id = await call.filter_id()
    async with call.app.database.tenant(call.tenant) as connection:
        before = read_cursor(cursor)
        rows = await reviews.page(
            connection, workspace_id, before, limit + 1, still_open=still_open
        )
    return page_of(rows, limit, lambda review: review.id)


@get("/api/v1/reviews/{review_id:str}", tags=TAGS, opt={"scope": "leads:read"})
async def get_review(call: FromCall, review_id: FromPath[UUID]) -> Review:
    """Read one review."""
    async with call.app.database.tenant(call.tenant) as connection:
        found = await reviews.by_id(connection, review_id)
    if found is None:
        raise NotFoundError("Review not found")
    return found


@post(
    "/api/v1/reviews/{review_id:str}/close",
    tags=TAGS,
    status_code=200,
    opt={"scope": "route", "body": Closing, "fails": (409,)},
)
async def close_review(
    request: Request[Any, Any, Any], call: FromCall, review_id: FromPath[UUID]
) -> Review:
    """Close a review without routing the lead. Routing it by hand closes it too."""
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = read_fields(Closing, body)
    async with call.app.database.tenant(call.tenant) as connection:
        if await reviews.by_id(connection, review_id) is None:
            raise NotFoundError("Review not found")
        closed = await reviews.close(connection, review_id, given.resolution, utc_now())
        if closed is None:
            raise ConflictError("The review is closed already")
        await call.audit(connection, "review.closed", review_id, closed.workspace_id)
    return closed
