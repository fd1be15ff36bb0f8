"""Commands, run in this process where that is equal, else as processes."""

import asyncio
import signal
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from leadflow.cli.entry import run
from leadflow.store import sources

PATIENCE_S = 60  # for what takes two seconds on an idle machine


class Said(msgspec.Struct, frozen=True):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return msgspec.json.decode(self.out)


class Shell:
    """Runs commands as a user does, by their words."""

    def __init__(self, capsys, environment):
        self._capsys = capsys
        self.environment = environment

    async def __call__(self, *words):
        """Run a command in this process, in a thread, for it brings its own event loop."""
        self._capsys.readouterr()
        code = await asyncio.to_thread(run, [str(word) for word in words])
        return Said(code, *self._capsys.readouterr())

    @asynccontextmanager
    async def started(self, *words, **environment):
        """Have a command run as a process for as long as the block lasts."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "leadflow.cli", *(str(word) for word in words)),
            env=self.environment | environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def ran(self, *words, **environment):
        """Run a command as a process, to its end."""
        async with self.started(*words, **environment) as process:
            return await ended(process)


async def ended(process):
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    return Said(process.returncode, (out or b"").decode(), err.decode())


async def until(condition, what):
    """Return what `condition` gives as soon as that is something."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await condition()):  # noqa: ASYNC110  # other processes set no event
            await asyncio.sleep(0.02)
    assert found, what
    return found


async def workspace(world, slug, **columns):
    """Add a workspace with its default sources."""
    id_ = await world.workspace(slug, **columns)
    async with world.database.service() as connection:
        for source in sources.defaults(id_, world.clock()):
            await sources.insert(connection, source)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def alive(pid):
    """Tell whether a process runs; one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


SIGNALS = {"SIGINT": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143)}
