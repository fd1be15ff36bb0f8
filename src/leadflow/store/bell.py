"""A call across processes: there is work now. It may be lost; nothing depends on it but speed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg

from leadflow.errors import LeadflowError, TemporaryError
from leadflow.store.database import Database, translated

CHANNEL = "leadflow_work"
# A call is not worth a write to disk.
RING = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')"
ECHO_SECONDS = 0.02  # in which no more is said: one process commits some 200 groups a second
AWAY_SECONDS = 1.0  # between attempts to reach a server that is away


class Bell:
    """Rings for the workers: at once, and for all who ask in the moment after that, once more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked = asyncio.Event()
        self._ringer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to pass calls on."""
        self._ringer = asyncio.create_task(self._run(), name="bell")

    def ring(self) -> None:
        """Say that there is work."""
        self._asked.set()

    async def close(self) -> None:
        """Stop; a call that was not sent yet is left out."""
        if self._ringer is not None:
            self._ringer.cancel()
            await asyncio.wait([self._ringer])

    async def _run(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self._database.alone(RING, CHANNEL)
                await asyncio.sleep(ECHO_SECONDS)
            except LeadflowError:
                await asyncio.sleep(AWAY_SECONDS)  # workers look by themselves when it is back


async def listen(url: str, called: Callable[[], None], stop: asyncio.Event) -> None:
    """Call `called` for every ring, and after every reconnection, until `stop`.

    Raises:
        SetupError: the server does not let us in.
    """
    while not stop.is_set():
        with suppress(TemporaryError), translated():
            await _listen_once(url, called, stop)
        await _pause(stop)


async def _listen_once(url: str, called: Callable[[], None], stop: asyncio.Event) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    waits = [asyncio.ensure_future(event.wait()) for event in (stop, lost)]
    try:
        await connection.add_listener(CHANNEL, lambda *_: called())
        called()  # whatever rang while nobody listened
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        connection.terminate()


async def _pause(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(AWAY_SECONDS):
            await stop.wait()
    except TimeoutError:
        return
