"""What was looked up a moment ago."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from leadflow.telemetry.metrics import CACHE_HITS, CACHE_MISSES

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Remembers answers, the empty ones too, for a few seconds.

    Nothing tells it of changes: what was changed elsewhere is believed for as long as `fresh_s`.
    However many callers miss at the same moment, one of them asks and the others wait for it: when
    an answer goes stale under a batch, hundreds of rows want it at once.

    Args:
        name: under which hits and misses are counted.
        load: answers what is not known.
        fresh_s: seconds an answer is believed.
        most: answers kept; when there are more, all are forgotten.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[Key], Awaitable[Value]],
        *,
        fresh_s: float = 5,
        most: int = 10_000,
    ) -> None:
        self._load = load
        self._fresh_s = fresh_s
        self._most = most
        self._known: dict[Key, tuple[float, Value]] = {}
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._hits = CACHE_HITS.labels(name)
        self._misses = CACHE_MISSES.labels(name)

    async def get(self, key: Key) -> Value:
        """Give the answer to `key`, looked up now or a moment ago. Raises what `load` raises."""
        entry = self._fresh(key)
        if entry is not None:
            self._hits.inc()
            return entry[1]
        self._misses.inc()
        turn = self._turns.setdefault(key, asyncio.Lock())  # kept for as long as somebody waits
        async with turn:
            entry = self._fresh(key)
            if entry is None:
                entry = self._remember(key, await self._load(key))
        return entry[1]

    def forget(self, key: Key) -> None:
        """Look `key` up again the next time."""
        self._known.pop(key, None)

    def _fresh(self, key: Key) -> tuple[float, Value] | None:
        entry = self._known.get(key)
        return entry if entry is not None and monotonic() < entry[0] else None

    def _remember(self, key: Key, value: Value) -> tuple[float, Value]:
        if len(self._known) >= self._most:
            self._known.clear()
        entry = self._known[key] = (monotonic() + self._fresh_s, value)
        return entry
