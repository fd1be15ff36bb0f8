"""Work in rounds: again at once while there is some, then asleep until more is due."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from leadflow.errors import TemporaryError
from leadflow.telemetry.logs import log

LONGEST_SLEEP = timedelta(seconds=5)  # a lost call costs no more than this
SHORTEST_SLEEP = timedelta(milliseconds=50)  # what is due may be in somebody else's hands
AWAY = timedelta(seconds=1)  # between looks at a database that is away


class Loop:
    """One kind of work, done in rounds until it is told to stop.

    Args:
        name: for logs.
        run_once: does what is due; answers how many things that were.
        next_due: tells when there will be more; None: not known.
        clock: tells the time, in UTC.
        longest_sleep: after which it looks again, whatever is known to be due.
    """

    def __init__(
        self,
        name: str,
        run_once: Callable[[], Awaitable[int]],
        next_due: Callable[[], Awaitable[datetime | None]],
        clock: Callable[[], datetime],
        longest_sleep: timedelta = LONGEST_SLEEP,
    ) -> None:
        self._name = name
        self._run_once = run_once
        self._next_due = next_due
        self._clock = clock
        self._longest_sleep = longest_sleep
        self._called = asyncio.Event()

    def call(self) -> None:
        """Say that there is work now."""
        self._called.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; what is in hand then is finished first."""
        while not stop.is_set():
            self._called.clear()
            try:
                pause = await self._round()
            except TemporaryError as error:
                log.warning("database.unavailable", component=self._name, error_message=str(error))
                pause = AWAY
            if pause:
                await self._sleep(stop, pause)

    async def _round(self) -> timedelta:
        if await self._run_once():
            return timedelta()
        due = await self._next_due()
        if due is None:
            return self._longest_sleep
        return min(max(due - self._clock(), SHORTEST_SLEEP), self._longest_sleep)

    async def _sleep(self, stop: asyncio.Event, pause: timedelta) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, self._called)]
        try:
            await asyncio.wait(
                waits, timeout=pause.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for wait in waits:
                wait.cancel()
