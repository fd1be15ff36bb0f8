"""A whole installation of real processes: PostgreSQL, API, worker, and a receiver of leads."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web

from leadflow.store.embedded import EmbeddedPostgres
from leadflow.store.seal import new_key

PATIENCE_S = 60
# What is committed must survive a crash of the server, and need not survive one of the machine.
SERVER = {"fsync": "off", "shared_buffers": "64MB", "max_connections": "60"}


class Receiver:
    """A partner's door. It takes every lead and remembers who came, by the sender's message id."""

    def __init__(self):
        self.url = ""
        self.messages = []  # (message id, lead id), in order of arrival
        self.silent = False  # whether it reads what comes and never answers
        self._gone = asyncio.Event()
        self.arrival = asyncio.Condition()

    async def take(self, request):
        body = await request.json()
        async with self.arrival:
            self.messages.append((request.headers["webhook-id"], body["data"]["lead"]["id"]))
            self.arrival.notify_all()
        if self.silent:
            await self._gone.wait()
        return web.Response()

    @property
    def leads(self):
        return {lead for _, lead in self.messages}

    async def has(self, leads):
        """Wait until all of these leads have come."""
        async with asyncio.timeout(PATIENCE_S), self.arrival:
            await self.arrival.wait_for(lambda: set(leads) <= self.leads)

    @asynccontextmanager
    async def open(self):
        app = web.Application()
        app.router.add_post("/leads", self.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}/leads".format(*runner.addresses[0])
        try:
            yield
        finally:
            self._gone.set()
            await runner.cleanup()


class Installation:
    """Processes over one state folder, each started and stopped by itself."""

    def __init__(self, state):
        self.state = state
        self.server = EmbeddedPostgres(state, settings=SERVER)
        self.receiver = Receiver()
        self.database = ""
        self.url = f"http://127.0.0.1:{free_port()}"
        self.session: Any = None
        self.log = state / "log.jsonl"
        self._environment = {
            **os.environ,
            "ENCRYPTION_KEY": new_key(),
            "LEADFLOW_STATE": str(state),
            "LEADFLOW_PRIVATE_DESTINATIONS": "true",
            "DELIVERY_TIMEOUT": "20",
            "RETRY_DELAY": "1",
            "PORT": self.url.rpartition(":")[2],
        }
        self._processes = []

    def begin(self, database):
        self.database = database
        self._environment["DATABASE_URL"] = database

    async def start(self, command, **environment):
        """Start `serve` or `worker`."""
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "leadflow.cli", command),
                env=self._environment | environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    async def stop(self):
        """Stop what still runs, in the order it was started."""
        for process in self._processes:
            if process.returncode is None:
                process.terminate()
                async with asyncio.timeout(PATIENCE_S):
                    await process.wait()

    async def command(self, *arguments):
        """Run a command, and give what it prints."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "leadflow.cli", *arguments),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await process.communicate()
        assert process.returncode == 0, arguments
        return printed.decode()

    async def send(self, method, path, **body):
        async with self.session.request(method, path, json=body) as response:
            assert response.ok, (path, await response.text())
            return await response.json()

    async def is_ready(self):
        try:
            async with self.session.get("/health/ready") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def works(self):
        """Tell whether a worker has begun."""
        return any(line["component"] == "worker" for line in self.events("process.started"))

    async def fetch(self, statement, *values):
        connection = await asyncpg.connect(self.database)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def value(self, statement, *values):
        [[value]] = await self.fetch(statement, *values)
        return value

    def events(self, name):
        """Read the log lines of one kind."""
        lines = (line for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in map(json.loads, lines) if line.get("event_name") == name]


@asynccontextmanager
async def installation(**environment):
    """Have PostgreSQL and the API run, with a brand whose leads go to a partner's receiver."""
    async with AsyncExitStack() as stack:
        made = Installation(make_state())
        stack.callback(shutil.rmtree, made.state)
        made.begin(stack.enter_context(made.server.in_use()))
        await stack.enter_async_context(made.receiver.open())
        await made.command("db", "migrate")
        scopes = ("leads:write", "leads:read", "route", "admin")
        chosen = [part for scope in scopes for part in ("--scope", scope)]
        shown = await made.command("keys", "create", "test", *chosen, "--no-limit", "--json")
        key = json.loads(shown)
        headers = {"Authorization": f"Bearer {key['key']}"}
        made.session = await stack.enter_async_context(
            aiohttp.ClientSession(
                made.url, headers=headers, timeout=aiohttp.ClientTimeout(total=PATIENCE_S)
            )
        )
        stack.push_async_callback(made.stop)
        await made.start("serve", **environment)
        await until(made.is_ready)
        await set_up(made)
        yield made


async def set_up(made):
    await made.send("POST", "/api/v1/workspaces", slug="brand", name="Brand", kind="standard")
    await made.send("POST", "/api/v1/workspaces", slug="acme", name="Acme", kind="partner")
    await made.send(
        "POST", "/api/v1/destinations?workspace=acme", name="web", kind="webhook",
        url=made.receiver.url,
    )  # fmt: skip
    rules = [{"name": "all", "priority": 1, "to": "acme/web"}]
    await made.send("PUT", "/api/v1/workspaces/brand/rulebook", default="review", rules=rules)


async def until(holds, *, within_s=PATIENCE_S):
    """Wait until something outside is so. It tells nobody, so it is asked again and again."""
    end = monotonic() + within_s
    while not await holds():
        assert monotonic() < end, holds
        await asyncio.sleep(0.1)


def kill(server):
    """Kill PostgreSQL's main process, as when memory runs out."""
    os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def make_state():
    """Make a folder that the server's user may pass through."""
    state = Path(tempfile.gettempdir()) / f"leadflow-scenario-{secrets.token_hex(4)}"
    state.mkdir(mode=0o711)
    return state


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Blocker:
    """A transaction that stands in others' way until it is closed."""

    def __init__(self, connection):
        self._connection = connection

    @classmethod
    async def open(cls, made, statement):
        connection = await asyncpg.connect(made.database)
        await connection.execute("BEGIN")
        await connection.execute(statement)
        return cls(connection)

    async def close(self):
        await self._connection.close()
