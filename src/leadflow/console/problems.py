"""Errors as pages: what went wrong, and what to do."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from leadflow.console.pages import page
from leadflow.errors import ErrorCode, LeadflowError, TemporaryError
from leadflow.store.database import RETRY_AFTER
from leadflow.telemetry.logs import log
from leadflow.telemetry.metrics import ERRORS

STATUS: Mapping[ErrorCode, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "not_found": 404,
    "unavailable": 503,
}
REFUSED: Mapping[int, str] = {
    400: "What was sent cannot be read",
    413: "More was sent than a page of ours sends",
}
OURS = "Something went wrong on our side; the log says what"


def _answer(request: Request[Any, Any, Any], error: LeadflowError) -> Response[Any]:
    status = STATUS.get(error.code, 500)
    if status == 500:
        return _answer_crash(request, error)
    if status == 401:
        return Redirect("/login", status_code=303)
    response = _problem(status, error.message)
    if isinstance(error, TemporaryError):
        wait = error.retry_after or RETRY_AFTER
        response.headers["Retry-After"] = str(ceil(wait.total_seconds()))
    return response


def _answer_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    """Answer what the framework refuses: a parameter that is none, a method we do not take."""
    if error.status_code >= 500:
        return _problem(500, OURS)
    return _problem(error.status_code, REFUSED.get(error.status_code, "There is no such page"))


def _answer_crash(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    ERRORS.labels("console").inc()
    route = request.scope.get("path_template", "unknown")
    log.error("http.failed", exc_info=error, method=request.method, route=route)
    return _problem(500, OURS)


def _problem(status: int, message: str) -> Response[str]:
    return page("problem.html", {"status": status, "message": message}, status=status)


HANDLERS: ExceptionHandlersMap = {
    LeadflowError: _answer,
    HTTPException: _answer_http,
    Exception: _answer_crash,
}
