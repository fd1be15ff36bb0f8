"""Routing by hand, and routing on the spot."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from leadflow.api.access import demand
from leadflow.api.bodies import demand_json, read_bytes
from leadflow.api.call import Call, FromCall
from leadflow.api.submit import (
    IdempotencyKey,
    accepted,
    check_key,
    read_sent,
    submission_of,
)
from leadflow.core.body import read_fields
from leadflow.core.decision import Placed
from leadflow.core.lead import Priority, RoutingResult, RoutingStatus, Status
from leadflow.core.outcome import Answer
from leadflow.errors import NotFoundError
from leadflow.sources.json import read_body
from leadflow.store import agents, readings
from leadflow.work.manual import ByHand, Routed


def _id(description: str) -> Meta:
    """Describe an id that is read as any text: what is no UUID names nothing, and is a 404."""
    return Meta(description=description, extra_json_schema={"format": "uuid"})


class RouteBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """How to route a lead."""

    agent_id: (
        Annotated[str, _id("an agent's id; without it the rules and the agents' rank choose")]
        | None
    ) = None
    force: Annotated[
        bool, Meta(description="true takes the lead from the owner it has; that is audited")
    ] = False


class RoutedLead(Struct, frozen=True, kw_only=True):
    """Where the lead is now."""

    id: UUID
    workspace_id: UUID
    vertical: str
    status: Status
    routing_status: RoutingStatus
    routing_result: RoutingResult | None
    score: int | None
    priority: Priority | None


class RoutedTo(Struct, frozen=True, kw_only=True):
    """Who has it, and why."""

    workspace_id: UUID | None
    destination_id: Annotated[
        UUID | None, Meta(description="null: it went to the agent directly, or its source keeps it")
    ]
    rule_id: Annotated[UUID | None, Meta(description="null: by hand, or kept")]
    agent_id: UUID | None
    reason: str


class RoutedAgent(Struct, frozen=True, kw_only=True):
    """The agent who has it."""

    id: UUID
    workspace_id: UUID
    name: str
    email: Annotated[str | None, Meta(description="null where it is another workspace's agent")]


class RoutingAnswer(Struct, frozen=True, kw_only=True):
    """What routing led to."""

    success: Annotated[bool, Meta(description="whether the lead has an owner now")]
    lead: RoutedLead
    assignment: Annotated[RoutedTo | None, Meta(description="null: nobody has it")]
    agent: Annotated[RoutedAgent | None, Meta(description="null: no agent has it")]


@post(
    "/api/v1/leads/{lead_id:str}/route",
    tags=["Routing"],
    status_code=200,
    opt={"scope": "route", "body": RouteBody, "body_optional": True, "fails": (409,)},
)
async def route_lead(
    request: Request[Any, Any, Any], call: FromCall, lead_id: FromPath[UUID]
) -> RoutingAnswer:
    """Route a lead by hand.

    It moves a lead that is stuck anywhere in the automated flow: received, waiting, failed, in
    review. A lead that has an owner stays there unless `force` is true.
    """
    data = await read_bytes(request, call.app.settings.max_body_bytes)
    if data:
        demand_json(request)
    asked = read_fields(RouteBody, read_body(data) if data else {})
    return await _by_hand(call, lead_id, asked)


class RouteLeadBody(RouteBody, frozen=True, kw_only=True, rename="camel"):
    """Which lead to route, and how."""

    lead_id: Annotated[str, _id("a lead's id")]


@post(
    "/api/leads/route",
    tags=["Routing"],
    status_code=200,
    opt={"body": "lead_or_id", "workspace": "one", "also": (201,), "fails": (404, 409)},
)
async def create_and_route(
    request: Request[Any, Any, Any], call: FromCall, idempotency_key: IdempotencyKey = None
) -> Response[RoutingAnswer]:
    """Send a lead and be told how it was routed, or route one that is there.

    A body with a `leadId` routes that lead, as by hand, and needs the scope `route`. Any other body
    is a lead; it needs the scope `leads:write`, and is answered with 201.
    """
    sent = await read_sent(request, call.app.settings.max_body_bytes)
    if "leadId" in sent.body or "lead_id" in sent.body:
        demand(call.client, "route")
        asked = read_fields(RouteLeadBody, sent.body)
        lead_id = _named(asked.lead_id, "Lead")
        return Response(await _by_hand(call, lead_id, asked), status_code=200)
    demand(call.client, "leads:write")
    submission = await submission_of(call, sent, "api", idempotency_key=check_key(idempotency_key))
    answer, headers = accepted(await call.app.intake.submit(submission))
    routed = await _on_the_spot(call, answer, submission.source.workspace_id)
    return Response(routed, status_code=201, headers=headers)


async def _by_hand(call: Call, lead_id: UUID, asked: RouteBody) -> RoutingAnswer:
    by_hand = ByHand(
        lead_id=lead_id,
        workspace_id=call.tenant,
        agent_id=None if asked.agent_id is None else _named(asked.agent_id, "Agent"),
        force=asked.force,
        actor=call.actor,
    )
    return await _answer(call, await call.app.routing.route(by_hand))


def _named(text: str, noun: str) -> UUID:
    """Read an id.

    Raises:
        NotFoundError: it is none.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError(f"{noun} not found") from error


async def _answer(call: Call, routed: Routed) -> RoutingAnswer:
    lead, state = routed.decided.lead, routed.decided.state
    score = lead.profile.attributes.get("score")
    assignment = _assignment(routed)
    return RoutingAnswer(
        success=state.routing_result == "success",
        lead=RoutedLead(
            id=routed.lead_id,
            workspace_id=lead.profile.workspace_id,
            vertical=lead.profile.vertical,
            status=state.status,
            routing_status=state.routing_status,
            routing_result=state.routing_result,
            score=score if isinstance(score, int) else None,
            priority=lead.priority,
        ),
        assignment=assignment,
        agent=await _agent(call, assignment.agent_id if assignment else None),
    )


def _assignment(routed: Routed) -> RoutedTo | None:
    placed = routed.decided.decision.outcome
    if not isinstance(placed, Placed):
        return None
    return RoutedTo(
        workspace_id=placed.workspace_id,
        destination_id=placed.destination_id,
        rule_id=placed.rule_id,
        agent_id=placed.agent_id,
        reason=routed.decided.decision.sentence,
    )


async def _on_the_spot(call: Call, answer: Answer, workspace_id: UUID) -> RoutingAnswer:
    return RoutingAnswer(
        success=answer.routing_result == "success",
        lead=RoutedLead(
            id=answer.id,
            workspace_id=workspace_id,
            vertical=answer.vertical,
            status=answer.status,
            routing_status=answer.routing_status,
            routing_result=answer.routing_result,
            score=answer.score,
            priority=answer.priority,
        ),
        assignment=await _assigned(call, answer),
        agent=await _agent(call, answer.agent_id),
    )


async def _assigned(call: Call, answer: Answer) -> RoutedTo | None:
    """Complete what the answer says with the placement, unless that has been another since."""
    if answer.routing_result != "success":
        return None
    async with call.app.database.service() as connection:
        row = await readings.lead(connection, answer.id)
    owner = answer.destination_workspace_id
    if row is not None and row.destination_workspace_id != owner:
        row = None
    return RoutedTo(
        workspace_id=owner,
        destination_id=row.destination_id if row else None,
        rule_id=row.rule_id if row else None,
        agent_id=answer.agent_id,
        reason=answer.reason,
    )


async def _agent(call: Call, agent_id: UUID | None) -> RoutedAgent | None:
    if agent_id is None:
        return None
    async with call.app.database.service() as connection:
        agent = await agents.by_id(connection, agent_id)
    if agent is None:
        return None
    own = call.tenant in (None, agent.workspace_id)
    return RoutedAgent(
        id=agent.id,
        workspace_id=agent.workspace_id,
        name=agent.name,
        email=agent.email if own else None,
    )
