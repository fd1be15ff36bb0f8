"""How we are: for people, for load balancers and for Prometheus."""

import asyncio
import ipaddress
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Literal

from litestar import Request, Response, get
from msgspec import Meta, Struct

from leadflow import __version__
from leadflow.api.call import Desk
from leadflow.api.errors import FailingError
from leadflow.app import utc_now
from leadflow.errors import InputError, LeadflowError, Problem, TemporaryError
from leadflow.store import backlogs
from leadflow.telemetry import exposition
from leadflow.telemetry.metrics import DATABASE_POOL_CONNECTIONS

TAGS = ("Health",)
DATABASE_SECONDS = 2.0  # a healthy one answers in two milliseconds
LEAST_FREE_BYTES = 64 << 20  # PostgreSQL stops when it cannot write 16 MB of log


class Health(Struct, frozen=True):
    """Everything works."""

    status: Literal["ok"]
    version: str
    parts: Annotated[Mapping[str, float], Meta(description="how long each took to answer, in ms")]


@get("/health", tags=TAGS, opt={"fails": (500,)})
async def get_health(request: Request[Any, Any, Any]) -> Health:
    """Tell how every part is. 500 when one fails; the answer names it."""
    return await _look(request, status_code=500)


@get("/health/ready", tags=TAGS, opt={"fails": (503,)})
async def get_readiness(request: Request[Any, Any, Any]) -> Health:
    """Tell whether leads can be taken in. 503 when not: send them to another instance."""
    return await _look(request, status_code=503)


@get("/health/live", tags=TAGS)
async def get_liveness() -> Health:
    """Tell that the process runs. Restart it when there is no answer."""
    return Health("ok", __version__, {})


@get("/metrics", tags=TAGS, media_type="text/plain", opt={"fails": (401,)})
async def get_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show the metrics, in Prometheus' text format.

    It is open to this machine. Others send `Authorization: Bearer TOKEN`, with the token that
    `LEADFLOW_METRICS_TOKEN` sets.
    """
    desk: Desk = request.app.state.desk
    _admit_scraper(request, desk.app.settings.metrics_token)
    for pool, (busy, most) in desk.app.database.use().items():
        DATABASE_POOL_CONNECTIONS.labels(pool, "busy").set(busy)
        DATABASE_POOL_CONNECTIONS.labels(pool, "limit").set(most)
    try:
        async with asyncio.timeout(DATABASE_SECONDS), desk.app.database.service() as connection:
            facts = await backlogs.facts(connection, utc_now(), desk.app.settings.routing_lease)
    except (LeadflowError, TimeoutError):
        facts = None  # what the processes have counted is worth as much without it
    text, content_type = exposition.render(facts)
    return Response(text, media_type=content_type)


async def _look(request: Request[Any, Any, Any], status_code: int) -> Health:
    desk: Desk = request.app.state.desk
    checks = {"database": _database, "disk": _disk}
    parts, failing = {}, []
    for name, check in checks.items():
        started = perf_counter()
        try:
            await check(desk)
        except (LeadflowError, OSError) as error:
            reason = error.message if isinstance(error, LeadflowError) else str(error.strerror)
            failing.append(Problem(name, reason, "an answer"))
        parts[name] = round((perf_counter() - started) * 1000, 3)
    if failing:
        raise FailingError(failing, status_code)
    return Health("ok", __version__, parts)


async def _database(desk: Desk) -> None:
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await desk.app.database.ping()
    except TimeoutError as error:
        raise TemporaryError(f"no answer in {DATABASE_SECONDS:g} s") from error


async def _disk(desk: Desk) -> None:
    await asyncio.to_thread(_write_something, desk.app.settings.state)


def _write_something(state: Path) -> None:
    """Find out whether the disk of the state folder takes data. The folder may not be there yet."""
    folder = next(each for each in (state, *state.absolute().parents) if each.is_dir())
    if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise TemporaryError(f"less than {LEAST_FREE_BYTES >> 20} MB are free")
    if folder == state:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))


def _admit_scraper(request: Request[Any, Any, Any], token: str | None) -> None:
    """Let in who is on this machine, or has the token.

    Behind a proxy everybody seems to be on this machine, so what was forwarded needs the token.
    """
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    if request.client is not None and not forwarded and _is_here(request.client.host):
        return
    given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    if token is None or not secrets.compare_digest(given, token.encode()):
        message = "Metrics need a token when they are not asked for from this machine"
        raise InputError(message, code="unauthenticated")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
