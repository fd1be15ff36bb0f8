"""Rules, one by one. Each change makes a new version of the workspace's rulebook."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from leadflow.api.bodies import read_json
from leadflow.api.call import Call, FromCall
from leadflow.api.paging import Page
from leadflow.app import utc_now
from leadflow.core.lead import JSON
from leadflow.errors import InputError, NotFoundError, Problem
from leadflow.store import rulebooks
from leadflow.store.ids import new_id
from leadflow.store.rulebooks import Document
from leadflow.work.rules import put_in_force

TAGS = ("Rules",)
ADMIN = {"scope": "admin", "workspace": "one"}
SPELLINGS = {"allowMissing": "allow_missing"}

Change = Callable[[Sequence[Document]], list[Document]]
"""Makes new rules of those in force."""

_PLACE = re.compile(r"rules\[\d+\]\.?")


class RuleBody(Struct, frozen=True, kw_only=True):
    """A rule: which leads it is about, and where they go."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="unique in the workspace")]
    priority: Annotated[
        int, Meta(ge=-(10**6), le=10**6, description="a higher number is tried first")
    ]
    to: Annotated[str, Meta(description="a destination, as workspace-slug/name")]
    enabled: bool = True
    fallback: Annotated[
        bool, Meta(description="whether it is only for what no other rule finds somebody for")
    ] = False
    if_: Annotated[
        Mapping[str, Any],
        Meta(description='attributes and the values that match, such as {"state": ["CA", "NV"]}'),
    ] = msgspec.field(name="if", default_factory=dict)
    allow_missing: Annotated[
        tuple[str, ...], Meta(description="attributes that may be unknown")
    ] = ()
    when: Annotated[str | None, Meta(description="a CEL expression, such as lead.score > 50")] = (
        None
    )
    schedule: Annotated[
        str | None,
        Meta(description="when it holds, in the destination's time zone: Mon-Fri 09:00-17:00"),
    ] = None
    team: Annotated[
        str | None, Meta(description="whose agents may have the lead; null: all the destination's")
    ] = None


class Rule(RuleBody, frozen=True, kw_only=True):
    """A rule in force."""

    id: UUID


@get("/api/v1/rules", tags=TAGS, opt=ADMIN)
async def list_rules(
    call: FromCall,
) -> Page[Rule]:
    """List a workspace's rules, in the order they are tried. It is one page."""
    return Page([_presented(rule) for rule in await _in_force(call)], None)


@post("/api/v1/rules", tags=TAGS, opt={**ADMIN, "body": RuleBody})
async def create_rule(
    request: Request[Any, Any, Any],
    call: FromCall,
) -> Response[Rule]:
    """Add a rule. It is in force with the answer."""
    body = await read_json(request, call.app.settings.max_body_bytes)
    workspace_id = await call.workspace_id(body)
    rule_id = new_id()
    rule = _without_null({**_spelled(body), "id": str(rule_id)})
    made = await _change(call, workspace_id, rule_id, lambda rules: [*rules, rule])
    return Response(made, headers={"Location": f"/api/v1/rules/{rule_id}"})


@get("/api/v1/rules/{rule_id:str}", tags=TAGS, opt=ADMIN)
async def get_rule(
    call: FromCall,
    rule_id: FromPath[UUID],
) -> Rule:
    """Read one rule in force."""
    return _presented(_one(await _in_force(call), rule_id))


@patch("/api/v1/rules/{rule_id:str}", tags=TAGS, opt={**ADMIN, "changes": RuleBody})
async def change_rule(
    request: Request[Any, Any, Any],
    call: FromCall,
    rule_id: FromPath[UUID],
) -> Rule:
    """Change a rule. What the body leaves out stays as it is; null takes it away."""
    body = await read_json(request, call.app.settings.max_body_bytes)
    workspace_id, given = await call.workspace_id(body), _spelled(body)

    def changed(rules: Sequence[Document]) -> list[Document]:
        present = _one(rules, rule_id)
        rule = {**present, **given, "id": present["id"]}
        return [_without_null(rule) if each is present else each for each in rules]

    return await _change(call, workspace_id, rule_id, changed)


@delete("/api/v1/rules/{rule_id:str}", tags=TAGS, opt=ADMIN)
async def remove_rule(
    call: FromCall,
    rule_id: FromPath[UUID],
) -> None:
    """Take a rule out. Earlier versions of the rulebook keep it."""

    def without(rules: Sequence[Document]) -> list[Document]:
        _one(rules, rule_id)
        return [rule for rule in rules if rule["id"] != str(rule_id)]

    await _put(call, await call.workspace_id(), without)


async def _change(call: Call, workspace_id: UUID, rule_id: UUID, change: Change) -> Rule:
    return _presented(_one(await _put(call, workspace_id, change), rule_id))


async def _put(call: Call, workspace_id: UUID, change: Change) -> Sequence[Document]:
    """Put changed rules in force; give them as they are now."""
    try:
        entry = await put_in_force(
            call.app.database,
            workspace_id,
            lambda document: {**document, "rules": change(_rules(document))},
            tenant=call.tenant,
            by=call.actor,
            now=utc_now(),
        )
    except NotFoundError:
        raise
    except InputError as error:
        raise InputError(
            "The rule does not fit", [_placed(each) for each in error.problems]
        ) from error
    return _rules(entry.document)


async def _in_force(call: Call) -> Sequence[Document]:
    workspace_id = await call.workspace_id()
    async with call.app.database.tenant(call.tenant) as connection:
        entry = await rulebooks.in_force(connection, workspace_id)
    return [] if entry is None else _rules(entry.document)


def _rules(document: Document) -> Sequence[Document]:
    return msgspec.convert(document["rules"], list[dict[str, Any]])


def _one(rules: Sequence[Document], rule_id: UUID) -> Document:
    for rule in rules:
        if rule["id"] == str(rule_id):
            return rule
    raise NotFoundError("Rule not found")


def _presented(rule: Document) -> Rule:
    return msgspec.convert(rule, Rule)


def _spelled(body: Mapping[str, JSON]) -> dict[str, JSON]:
    """Take names in camelCase too. The id is ours to give, and the workspace has been read."""
    return {
        SPELLINGS.get(name, name): value
        for name, value in body.items()
        if name not in ("id", "workspace")
    }


def _without_null(rule: Document) -> Document:
    return {name: value for name, value in rule.items() if value is not None}


def _placed(problem: Problem) -> Problem:
    """Name a field as the sender of one rule knows it, who did not send the others."""
    return Problem(_PLACE.sub("", problem.field, count=1), problem.reason, problem.expected)
