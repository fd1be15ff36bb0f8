"""Errors as answers: one shape, and the one place that knows HTTP's status codes."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import (
    ASGIApp,
    ExceptionHandler,
    ExceptionHandlersMap,
    Receive,
    Scope,
    Send,
)
from msgspec import UNSET, Meta, Struct, UnsetType

from leadflow.errors import (
    ConflictError,
    ErrorCode,
    InputError,
    LeadflowError,
    Problem,
    SetupError,
    TemporaryError,
)
from leadflow.telemetry.logs import log
from leadflow.telemetry.metrics import ERRORS

STATUS: Mapping[ErrorCode, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "duplicate": 409,
    "idempotency_conflict": 409,
    "too_large": 413,
    "unsupported_media_type": 415,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}
_CODE: Mapping[int, ErrorCode] = {
    **{status: code for code, status in STATUS.items()},
    409: "conflict",
}
_MESSAGE: Mapping[ErrorCode, str] = {
    "not_found": "There is nothing at this address",
    "method_not_allowed": "This address does not take this method",
    "internal": "Something went wrong on our side",
}
_SOON = timedelta(seconds=1)


class ErrorBody(Struct, frozen=True, kw_only=True):
    """What went wrong, whose fault it is, and what to do."""

    code: ErrorCode
    message: str
    details: tuple[Problem, ...]
    request_id: Annotated[str, Meta(description="as in the header `X-Request-Id` and in our log")]
    lead_id: Annotated[
        UUID | UnsetType, Meta(description="409 only: the lead that is there already")
    ] = UNSET
    link: Annotated[str | UnsetType, Meta(description="409 only: its address")] = UNSET


class ErrorAnswer(Struct, frozen=True):
    """The one shape of every error."""

    error: ErrorBody


class ExistingLeadError(ConflictError):
    """The lead is there already; the answer says which one it is."""

    def __init__(self, message: str, lead_id: UUID, code: ErrorCode) -> None:
        super().__init__(message, code=code)
        self.lead_id = lead_id


class FailingError(TemporaryError):
    """Something that everything depends on does not work."""

    def __init__(self, parts: Sequence[Problem], status_code: int) -> None:
        names = " and ".join(part.field for part in parts)
        super().__init__(f"Failing: {names}")
        self.problems = tuple(parts)
        self.status_code = status_code  # what is asking decides what it wants to hear


class RateLimitedError(TemporaryError):
    """The key has used up its requests for now."""

    code = "rate_limited"


def link_of(lead_id: UUID) -> str:
    """Write the address of a lead."""
    return f"/api/v1/leads/{lead_id}"


def wait_s(error: TemporaryError) -> int:
    """Tell in how many seconds to come back."""
    return max(1, math.ceil((error.retry_after or _SOON).total_seconds()))


def answer(request: Request[Any, Any, Any], error: LeadflowError) -> Response[ErrorAnswer]:
    """Turn an error raised on purpose into an answer."""
    if STATUS[error.code] == 500:
        _report(request, error)
    lead_id: UUID | UnsetType = UNSET
    if isinstance(error, ExistingLeadError):
        lead_id = error.lead_id
    return _response(
        request,
        error.code,
        _MESSAGE["internal"] if isinstance(error, SetupError) else error.message,
        details=error.problems if isinstance(error, InputError | FailingError) else (),
        lead_id=lead_id,
        headers=_headers(error),
        status_code=error.status_code if isinstance(error, FailingError) else None,
    )


def _answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[ErrorAnswer]:
    """Turn the framework's own errors into the same shape."""
    details = _details(error.extra)
    for detail in details:
        if detail.field in request.path_params:  # what is no id names nothing
            noun = detail.field.removesuffix("_id").capitalize()
            return _response(request, "not_found", f"{noun} not found")
    code = _CODE.get(error.status_code, "invalid" if error.status_code < 500 else "internal")
    message = "The request's parameters do not fit" if details else _MESSAGE.get(code, error.detail)
    return _response(request, code, message, details=details, headers=error.headers or {})


def _answer_crash(request: Request[Any, Any, Any], error: Exception) -> Response[ErrorAnswer]:
    """Answer what nobody expected: said to us in full, to the caller not at all."""
    _report(request, error)
    return _response(request, "internal", _MESSAGE["internal"])


def refusal(code: ErrorCode, message: str) -> ASGIApp:
    """Answer before there is a request that the framework can read."""

    async def refuse(scope: Scope, _: Receive, send: Send) -> None:
        request_id = scope["state"].get("request_id", "")
        body = ErrorBody(code=code, message=message, details=(), request_id=request_id)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": STATUS[code], "headers": headers})
        answered = msgspec.json.encode(ErrorAnswer(body))
        await send({"type": "http.response.body", "body": answered, "more_body": False})

    return refuse


HANDLERS: ExceptionHandlersMap = {
    LeadflowError: answer,
    HTTPException: _answer_http,
    Exception: _answer_crash,
}


def handler_of(error: Exception) -> "ExceptionHandler[Exception]":
    """Find who turns an error into an answer, as the framework finds it."""
    return next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)


def _response(
    request: Request[Any, Any, Any],
    code: ErrorCode,
    message: str,
    *,
    details: Sequence[Problem] = (),
    lead_id: UUID | UnsetType = UNSET,
    headers: Mapping[str, str] | None = None,
    status_code: int | None = None,
) -> Response[ErrorAnswer]:
    body = ErrorBody(
        code=code,
        message=message,
        details=tuple(details),
        request_id=request.scope["state"].get("request_id", ""),
        lead_id=lead_id,
        link=UNSET if lead_id is UNSET else link_of(lead_id),
    )
    return Response(
        ErrorAnswer(body), status_code=status_code or STATUS[code], headers=dict(headers or {})
    )


def _headers(error: LeadflowError) -> dict[str, str]:
    match error:
        case TemporaryError():
            return {"Retry-After": str(wait_s(error))}
        case ExistingLeadError():
            return {"Location": link_of(error.lead_id)}
        case InputError(code="unauthenticated"):
            return {"WWW-Authenticate": 'Bearer realm="leadflow"'}
        case _:
            return {}


def _details(extra: object) -> tuple[Problem, ...]:
    """Read what the framework found wrong with a request's parameters."""
    if not isinstance(extra, list):
        return ()
    return tuple(
        _detail(str(each.get("key", "")), str(each.get("message", "")))
        for each in extra
        if isinstance(each, dict)
    )


def _detail(field: str, said: str) -> Problem:
    """Part `Expected X, got Y` into what was expected and what was seen, which is no value."""
    expected, _, seen = said.partition(", got ")
    if not expected.startswith("Expected "):
        return Problem(field, "is not one of its values", "a value that /docs lists")
    reason = f"is of type {seen}" if seen else "does not fit"
    return Problem(field, reason, expected.removeprefix("Expected "))


def _report(request: Request[Any, Any, Any], error: Exception) -> None:
    ERRORS.labels("api").inc()
    route = request.scope.get("path_template", "unknown")
    log.error("http.failed", exc_info=error, method=request.method, route=route)
