"""A terminal that commands are typed into, and whose output can be waited for."""

import asyncio
import os
import re
import signal
from typing import Any

PATIENCE_S = 60
VARIES = re.compile(
    r"(?P<anything>\s*\.\.\.\s*)|(?P<blank>\s+)|(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
STANDS_FOR = {"anything": ".*?", "blank": r"\s+", "id": r"[0-9a-f-]{36}"}


class Terminal:
    """A shell of our own, in a process group of its own.

    Args:
        folder: where it begins.
        environment: all that it knows of ours.
    """

    def __init__(self, folder, environment):
        self._folder = folder
        self._environment = environment
        self._process: Any = None
        self._reader: Any = None
        self._changed = asyncio.Condition()
        self._commands = 0
        self.output = ""

    async def __aenter__(self):
        self._process = await asyncio.create_subprocess_exec(
            *("bash", "--noprofile", "--norc"),
            cwd=self._folder,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error):
        self._process.stdin.close()
        await self.interrupt()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._reader  # ends when the last process that writes here has ended
        except TimeoutError:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def run(self, commands):
        """Type commands that come to an end, and give what they print."""
        self._commands += 1
        end = f"--- end of {self._commands}"
        before = len(self.output)
        await self.begin(f"{commands}\nprintf '\\n%s, %s\\n' '{end}' $?")
        printed = await self.until(re.compile(rf"(.*)\n{end}, (\d+)\n", re.DOTALL), before)
        assert printed[2] == "0", f"{commands}\nfailed:\n{printed[1]}"
        return printed[1]

    async def begin(self, commands):
        """Type commands, and do not wait for their end."""
        self._process.stdin.write(f"{commands}\n".encode())
        await self._process.stdin.drain()

    async def until(self, pattern, after=0):
        """Wait until the output, from a place on, matches."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                while not (found := pattern.search(self.output, after)):
                    await self._changed.wait()
                return found
        except TimeoutError:
            message = f"{pattern.pattern}\n\nis not in\n\n{self.output[after:]}"
            raise AssertionError(message) from None

    async def interrupt(self):
        """Press Ctrl-C."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGINT)

    async def _read(self):
        while chunk := await self._process.stdout.read(65536):
            async with self._changed:
                self.output += chunk.decode()
                self._changed.notify_all()


def pattern_of(shown):
    """Make a pattern of what a page shows: `...`, blanks and ids stand for any of their kind."""
    return re.compile("".join(_parts(shown.strip())), re.DOTALL)


def _parts(shown):
    end = 0
    for varying in VARIES.finditer(shown):
        yield re.escape(shown[end : varying.start()])
        yield STANDS_FOR[varying.lastgroup or ""]
        end = varying.end()
    yield re.escape(shown[end:])
