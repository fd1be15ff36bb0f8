"""Connections that post leads: as much of HTTP/1.1 as that takes.

The generator shares the cores of what it measures. At 1,000 leads a second a whole client takes
200 us for each, half of what is measured, and this takes 100; at 2,400 it takes 60.
"""

import asyncio
import re
from collections import deque
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PATIENCE = 60.0  # seconds; then a request counts as not answered
_HEAD = re.compile(
    rb"HTTP/1\.1 (?P<status>\d{3}) .*\r\ncontent-length: (?P<length>\d+)\r\n",
    re.DOTALL | re.IGNORECASE,
)


class Connections:
    """Posts bodies to one address, each over a connection that is free.

    Args:
        url: where to.
        key: of the API.
        most: connections at most; whoever finds none free waits for one.
    """

    def __init__(self, url: str, key: str, most: int) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self._head = (
            f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._places = asyncio.Semaphore(most)
        self._free: deque[_Connection] = deque()
        self._all: set[_Connection] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for connection in self._all:
            connection.close()

    async def post(self, body: bytes) -> int:
        """Post one body; give the answer's status.

        Raises:
            OSError: the connection cannot be made, or was lost in the answer.
            EOFError: it was lost before the answer.
            TimeoutError: there is no answer within `PATIENCE`.
        """
        async with self._places, asyncio.timeout(PATIENCE):
            connection = self._pick() or await self._open()
            request = b"%b%d\r\n\r\n%b" % (self._head, len(body), body)
            try:
                status = await connection.ask(request)
            except BaseException:
                connection.close()
                self._all.discard(connection)
                raise
            self._free.append(connection)
            return status

    def _pick(self) -> "_Connection | None":
        """Take a free connection that the server has not closed meanwhile, the last used first."""
        while self._free:
            connection = self._free.pop()
            if connection.is_open:
                return connection
            self._all.discard(connection)
            connection.close()
        return None

    async def _open(self) -> "_Connection":
        connection = _Connection(*await asyncio.open_connection(self._host, self._port))
        self._all.add(connection)
        return connection


class _Connection:
    """One request at a time, and its answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_open(self) -> bool:
        return not self._reader.at_eof()

    async def ask(self, request: bytes) -> int:
        self._writer.write(request)
        head = _HEAD.match(await self._reader.readuntil(b"\r\n\r\n"))
        if head is None:
            raise ConnectionError("the answer is no HTTP/1.1 with a length")
        await self._reader.readexactly(int(head["length"]))
        return int(head["status"])

    def close(self) -> None:
        self._writer.close()
