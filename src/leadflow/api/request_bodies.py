"""What requests carry: their bodies, each with an example that works."""

from collections.abc import Callable, Mapping
from uuid import UUID

import msgspec
from litestar.handlers import HTTPRouteHandler

from leadflow.api.batch import CSV, NDJSON
from leadflow.api.examples import B2B, LEAD, OF_HANDLER
from leadflow.api.routing import RouteLeadBody
from leadflow.api.rulebooks import YAML
from leadflow.api.rules import RuleBody
from leadflow.api.schemas import PLACE, Components, Schema


class RuleInBook(RuleBody, frozen=True, kw_only=True):
    """A rule of a rulebook."""

    id: UUID | None = None


TYPES = (RouteLeadBody, RuleInBook)
"""What bodies are made of that no handler names."""


def body_of(handler: HTTPRouteHandler, components: Components) -> Schema | None:
    """Describe what a handler is sent. None: nothing."""
    opt = handler.opt
    example = OF_HANDLER.get(handler.fn.__name__)
    if "changes" in opt:
        schema = components.changes(opt["changes"])
    elif isinstance(opt.get("body"), type):
        names_workspace = opt.get("workspace") == "one"
        schema = components.body(opt["body"], names_workspace=names_workspace)
    elif "body" in opt:
        return _BODIES[opt["body"]](components)
    else:
        return None
    content = {"application/json": {"schema": schema, "example": example}}
    return {"required": not opt.get("body_optional", False), "content": content}


def _lead_body(_: Components) -> Schema:
    examples = {
        "auto": {"summary": "Car insurance", "value": LEAD},
        "b2b": {"summary": "A company, by your own id", "value": B2B},
    }
    content = {"application/json": {"schema": {"$ref": f"{PLACE}Lead"}, "examples": examples}}
    return {"required": True, "content": content}


def _lead_or_id_body(components: Components) -> Schema:
    by_id = components.body(RouteLeadBody, names_workspace=False)
    schema = {"anyOf": [{"$ref": f"{PLACE}Lead"}, by_id]}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": LEAD}}}


def _batch_body(_: Components) -> Schema:
    array = {"type": "array", "items": {"$ref": f"{PLACE}Lead"}}
    lines = "\n".join(msgspec.json.encode(each).decode() for each in (LEAD, B2B))
    csv = "vertical,email,Company,external_id\nB2B,grace@navy.example.com,Navy,crm-4711\n"
    content: Schema = {
        "application/json": {"schema": array, "example": [LEAD, B2B]},
        NDJSON: {"schema": {"type": "string"}, "example": f"{lines}\n"},
        CSV[0]: {"schema": {"type": "string"}, "example": csv},
    }
    return {"required": True, "content": content}


def _rulebook_body(components: Components) -> Schema:
    rule = components.body(RuleInBook, names_workspace=False)
    members: Schema = {
        "default": {"enum": ["stay", "review"], "description": "of a lead that no rule matches"},
        "exclusivity_days": {"type": "integer", "minimum": 0, "maximum": 3650, "default": 90},
        "agent_weights": {"type": "object", "description": "of the terms of an agent's rank"},
        "rules": {"type": "array", "items": rule},
    }
    schema = {
        "type": "object",
        "properties": members,
        "required": ["default", "rules"],
        "additionalProperties": False,
    }
    example = OF_HANDLER["put_rulebook"]
    content = {
        "application/json": {"schema": schema, "example": example},
        YAML[0]: {"schema": schema, "example": example},
    }
    return {"required": True, "content": content}


_BODIES: Mapping[str, Callable[[Components], Schema]] = {
    "lead": _lead_body,
    "lead_or_id": _lead_or_id_body,
    "batch": _batch_body,
    "rulebook": _rulebook_body,
}
