"""An installation of its own for a benchmark: database, API and a small set-up, on loopback."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from pathlib import Path

import aiohttp
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from leadflow.bench.target import Target
from leadflow.errors import SetupError
from leadflow.store.embedded import EmbeddedPostgres
from leadflow.store.seal import new_key
from leadflow.telemetry.processes import FOLDER

START_SECONDS = 60
LOOK_EVERY_S = 0.1
STOP_SECONDS = 70  # a worker finishes what it has in hand, deliveries included
PARTNERS = ("north", "south", "east", "west")
AGENTS_A_PARTNER = 5
MAKES = ("Toyota", "Honda", "Ford", "Subaru")
NOBODY = "http://127.0.0.1:9"  # nothing is delivered where no worker runs


class Installation(Struct, frozen=True):
    """A running installation."""

    url: str  # of the API
    key: str
    database: str
    environment: Mapping[str, str]  # for commands that work on it
    pids: Sequence[int]  # of the API's main process, and of the worker if one runs

    @property
    def target(self) -> Target:
        """Give what single leads are sent to."""
        return Target(
            name="leadflow",
            url=f"{self.url}/api/v1/leads?workspace=source",
            key=self.key,
            database=self.database,
            server_pids=self.pids,
        )

    @property
    def batch(self) -> str:
        """Give the address that files of leads are posted to."""
        return f"{self.url}/api/v1/leads/batch?workspace=source"


@asynccontextmanager
async def installation(deliver_to: str | None = None) -> AsyncIterator[Installation]:
    """Start one with `fsync` on, as it would run; stop it and leave nothing behind.

    One source with four rules, four partners without caps, five agents with each. Settings are
    those of the environment, but for the database, the key, the port and the level of the log.

    Args:
        deliver_to: the address of a receiver; a worker delivers there. None: no worker runs.

    Raises:
        SetupError: it cannot be started.
    """
    with _database() as (folder, database):
        port = free_port()
        environment = _environment(folder, database, port)
        await leadflow(environment, "db", "migrate")
        key = await _key(environment)
        async with AsyncExitStack() as processes:
            server = await processes.enter_async_context(_ours(environment, "serve"))
            url = f"http://127.0.0.1:{port}"
            made = Installation(url, key, database, environment, (server,))
            await _set_up(made, deliver_to or NOBODY)
            if deliver_to is not None:
                worker = await processes.enter_async_context(_ours(environment, "worker"))
                made = replace(made, pids=(server, worker))
            yield made


@contextmanager
def _database() -> Iterator[tuple[Path, str]]:
    """Have a server run in a folder that is removed; give both."""
    with tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        try:
            with server.in_use() as url:
                yield Path(folder), url
        finally:  # the server's files are elsewhere where its user may not enter the folder
            shutil.rmtree(server.data.resolve(), ignore_errors=True)


@asynccontextmanager
async def running(environment: Mapping[str, str], module: str, *words: str) -> AsyncIterator[int]:
    """Have a module of ours run for as long as the block lasts, and give its process's id."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *words),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us; processes are stopped in order
    )
    try:
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _ours(environment: Mapping[str, str], command: str) -> AbstractAsyncContextManager[int]:
    ends_with_us = ("--supervised", str(os.getpid()))
    return running(environment, "leadflow.cli", command, *ends_with_us)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def answering(session: aiohttp.ClientSession, path: str) -> None:
    """Wait until a server that has been started answers.

    Raises:
        SetupError: it does not.
    """
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _is_ready(session, path):  # noqa: ASYNC110  # processes set no event
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError as error:
        raise SetupError(f"{path} did not answer within {START_SECONDS} s") from error


async def _is_ready(session: aiohttp.ClientSession, path: str) -> bool:
    try:
        async with session.get(path) as response:
            return response.ok
    except aiohttp.ClientConnectionError:
        return False


def _environment(folder: Path, database: str, port: int) -> dict[str, str]:
    metrics = folder / "metrics"
    metrics.mkdir()
    return {
        **os.environ,
        "DATABASE_URL": database,
        "ENCRYPTION_KEY": new_key(),
        "LEADFLOW_STATE": str(folder),
        "LOG_LEVEL": "warning",
        "PORT": str(port),
        "LEADFLOW_HOST": "127.0.0.1",
        "LEADFLOW_PRIVATE_DESTINATIONS": "true",
        FOLDER: str(metrics),  # the API tells what the worker has counted, too
    }


async def _key(environment: Mapping[str, str]) -> str:
    scopes = [
        part for scope in ("leads:write", "leads:read", "admin") for part in ("--scope", scope)
    ]
    made = await leadflow(
        environment, "keys", "create", "benchmark", *scopes, "--no-limit", "--json"
    )
    key: str = msgspec.json.decode(made)["key"]
    return key


async def leadflow(environment: Mapping[str, str], *arguments: str) -> bytes:
    """Run a command of ours to its end; give what it printed.

    Raises:
        SetupError: it failed.
    """
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leadflow.cli", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await command.communicate()
    if command.returncode:
        raise SetupError(f"`leadflow {' '.join(arguments[:2])}` answered {command.returncode}")
    return printed


async def _set_up(made: Installation, receiver: str) -> None:
    headers = {"Authorization": f"Bearer {made.key}"}
    async with aiohttp.ClientSession(made.url, headers=headers) as session:
        await answering(session, "/health/ready")
        await _send(session, "POST", "/api/v1/workspaces", slug="source", name="S", kind="standard")
        for partner in PARTNERS:
            await _add_partner(session, partner, receiver)
        rules = [
            {
                "name": f"{make} goes {partner}",
                "priority": 10,
                "if": {"vertical": "AUTO", "data.make": make},
                "to": f"{partner}/web",
            }
            for make, partner in zip(MAKES, PARTNERS, strict=True)
        ]
        await _send(
            session, "PUT", "/api/v1/workspaces/source/rulebook", default="review", rules=rules
        )


async def _add_partner(session: aiohttp.ClientSession, slug: str, receiver: str) -> None:
    await _send(session, "POST", "/api/v1/workspaces", slug=slug, name=slug, kind="partner")
    await _send(
        session,
        "POST",
        f"/api/v1/destinations?workspace={slug}",
        name="web",
        kind="webhook",
        url=f"{receiver}/{slug}",
        assigns_agents=True,
    )
    for number in range(AGENTS_A_PARTNER):
        await _send(
            session,
            "POST",
            f"/api/v1/agents?workspace={slug}",
            name=f"Agent {number}",
            specialties=["AUTO"],
            capacity=100_000,
        )


async def _send(session: aiohttp.ClientSession, method: str, path: str, **body: object) -> None:
    async with session.request(method, path, json=body) as response:
        if not response.ok:
            raise SetupError(f"{method} {path} answered {response.status}: {await response.text()}")
