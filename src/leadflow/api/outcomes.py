"""Outcomes: what became of a lead in sales, once it had its owner."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from leadflow.api.bodies import read_json
from leadflow.api.call import FromCall
from leadflow.app import utc_now
from leadflow.core.body import read_fields
from leadflow.core.outcomes import SalesOutcome
from leadflow.work import outcomes
from leadflow.work.outcomes import Recorded, Said


class OutcomeBody(Struct, frozen=True, kw_only=True):
    """What became of a lead."""

    outcome: Annotated[
        SalesOutcome,
        Meta(description="contacted, qualified, converted or lost; the last two are final"),
    ]


@post(
    "/api/v1/leads/{lead_id:str}/outcome",
    tags=["Routing"],
    status_code=200,
    opt={"scope": "route", "body": OutcomeBody, "fails": (409,)},
)
async def record_outcome(
    request: Request[Any, Any, Any], call: FromCall, lead_id: FromPath[UUID]
) -> Recorded:
    """Say what became of a lead in sales.

    The workspace that has the lead says it. Converted or lost, the lead is closed: it takes up none
    of its agent's capacity any more, and leads that wait for the agent go on.
    """
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = read_fields(OutcomeBody, body)
    said = Said(lead_id=lead_id, outcome=given.outcome, workspace_id=call.tenant, actor=call.actor)
    return await outcomes.record(call.app.database, said, utc_now())
