"""An installation of its own for a benchmark: database, API and a small set-up, on loopback."""

import asyncio
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from msgspec import Struct

from leadflow.store.embedded import EmbeddedPostgres
from leadflow.store.seal import new_key

LEADFLOW = Path(sys.executable).with_name("leadflow")
START_SECONDS = 60
PARTNERS = ("north", "south", "east", "west")
AGENTS_A_PARTNER = 5
MAKES = ("Toyota", "Honda", "Ford", "Subaru")


class Installation(Struct, frozen=True):
    """A running installation."""

    url: str  # of the API
    key: str
    database: str
    server_pid: int  # of the API's main process


@asynccontextmanager
async def installation() -> AsyncIterator[Installation]:
    """Start one with `fsync` on, as it would run; stop it and leave nothing behind.

    One source with four rules, four partners without caps, five agents with each.
    """
    with tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder:
        state = Path(folder)
        with EmbeddedPostgres(state).in_use() as database:
            port = _free_port()
            environment = {
                **os.environ,
                "DATABASE_URL": database,
                "ENCRYPTION_KEY": new_key(),
                "LEADFLOW_STATE": folder,
                "LOG_LEVEL": "warning",
                "PORT": str(port),
                "LEADFLOW_PRIVATE_DESTINATIONS": "true",
            }
            await _leadflow(environment, "db", "migrate")
            key = await _key(environment)
            server = await asyncio.create_subprocess_exec(LEADFLOW, "serve", env=environment)
            try:
                made = Installation(f"http://127.0.0.1:{port}", key, database, server.pid)
                await _set_up(made)
                yield made
            finally:
                server.terminate()
                async with asyncio.timeout(START_SECONDS):
                    await server.wait()


async def _key(environment: dict[str, str]) -> str:
    scopes = [
        part for scope in ("leads:write", "leads:read", "admin") for part in ("--scope", scope)
    ]
    made = await _leadflow(
        environment, "keys", "create", "benchmark", *scopes, "--no-limit", "--json"
    )
    key: str = json.loads(made)["key"]
    return key


async def _leadflow(environment: dict[str, str], *arguments: str) -> bytes:
    command = await asyncio.create_subprocess_exec(
        LEADFLOW, *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await command.communicate()
    if command.returncode:
        raise RuntimeError(f"leadflow {' '.join(arguments[:2])} answered {command.returncode}")
    return printed


async def _set_up(made: Installation) -> None:
    headers = {"Authorization": f"Bearer {made.key}"}
    async with aiohttp.ClientSession(made.url, headers=headers) as session:
        await _ready(session)
        await _send(session, "POST", "/api/v1/workspaces", slug="source", name="S", kind="standard")
        for partner in PARTNERS:
            await _add_partner(session, partner)
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


async def _add_partner(session: aiohttp.ClientSession, slug: str) -> None:
    await _send(session, "POST", "/api/v1/workspaces", slug=slug, name=slug, kind="partner")
    await _send(
        session,
        "POST",
        f"/api/v1/destinations?workspace={slug}",
        name="web",
        kind="webhook",
        url="http://127.0.0.1:9/",  # nothing is delivered here: no worker runs
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
            raise RuntimeError(
                f"{method} {path} answered {response.status}: {await response.text()}"
            )


async def _ready(session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                async with session.get("/health/ready") as response:
                    if response.ok:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
