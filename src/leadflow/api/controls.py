"""How automatic routing stands, and what operators do about it while leads come in."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.params import QueryParameter
from msgspec import Meta, Struct
from msgspec.structs import replace

from leadflow.api.bodies import demand_json, read_bytes, read_json
from leadflow.api.call import FromCall
from leadflow.api.workspaces import demand_operator
from leadflow.app import utc_now
from leadflow.core.body import read_fields
from leadflow.core.controls import Pause, Threshold
from leadflow.sources.json import read_body
from leadflow.store.controls import MadeDue
from leadflow.work import controls
from leadflow.work.controls import Asked, RoutingState

TAGS = ("Controls",)
ADMIN = {"scope": "admin"}


class PauseBody(Struct, frozen=True, kw_only=True):
    """Which leads are kept back."""

    below: Annotated[
        Threshold, Meta(description="hot keeps warm and cold leads back, warm the cold ones")
    ]


class RetryBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which leads are tried now."""

    lead_id: Annotated[UUID | None, Meta(description="a lead's id; without it, all of them")] = None


@get("/api/v1/routing", tags=TAGS, opt=ADMIN)
async def get_routing(
    call: FromCall,
    by_workspace: Annotated[
        bool | None,
        QueryParameter(description="true counts the leads of each workspace as well"),
    ] = None,
) -> RoutingState:
    """Tell which leads are routed automatically, and what is under way. For operators only."""
    demand_operator(call)
    lease = call.app.settings.routing_lease
    found = await controls.state(call.app.database, utc_now(), lease)
    return found if by_workspace else replace(found, workspaces=None)


@put("/api/v1/routing/pause", tags=TAGS, opt={**ADMIN, "body": PauseBody})
async def pause_routing(request: Request[Any, Any, Any], call: FromCall) -> Pause:
    """Stop routing leads below a priority automatically. For operators only.

    They are stored and wait, with all their tries and by their age. What is in hand is finished;
    who is paused may be routed by hand.
    """
    demand_operator(call)
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = read_fields(PauseBody, body)
    return await controls.pause(call.app.database, given.below, by=call.actor, now=utc_now())


@delete("/api/v1/routing/pause", tags=TAGS, opt=ADMIN)
async def resume_routing(call: FromCall) -> None:
    """Route leads of every priority again. For operators only.

    Workers take up at once what has waited: the most urgent first, then the oldest.
    """
    demand_operator(call)
    await controls.resume(call.app.database, by=call.actor, now=utc_now())


@post(
    "/api/v1/routing/retry",
    tags=TAGS,
    status_code=200,
    opt={
        "scope": "route",
        "body": RetryBody,
        "body_optional": True,
        "workspace": "whose",
        "fails": (404, 409),
    },
)
async def retry_queued(request: Request[Any, Any, Any], call: FromCall) -> MadeDue:
    """Try leads of the queue now: the most urgent first, then the oldest.

    They are those of your workspace. That uses none of their tries; the try that follows counts as
    any other does.
    """
    data = await read_bytes(request, call.app.settings.max_body_bytes)
    if data:
        demand_json(request)
    given = read_fields(RetryBody, read_body(data) if data else {})
    asked = Asked(actor=call.actor, workspace_id=await call.filter_id(), lead_id=given.lead_id)
    return await controls.retry(call.app.database, asked, utc_now())
