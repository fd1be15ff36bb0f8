"""The processes of the installation: started, killed, frozen, and started again at once."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import aiohttp

POLL_S = 0.05
STOP_WITHIN_S = 60


class Kept:
    """One `leadflow serve` or `leadflow worker`, kept running.

    Args:
        command: `serve` or `worker`.
        environment: of the process.
        log: the file its output is added to.
        program: the Python module to run; another one than leadflow's own breaks a guard first.
    """

    def __init__(
        self, command: str, environment: Mapping[str, str], log: Path, program: str
    ) -> None:
        self.command = command
        self.log = log
        self.ready = asyncio.Event()  # it is up, and nobody has killed it
        self.untouched = asyncio.Lock()  # one thing is done to a process at a time
        self._environment = {**environment, "PORT": str(_free_port())}
        self._program = program
        self._process: Process | None = None
        self._said_before = 0  # bytes of the log that are an earlier process's
        self._stopping = False

    @property
    def url(self) -> str:
        """The address it serves."""
        return f"http://127.0.0.1:{self._environment['PORT']}"

    @property
    def pid(self) -> int:
        """The process that runs now."""
        if self._process is None:
            raise RuntimeError(f"{self.command} has not been started")
        return self._process.pid

    async def run(self) -> None:
        """Start it, and start it again whenever it has ended, until it is stopped."""
        while not self._stopping:
            with self.log.open("ab") as log:
                self._said_before = log.tell()
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", self._program, self.command),
                    env=self._environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # its children are killed with it
                )
            coming = asyncio.create_task(self._come_up(self._process))
            await self._process.wait()
            coming.cancel()
            self.ready.clear()

    async def stop(self) -> None:
        """End it in order."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            async with asyncio.timeout(STOP_WITHIN_S):
                await self._process.wait()

    def kill(self) -> None:
        """End it and its children at this moment: no handler runs, nothing is flushed."""
        self.ready.clear()
        self._signal(signal.SIGKILL)

    def kill_child(self) -> None:
        """Kill only the child that serves; its parent has to start another."""
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended by itself
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            for child in map(int, children):
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(child, signal.SIGKILL)

    def freeze(self) -> None:
        """Have it stand still, as a machine that swaps does."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, from where it was."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.killpg(self.pid, number)

    async def _come_up(self, process: Process) -> None:
        is_up = self._serves if self.command == "serve" else self._says_so
        while not await is_up(process.pid):  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(POLL_S)
        self.ready.set()

    async def _serves(self, _: int) -> bool:
        try:
            async with aiohttp.request("GET", f"{self.url}/health/ready") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def _says_so(self, pid: int) -> bool:
        said = self.log.read_bytes()[self._said_before :]
        return b'"process.started"' in said and str(pid).encode() in said


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
