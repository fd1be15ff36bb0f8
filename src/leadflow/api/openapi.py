"""The OpenAPI document, made from the handlers: what they take, what they answer, and when not."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, ParameterKwarg, PathParameter, QueryParameter
from litestar.types import ASGIApp

from leadflow import __version__
from leadflow.api import routes
from leadflow.api.batch import NDJSON, BatchAnswer, LastLine
from leadflow.api.errors import ErrorAnswer
from leadflow.api.request_bodies import TYPES, body_of
from leadflow.api.rows import RowResult
from leadflow.api.schemas import Components, Schema

INFO = {
    "title": "leadflow",
    "version": __version__,
    "summary": "Route every lead to exactly one owner, and say why.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
REASONS: Mapping[int, str] = {
    400: "Something in the request is wrong; `details` names everything",
    401: "There is no key, or none that opens anything",
    403: "The key lacks the scope, or is for another workspace",
    404: "There is no such thing, as far as this key may see",
    409: "It does not go together with what is there",
    413: "The body is too long",
    415: "The body is of a type that is not taken",
    429: "The key has used up its requests; `Retry-After` says when to come back",
    500: "Something does not work; `details` names it",
    503: "The database is away for a moment; `Retry-After` says when to come back",
}
_TYPED = re.compile(r"\{(\w+):\w+\}")
_SKIPPED = ("request", "call", "return")


def document() -> Schema:
    """Write the whole document, plain data that JSON can hold."""
    handlers = [(handler, True) for handler in routes.GUARDED]
    handlers += [(handler, False) for handler in routes.OPEN]
    components = Components(dict.fromkeys(_types(handler for handler, _ in handlers)))
    paths: dict[str, Schema] = {}
    for handler, guarded in handlers:
        path = _TYPED.sub(r"{\1}", min(handler.paths))
        method = min(handler.http_methods).lower()
        paths.setdefault(path, {})[method] = _operation(handler, components, guarded=guarded)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tags(paths))],
        "paths": paths,
        "components": {
            "schemas": components.used(paths),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key, `lf_...`"}
            },
        },
    }


def _operation(handler: HTTPRouteHandler, components: Components, *, guarded: bool) -> Schema:
    opt = handler.opt
    summary, description = _said(handler)
    operation: Schema = {
        "operationId": handler.fn.__name__,
        "summary": summary,
        "tags": sorted(handler.tags or ()),
        "parameters": list(_parameters(handler)),
        "responses": _responses(handler, components, guarded=guarded),
        "security": [{"key": []}] if guarded else [],
    }
    if description:
        operation["description"] = description
    if "scope" in opt:
        operation["x-scope"] = opt["scope"]
    body = body_of(handler, components)
    if body is not None:
        operation["requestBody"] = body
    return operation


def _parameters(handler: HTTPRouteHandler) -> Iterator[Schema]:
    defaults = inspect.signature(handler.fn).parameters
    for name, hint in _hints(handler).items():
        if name not in _SKIPPED:
            type_, *extras = get_args(hint)
            kwarg = next(each for each in extras if isinstance(each, ParameterKwarg))
            yield _parameter(name, type_, kwarg, defaults[name])
    if workspace := handler.opt.get("workspace"):
        what = {
            "one": "the workspace that it is about",
            "filter": "the workspace that the list is narrowed to",
            "whose": "the workspace whose leads are meant; without it, those of all",
        }[workspace]
        yield {
            "name": "workspace",
            "in": "query",
            "description": f"Slug of {what}; also as the header `X-Workspace`. "
            "Only keys that are good for every workspace need it.",
            "schema": {"type": "string", "maxLength": 63},
        }


def _parameter(
    name: str,
    type_: Any,
    kwarg: ParameterKwarg,
    parameter: inspect.Parameter,
) -> Schema:
    place = {QueryParameter: "query", HeaderParameter: "header", PathParameter: "path"}[type(kwarg)]
    schema = _plain(type_)
    limits = {
        "minimum": kwarg.ge,
        "maximum": kwarg.le,
        "maxLength": kwarg.max_length,
        "pattern": kwarg.pattern,
    }
    schema |= {keyword: limit for keyword, limit in limits.items() if limit is not None}
    schema |= kwarg.schema_extra or {}
    if parameter.default not in (None, inspect.Parameter.empty):
        schema["default"] = parameter.default
    found: Schema = {"name": kwarg.name or name, "in": place, "schema": schema}
    if kwarg.description:
        found["description"] = kwarg.description
    if place == "path":
        found["required"] = True
    return found


def _plain(type_: Any) -> Schema:
    """Describe a parameter's value. That it may be left out is said elsewhere."""
    schema = msgspec.json.schema(type_)
    options = [each for each in schema.get("anyOf", [schema]) if each != {"type": "null"}]
    if datetime in (type_, *get_args(type_)):
        return {"type": "string", "format": "date-time"}
    return dict(options[0])


def _responses(handler: HTTPRouteHandler, components: Components, *, guarded: bool) -> Schema:
    responses = dict(_successes(handler, components))
    for status in sorted(_failures(handler, guarded=guarded)):
        responses[str(status)] = _failure(status, components)
    return responses


def _successes(handler: HTTPRouteHandler, components: Components) -> Iterator[tuple[str, Schema]]:
    answer = _hints(handler)["return"]
    if get_origin(answer) is Response:
        answer = get_args(answer)[0]
    statuses = (handler.status_code, *handler.opt.get("also", ()))
    for status in statuses:
        response: Schema = {"description": _SUCCESS[status], "headers": {**_REQUEST_ID}}
        if status == 201:
            response["headers"] |= {"Location": _header("the address of what was made")}
        if "Idempotency-Key" in str(_hints(handler)) and status == 201:
            response["headers"] |= {"Idempotency-Replayed": _header("true: it came before")}
        if answer is not type(None):
            response["content"] = _content(handler, answer, components)
        yield str(status), response


def _content(handler: HTTPRouteHandler, answer: Any, components: Components) -> Schema:
    if answer is bytes:
        return {str(handler.media_type): {"schema": {"type": "string"}}}
    if handler.opt.get("body") == "batch":
        description = f"a `{RowResult.__name__}` a line, and `{LastLine.__name__}` at the end"
        return {
            "application/json": {"schema": components.of(BatchAnswer)},
            NDJSON: {"schema": {"type": "string", "description": description}},
        }
    return {"application/json": {"schema": components.of(answer)}}


def _failures(handler: HTTPRouteHandler, *, guarded: bool) -> set[int]:
    opt = handler.opt
    failures = {400, *opt.get("fails", ())}
    if guarded:
        failures |= {401, 403, 429, 503}
    if "{" in min(handler.paths):
        failures.add(404)
    if "body" in opt or "changes" in opt:
        failures |= {413, 415}
    return failures


def _failure(status: int, components: Components) -> Schema:
    headers = {**_REQUEST_ID}
    if status in (429, 503):
        headers["Retry-After"] = _header("seconds", {"type": "integer"})
    if status == 409:
        headers["Location"] = _header("of a lead that is there already, its address")
    content = {"application/json": {"schema": components.of(ErrorAnswer)}}
    return {"description": REASONS[status], "headers": headers, "content": content}


def _header(description: str, schema: Schema | None = None) -> Schema:
    return {"description": description, "schema": schema or {"type": "string"}}


_REQUEST_ID = {"X-Request-Id": _header("names the request in our log")}
_SUCCESS: Mapping[int, str] = {200: "Done", 201: "Made", 204: "Done, and nothing to say"}


def _types(handlers: Iterable[HTTPRouteHandler]) -> Iterator[Any]:
    """Name every type that goes in or out."""
    yield from (ErrorAnswer, BatchAnswer, RowResult, LastLine, *TYPES)
    for handler in handlers:
        for key in ("body", "changes"):
            if isinstance(handler.opt.get(key), type):
                yield handler.opt[key]
        answer = _hints(handler)["return"]
        answer = get_args(answer)[0] if get_origin(answer) is Response else answer
        if answer not in (bytes, type(None), ASGIApp):
            yield answer


def _hints(handler: HTTPRouteHandler) -> dict[str, Any]:
    return get_type_hints(handler.fn, include_extras=True)


def _tags(paths: Mapping[str, Schema]) -> Iterator[str]:
    for item in paths.values():
        for operation in item.values():
            yield from operation["tags"]


def _said(handler: HTTPRouteHandler) -> tuple[str, str]:
    """Part a handler's docstring into its first sentence and the rest, without its line breaks."""
    paragraphs = (inspect.getdoc(handler.fn) or "").split("\n\n")
    head, *others = (" ".join(paragraph.split()) for paragraph in paragraphs)
    summary, _, more = head.partition(". ")
    return summary.rstrip("."), "\n\n".join(filter(None, (more, *others)))
