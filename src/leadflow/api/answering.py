"""Leads that are kept by their owners, given back, and routed after all."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from leadflow.api.bodies import read_json
from leadflow.api.call import Call, FromCall
from leadflow.app import utc_now
from leadflow.core.body import read_fields
from leadflow.core.returns import DeclineReason
from leadflow.work import again
from leadflow.work.again import Reopened, Reopening
from leadflow.work.returns import Accepted, Answering, Returned


class AnswerBody(Struct, frozen=True, kw_only=True):
    """Which placement of a lead is answered for."""

    placement_id: Annotated[
        UUID | None,
        Meta(description="as in the lead's delivery; null: the one that is in force"),
    ] = None


class DeclineBody(AnswerBody, frozen=True, kw_only=True):
    """Why a lead is not wanted."""

    reason: Annotated[
        DeclineReason,
        Meta(description="busy, wrong_area, wrong_product, bad_contact, known_already or other"),
    ] = "other"


@post(
    "/api/v1/leads/{lead_id:str}/accept",
    tags=["Routing"],
    status_code=200,
    opt={"scope": "route", "body": AnswerBody, "fails": (409,)},
)
async def accept_lead(
    request: Request[Any, Any, Any], call: FromCall, lead_id: FromPath[UUID]
) -> Accepted:
    """Keep a lead: from now on it does not come back by itself.

    The workspace that has the lead says it. To say what became of it in sales accepts it as well.
    """
    body = await read_json(request, call.app.settings.max_body_bytes)
    return await call.app.returns.accept(_answering(call, lead_id, read_fields(AnswerBody, body)))


@post(
    "/api/v1/leads/{lead_id:str}/decline",
    tags=["Routing"],
    status_code=200,
    opt={"scope": "route", "body": DeclineBody, "fails": (409,)},
)
async def decline_lead(
    request: Request[Any, Any, Any], call: FromCall, lead_id: FromPath[UUID]
) -> Returned:
    """Give a lead back that was not accepted yet.

    It goes to the next agent, or the next destination of its rules, as old as it is. The cap, the
    agent and the person are free again, and whoever declined is not asked again. With the placement
    named, a repeated answer cannot hit the next owner.
    """
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = read_fields(DeclineBody, body)
    return await call.app.returns.decline(_answering(call, lead_id, given), given.reason)


def _answering(call: Call, lead_id: UUID, given: AnswerBody) -> Answering:
    return Answering(
        lead_id=lead_id,
        workspace_id=call.tenant,
        actor=call.actor,
        placement_id=given.placement_id,
    )


@post(
    "/api/v1/leads/{lead_id:str}/reopen",
    tags=["Routing"],
    status_code=200,
    opt={"scope": "route", "fails": (409,)},
)
async def reopen_lead(call: FromCall, lead_id: FromPath[UUID]) -> Reopened:
    """Have a lead routed after all that is in review, or was a duplicate.

    It waits again, as old as it is and with all of its tries. Its review is closed.
    """
    asked = Reopening(lead_id=lead_id, workspace_id=call.tenant, actor=call.actor)
    return await again.reopen(call.app.database, asked, call.app.tries, utc_now)
