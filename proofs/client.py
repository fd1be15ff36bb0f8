"""Calls to API processes that may be killed at any moment."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

GONE = (aiohttp.ClientError, TimeoutError, OSError)
AWAY = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a careful sender tries again."""

CALM_S = 0.15  # between two tries; a process is back within some two seconds


class Answered(Struct, frozen=True):
    """What came back."""

    status: int
    document: Any


class Client:
    """Speaks to any of the API processes, with the operator's key.

    Args:
        session: with the key in its headers.
        urls: of the API processes.
    """

    def __init__(self, session: aiohttp.ClientSession, urls: Sequence[str]) -> None:
        self._session = session
        self.urls = urls

    async def once(
        self,
        api: int,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str] | None = None,
    ) -> Answered | None:
        """Ask one API process. None: the answer was lost, and nobody knows what was done."""
        url = self.urls[api % len(self.urls)] + path
        try:
            async with self._session.request(
                method, url, data=msgspec.json.encode(body), headers=headers
            ) as response:
                return Answered(response.status, msgspec.json.decode(await response.read()))
        except (*GONE, msgspec.DecodeError):
            return None

    async def insist(self, method: str, path: str, body: object, *, api: int = 0) -> Answered:
        """Ask one process after the other, until one has answered."""
        while True:
            answer = await self.once(api, method, path, body)
            if answer is not None and answer.status not in AWAY:
                return answer
            api += 1
            await asyncio.sleep(CALM_S)
