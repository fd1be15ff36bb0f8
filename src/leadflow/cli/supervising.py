"""Child processes: started, started again when they die, and stopped in order."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import IO

from msgspec import Struct

from leadflow.cli.entry import UNUSABLE
from leadflow.errors import SetupError
from leadflow.telemetry import processes
from leadflow.telemetry.logs import log

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a child that died is started again
STEADY_S = 60.0  # a child that has run for so long begins again with the first pause


class Child(Struct, frozen=True, kw_only=True):
    """A command of ours that runs as a process of its own."""

    command: str  # `serve`, `worker`
    grace: timedelta  # in which it finishes once it is told to stop; then it is killed


class Supervisor:
    """Keeps children running.

    Args:
        children: in the order in which they are stopped.
        environment: of the children.
        log: what they log goes there; None: to our stderr.
    """

    def __init__(
        self,
        children: Sequence[Child],
        environment: Mapping[str, str],
        log: IO[bytes] | None = None,
    ) -> None:
        self._keepers = [_Keeper(child, environment, log) for child in children]

    async def run(self, stop: asyncio.Event) -> None:
        """Keep all children running until `stop`, then stop one after the other.

        Raises:
            SetupError: a child says that it cannot run as things are set up.
        """
        tasks = [asyncio.create_task(keeper.run()) for keeper in self._keepers]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            for keeper, task in zip(self._keepers, tasks, strict=True):
                keeper.stop()
                await asyncio.wait([task])
        await asyncio.gather(*tasks)


class _Keeper:
    """Keeps one child running."""

    def __init__(self, child: Child, environment: Mapping[str, str], log: IO[bytes] | None) -> None:
        self._child = child
        self._environment = environment
        self._log = log
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Have `run` stop the child, and return when it has ended."""
        self._stopping.set()

    async def run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = monotonic()
            code = await self._run_once()
            if self._stopping.is_set():
                return
            if code == UNUSABLE:
                raise SetupError(f"`leadflow {self._child.command}` cannot run; its log says why")
            failures = 1 if monotonic() - started > STEADY_S else failures + 1
            await self._pause(min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))

    async def _run_once(self) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "leadflow.cli", self._child.command, "--supervised", str(os.getpid())),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for us; children are stopped in order
        )
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            process.terminate()
            await asyncio.wait([ended], timeout=self._child.grace.total_seconds())
        if not ended.done():
            process.kill()
        code = await ended
        processes.forget(process.pid)
        return code

    async def _pause(self, seconds: float) -> None:
        log.critical("process.crashed", component=self._child.command, retry_in_s=seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
