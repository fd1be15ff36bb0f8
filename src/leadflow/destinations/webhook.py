"""Send leads as signed JSON over HTTP. What receivers must know: `docs/reference/webhook.md`."""

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any, Literal

import aiohttp
import msgspec

from leadflow import __version__
from leadflow.core import signature
from leadflow.errors import InputError, SetupError
from leadflow.ports import Endpoint, Message, Receipt
from leadflow.telemetry import traces

Clock = Callable[[], datetime]

LONGEST_ANSWER = 64 * 1024  # bytes
ANSWER_BODY_SECONDS = 1  # nothing in a body matters; it is read so that the connection can be kept
MOVED = (301, 307, 308)  # the same request belongs elsewhere: nothing was done with this one
NO_ADDRESS = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)
NOT_YET = (408, 425, 429)  # the request was not looked at


class Webhook:
    """The destination that is any HTTP server.

    Args:
        session: from `open_session`, or made with a `departures` trace. One for the process.
        clock: tells the time, in UTC.
    """

    def __init__(self, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def send(self, endpoint: Endpoint, message: Message, timeout: timedelta) -> Receipt:  # noqa: ASYNC109  # the port's promise
        """Post one lead.

        Raises:
            SetupError: the endpoint's secret is none.
        """
        body = msgspec.json.encode(message.payload)
        headers = self._headers(endpoint, message, body)
        departure = _Departure()
        receipt = None
        try:
            async with (
                asyncio.timeout(timeout.total_seconds()),
                self._session.post(
                    endpoint.url,
                    data=body,
                    headers=headers,
                    allow_redirects=False,  # another host is none of our receiver's
                    timeout=aiohttp.ClientTimeout(total=None),
                    trace_request_ctx=departure,
                ) as response,
            ):
                receipt = self._receipt(endpoint, response)
                await _read_away(response)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # The status line was the answer; what broke after it changes nothing.
            return receipt or _unanswered(endpoint, error, departure, timeout)
        return receipt

    def _headers(self, endpoint: Endpoint, message: Message, body: bytes) -> dict[str, str]:
        delivery_id = str(message.delivery_id)
        trace = traces.current()
        return {
            "Content-Type": "application/json",
            "User-Agent": f"leadflow/{__version__}",
            "Idempotency-Key": delivery_id,
            **signature.headers(_keys(endpoint), delivery_id, self._clock(), body),
            **({} if trace is None else {"traceparent": trace.carrier()["traceparent"]}),
        }

    def _receipt(self, endpoint: Endpoint, response: aiohttp.ClientResponse) -> Receipt:
        retry_after = read_retry_after(response.headers.get("Retry-After"), self._clock())
        outcome = judge(response.status, asked_to_wait=retry_after is not None)
        return Receipt(
            outcome=outcome,
            status_code=response.status,
            error=None if outcome == "delivered" else f"{endpoint.name} answered {response.status}",
            retry_after=retry_after,
        )


def open_session(*, private_addresses: bool) -> aiohttp.ClientSession:
    """Make the session for all webhooks of a process. Call it in the running loop; close it.

    Args:
        private_addresses: whether receivers may be on this machine or in a private network. Who
            may set up a destination could otherwise reach what only we can reach. The address is
            checked when it is connected to: a name may resolve to another one every time.
    """
    connector = aiohttp.TCPConnector(
        limit=0,  # who sends bounds how much at once
        socket_factory=None if private_addresses else _public_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),  # one receiver's cookies are not another's
        auto_decompress=False,  # a small answer may unpack to gigabytes
        trace_configs=[departures()],
    )


def departures() -> aiohttp.TraceConfig:
    """Make the trace by which a session tells whether a request may have left us."""
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_still_here)
    trace.on_request_headers_sent.append(_leaving)
    return trace


def judge(
    status: int, *, asked_to_wait: bool
) -> Literal["delivered", "refused", "failed", "unknown"]:
    """Say what a status means for the lead: taken, never, not now, or nobody knows.

    A 5xx is no proof that the lead was not taken: applications answer 500 after they have stored
    it, and gateways answer 502, 503 and 504 for applications they lost sight of. Only a 503 that
    says when to come back was meant as a no. A redirect to a page of thanks (302, 303) is how forms
    say yes, and how log-in pages say no.
    """
    if 200 <= status < 300:
        return "delivered"
    if status in NOT_YET or (status == 503 and asked_to_wait):
        return "failed"
    if status in MOVED or 400 <= status < 500:
        return "refused"
    return "unknown"


def read_retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Read `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. None: missing, or neither."""
    if header is None:
        return None
    if header.isascii() and header.isdecimal():
        return timedelta(seconds=int(header.lstrip("0")[:10] or 0))  # 30 years say never, too
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(timedelta(0), at.replace(tzinfo=at.tzinfo or UTC) - now)


def _keys(endpoint: Endpoint) -> list[bytes]:
    """Read the secret: one, or during a rotation several with blanks between."""
    secrets = endpoint.secret.decode(errors="replace").split() or [""]
    try:
        return [signature.read_secret(secret) for secret in secrets]
    except InputError as error:
        raise SetupError(f"{endpoint.name}: {error.message}") from error


class _PrivateAddressError(OSError):
    """A receiver is where only we can reach it."""


def _public_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, place = address
    if not ipaddress.ip_address(place[0]).is_global:
        raise _PrivateAddressError(errno.EACCES, "private address")
    return socket.socket(family, kind, protocol)


class _Departure:
    """Whether a request may have left us. It may, unless the session's trace says it has not."""

    possible = True


async def _still_here(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
    context.trace_request_ctx.possible = False


async def _leaving(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
    context.trace_request_ctx.possible = True


async def _read_away(response: aiohttp.ClientResponse) -> None:
    """Read what is left of an answer of reasonable size; any other costs the connection."""
    async with asyncio.timeout(ANSWER_BODY_SECONDS):
        left = LONGEST_ANSWER
        while left > 0 and (chunk := await response.content.read(left)):
            left -= len(chunk)


def _unanswered(
    endpoint: Endpoint, error: Exception, departure: _Departure, timeout: timedelta
) -> Receipt:
    may_have_left = departure.possible and not isinstance(error, NO_ADDRESS)
    return Receipt(
        outcome="unknown" if may_have_left else "failed",
        error=f"{endpoint.name} {_seen(error, timeout)}",
    )


def _seen(error: Exception, timeout: timedelta) -> str:
    """Say what was seen of the receiver. An error's own text may hold the URL, and that a token."""
    match error:
        case TimeoutError():
            return f"did not answer within {timeout.total_seconds():g} s"
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return "has an address that is none"
        case aiohttp.ClientConnectorDNSError():
            return "has a host name that does not resolve"
        case aiohttp.ClientSSLError():
            return f"failed at TLS ({type(error).__name__})"
        case aiohttp.ClientConnectorError(os_error=_PrivateAddressError()):
            return "has a private address"
        case aiohttp.ClientConnectorError(os_error=OSError(errno=int(number))):
            return f"could not be connected to ({os.strerror(number)})"
        case aiohttp.ServerDisconnectedError():
            return "closed the connection without an answer"
        case aiohttp.ClientResponseError():
            return "answered something that is not HTTP"
        case _:
            return f"broke off ({type(error).__name__})"
