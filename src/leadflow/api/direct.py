"""Leads sent one by one: the one address that is served past the framework's routing."""

from typing import Any

import msgspec
from litestar import Request
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from leadflow.api.access import Gate
from leadflow.api.call import call_of
from leadflow.api.errors import handler_of
from leadflow.api.submit import create_lead, take_in

PATH = min(create_lead.paths)
JSON_TYPE = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


class Direct:
    """Answers `POST /api/v1/leads` as the framework does, without what that takes for itself.

    Routing, guards, dependencies and the making of a response are 50 us a request. What is said
    stays in one place: both ways end in `submit.take_in`, and in the same handlers of errors. A
    request with an `Origin` comes from a page, and is left to the framework, which knows CORS.

    Args:
        app: answers everything else.
        gate: lets calls through.
    """

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == ScopeType.HTTP
            and scope["path"] == PATH
            and scope["method"] == HttpMethod.POST
        ):
            request: Request[Any, Any, Any] = Request(scope, receive, send)
            if "origin" not in request.headers:
                await self._take(request, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _take(
        self, request: Request[Any, Any, Any], scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        scope["path_template"] = PATH
        headers = request.headers
        try:
            scope["user"] = await self._gate.admit(headers.get("authorization"), create_lead.opt)
            answer, said = await take_in(request, call_of(request), headers.get("idempotency-key"))
        except Exception as error:  # noqa: BLE001  # as the framework does: everything is answered
            failed = handler_of(error)(request, error)
            await failed.to_asgi_response(None, request)(scope, receive, send)
            return
        body = _encode(answer)
        length = (b"content-length", str(len(body)).encode())
        start = [JSON_TYPE, length, *((k.lower().encode(), v.encode()) for k, v in said.items())]
        await send({"type": "http.response.start", "status": 201, "headers": start})
        await send({"type": "http.response.body", "body": body, "more_body": False})
