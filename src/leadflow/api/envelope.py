"""What every request gets and every answer carries, whoever answers."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from time import perf_counter

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from leadflow.api.errors import refusal
from leadflow.telemetry import logs, traces
from leadflow.telemetry.logs import log
from leadflow.telemetry.metrics import HTTP_REQUEST_LATENCY

# Of an answer that is data: nothing in it may be run, framed or kept. Pages bring their own policy.
HEADERS: Mapping[bytes, bytes] = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
_ALL = tuple(HEADERS.items())
METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"))
_HOST = re.compile(
    rb"([A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
    rb"(:([0-9]{0,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)
_PARAMETER = re.compile(r"\{(\w+):\w+\}")


class Envelope:
    """Gives each request an id and a trace, and each answer the security headers; measures it.

    It stands around the whole application, so that also what no route answers is counted. `HEAD` is
    answered as `GET` is, without the body: load balancers ask for health that way. A request whose
    `Host` is none is refused, as RFC 9112 wants it; the framework would make addresses of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        offered = {_text(name): _text(value) for name, value in scope["headers"]}
        with (
            logs.request(offered.get("x-request-id")) as request_id,
            traces.joined("http.request", offered),
        ):
            scope["state"]["request_id"] = request_id
            await self._measured(scope, receive, send, request_id.encode())

    async def _measured(
        self, scope: HTTPScope, receive: Receive, send: Send, request_id: bytes
    ) -> None:
        started = perf_counter()
        status = 500

        async def send_completed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _complete(message["headers"], request_id)
            await send(message)

        app = self._app if _host_fits(scope) else refusal("invalid", "The header Host is no host")
        try:
            await app(scope, receive, send_completed)
        finally:
            _count(scope, status, (perf_counter() - started) * 1000)


def _host_fits(scope: HTTPScope) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return all(_HOST.fullmatch(host) for host in hosts)


def _without_body(send: Send) -> Send:
    async def send_without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return send_without_body


def _text(header: bytes) -> str:
    return header.decode("latin-1")


def _complete(
    headers: Iterable[tuple[bytes, bytes]], request_id: bytes
) -> list[tuple[bytes, bytes]]:
    """Add what is not there yet: an answer that says something itself knows why."""
    headers = list(headers)
    present = HEADERS.keys() & {name.lower() for name, _ in headers}
    missing = [each for each in _ALL if each[0] not in present] if present else _ALL
    return [*headers, *missing, (b"x-request-id", request_id)]


@lru_cache(maxsize=1000)  # there are some hundred
def _route(template: str) -> str:
    return _PARAMETER.sub(r"{\1}", template)


def _count(scope: HTTPScope, status: int, duration_ms: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "other"
    route = _route(scope.get("path_template") or "unknown")
    HTTP_REQUEST_LATENCY.labels(method, route, str(status)).observe(duration_ms)
    log.debug(
        "http.answered", method=method, route=route, status_code=status, duration_ms=duration_ms
    )
