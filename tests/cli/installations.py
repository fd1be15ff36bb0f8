"""`leadflow up` as a process, with all that it starts."""

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from tests.cli.shells import PATIENCE_S, alive, until


class Up(msgspec.Struct):
    """An installation that has said that it is up."""

    process: asyncio.subprocess.Process
    address: str
    link: str

    @property
    def children(self):
        """List every process below it."""
        return below(self.process.pid)

    def child(self, command):
        """Find the process of `serve` or `worker`."""
        [pid] = [pid for pid in self.children if command in words_of(pid)]
        return pid

    async def ready(self):
        """Tell whether it says that it is ready."""
        async with aiohttp.ClientSession() as session:
            try:
                async with session.get(f"{self.address}/health/ready") as response:
                    return response.status == 200
            except aiohttp.ClientError:
                return False

    async def stopped(self, number=signal.SIGTERM):
        """Tell it to stop, and return its exit code when it has."""
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


@asynccontextmanager
async def up(shell, **environment):
    """Have `leadflow up` run for as long as the block lasts; what it logs is thrown away."""
    process: Any = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leadflow.cli", "up"),
        env=shell.environment | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    seen = set()
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = [(await process.stdout.readline()).decode() for _ in range(2)]
        address, link = re.findall(r"http://\S+", "".join(said))
        server = Up(process, address, link)
        seen.update(server.children)
        yield server
        seen.update(server.children)
        if process.returncode is None:
            await server.stopped()
    finally:
        for pid in (process.pid, *seen) if process.returncode is None else seen:
            kill(pid)
        await process.communicate()
        await gone(seen)


def kill(pid):
    """Kill one process, unless it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


async def gone(pids):
    """Return when none of these processes runs any more."""

    async def none_runs():
        return not any(alive(pid) for pid in pids)

    await until(none_runs, "no process is left")


def below(pid):
    """List the processes that a process started, and those that they did."""
    found = []
    for child in _children(pid):
        found += [child, *below(child)]
    return found


def words_of(pid):
    """Give the words a process was started with; none, when it is gone."""
    return _read(f"/proc/{pid}/cmdline").split("\0")


def _children(pid):
    return [int(child) for child in _read(f"/proc/{pid}/task/{pid}/children").split()]


def _read(path):
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
