"""The installation of a run: PostgreSQL, workers, API processes and receivers, all on loopback."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
from msgspec import Struct

from leadflow.store.embedded import EmbeddedPostgres
from leadflow.store.seal import new_key
from proofs import invariants
from proofs.client import Client
from proofs.guards import VARIABLE, Guard
from proofs.plan import Plan
from proofs.processes import Kept

# What is committed must survive a crash of the server, and need not survive one of the machine.
SERVER = {"fsync": "off", "shared_buffers": "128MB", "max_connections": "150"}
HASTE = {
    "LEADFLOW_ROUTING_LEASE": "2",
    "LEADFLOW_ROUTING_CLAIM": "20",  # or one worker would take all that waits, and none compete
    "DELIVERY_TIMEOUT": "2",
    "LEADFLOW_DELIVERY_MARGIN": "1",
    "LEADFLOW_DELIVERY_RETRY_DELAY": "1",
    "MAX_RETRIES": "4",
    "RETRY_DELAY": "1",
    "LEADFLOW_POOL_SIZE": "4",
}
"""Recovery in seconds, where an installation takes minutes."""

START_WITHIN_S = 60
SCOPES = ("leads:write", "leads:read", "route", "admin")


class Installation(Struct, frozen=True, kw_only=True):
    """What runs."""

    server: EmbeddedPostgres
    pool: asyncpg.Pool
    client: Client
    workers: tuple[Kept, ...]
    apis: tuple[Kept, ...]


@asynccontextmanager
async def installation(
    plan: Plan, name: str | None, guard: Guard | None
) -> AsyncIterator[Installation]:
    """Have everything run, with one guard broken if there is one to break."""
    async with AsyncExitStack() as stack:
        state = _make_state()
        stack.callback(shutil.rmtree, state)
        server = EmbeddedPostgres(state, settings=SERVER)
        database = stack.enter_context(server.in_use())
        environment = {
            **os.environ,
            **HASTE,
            "DATABASE_URL": database,
            "ENCRYPTION_KEY": new_key(),
            "LEADFLOW_STATE": str(state),
            "LEADFLOW_PRIVATE_DESTINATIONS": "true",
        }
        await _leadflow(environment, "db", "migrate")
        pool = await stack.enter_async_context(
            asyncpg.create_pool(
                database, min_size=0, max_size=8, server_settings={"application_name": "proofs"}
            )
        )
        async with pool.acquire() as connection:
            await invariants.prepare(connection)
            for statement in () if guard is None else guard.schema:
                await connection.execute(statement)
        program = "leadflow.cli"
        if name is not None:
            environment[VARIABLE] = name
            program = "proofs.broken"
        apis, workers = (
            tuple(
                Kept(command, environment, state / f"{command}-{number}.log", program)
                for number in range(many)
            )
            for command, many in (("serve", plan.apis), ("worker", plan.workers))
        )
        session = await stack.enter_async_context(await _session(environment))
        await stack.enter_async_context(_running((*apis, *workers)))
        yield Installation(
            server=server,
            pool=pool,
            client=Client(session, [api.url for api in apis]),
            workers=workers,
            apis=apis,
        )


@asynccontextmanager
async def _running(kept: tuple[Kept, ...]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        for each in kept:
            group.create_task(each.run())
        try:
            async with asyncio.timeout(START_WITHIN_S):
                for each in kept:
                    await each.ready.wait()
            yield
        finally:
            for each in kept:
                await each.stop()


def _make_state() -> Path:
    state = Path(tempfile.mkdtemp(prefix="leadflow-prove-"))
    state.chmod(0o711)  # the server's user may pass
    return state


async def _session(environment: Mapping[str, str]) -> aiohttp.ClientSession:
    chosen = [part for scope in SCOPES for part in ("--scope", scope)]
    made = await _leadflow(environment, "keys", "create", "prove", *chosen, "--no-limit", "--json")
    return aiohttp.ClientSession(
        headers={
            "Authorization": f"Bearer {json.loads(made)['key']}",
            "Content-Type": "application/json",
        },
        timeout=aiohttp.ClientTimeout(total=20),
        connector=aiohttp.TCPConnector(limit=0),
    )


async def _leadflow(environment: Mapping[str, str], *arguments: str) -> bytes:
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leadflow.cli", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await command.communicate()
    if command.returncode:
        raise RuntimeError(f"leadflow {' '.join(arguments[:2])} answered {command.returncode}")
    return printed
