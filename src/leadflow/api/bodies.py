"""Requests' bodies: read within limits."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from litestar import Request

from leadflow.core.lead import JSON
from leadflow.errors import InputError
from leadflow.sources.json import read_body


async def chunks(request: Request[Any, Any, Any], most: int | None = None) -> AsyncIterator[bytes]:
    """Give a body as it arrives.

    Raises:
        InputError: it is longer than `most` bytes, or its sender is gone before its end.
    """
    _refuse_encoded(request)
    announced = request.headers.get("content-length", "")
    if most is not None and announced.isdigit() and int(announced) > most:
        raise _too_large(most)
    total, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise InputError("The connection ended before the body did")
        total += len(message["body"])
        if most is not None and total > most:
            raise _too_large(most)
        more = message.get("more_body", False)
        yield message["body"]


async def read_bytes(request: Request[Any, Any, Any], most: int) -> bytes:
    """Read a body whole. Raises as `chunks` does."""
    return b"".join([chunk async for chunk in chunks(request, most)])


async def read_json(request: Request[Any, Any, Any], most: int) -> Mapping[str, JSON]:
    """Read a body that is one JSON object.

    Raises:
        InputError: it is too long, is of another type, or cannot be read.
    """
    demand_json(request)
    return read_body(await read_bytes(request, most))


def media_type(request: Request[Any, Any, Any]) -> str:
    """Name the type of a body without its parameters, in lower case.

    Raises:
        InputError: its characters are not in UTF-8 (`unsupported_media_type`).
    """
    name, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    for parameter in parameters.split(";"):
        key, _, value = parameter.strip().partition("=")
        if key == "charset" and value.strip('" ') not in ("utf-8", "utf8", "us-ascii"):
            message = "The body must be in UTF-8"
            raise InputError(message, code="unsupported_media_type")
    return name.strip()


def is_json(name: str) -> bool:
    """Tell whether a media type is JSON's or one of its relatives (RFC 6839)."""
    return name == "application/json" or (
        name.startswith("application/") and name.endswith("+json")
    )


def demand_json(request: Request[Any, Any, Any]) -> None:
    """Insist on a JSON body.

    Raises:
        InputError: it is something else (`unsupported_media_type`).
    """
    if not is_json(media_type(request)):
        message = "The body must be JSON: send the header Content-Type: application/json"
        raise InputError(message, code="unsupported_media_type")


def _refuse_encoded(request: Request[Any, Any, Any]) -> None:
    if request.headers.get("content-encoding", "identity") != "identity":
        message = "The body must be sent as it is, without a content encoding"
        raise InputError(message, code="unsupported_media_type")


def _too_large(most: int) -> InputError:
    message = f"The body is longer than {most} bytes; longer ones go as NDJSON or CSV to /batch"
    return InputError(message, code="too_large")
