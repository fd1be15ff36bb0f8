"""An answer that grows while the request is still being read."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable

from litestar.types import Receive, Scope, Send

CHUNK_BYTES = 64 * 1024

Write = Callable[[bytes], None]


class Spool:
    """Lines on their way out, kept in a file until the receiver takes them.

    Many clients send all of a request before they read a byte of the answer. If we waited for them
    to read, while they wait for us to read, nobody would ever go on.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`
        self._written = 0
        self._read = 0
        self._news = asyncio.Event()
        self._complete = False

    def write(self, line: bytes) -> None:
        """Add to the end."""
        self._file.seek(self._written)
        self._written += self._file.write(line)
        self._news.set()

    def finish(self) -> None:
        """Say that no more will come."""
        self._complete = True
        self._news.set()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give what is there, and wait for more until there will be none."""
        while True:
            if self._read < self._written:
                self._file.seek(self._read)
                chunk = self._file.read(CHUNK_BYTES)
                self._read += len(chunk)
                yield chunk
            elif self._complete:
                return
            else:
                self._news.clear()
                await self._news.wait()


class GrowingAnswer:
    """An ASGI answer whose lines are made by `produce`, while the request is still coming in.

    It begins with the first line: an error before that is answered as an error. Whatever goes wrong
    later, `produce` has to say in a line.
    """

    def __init__(self, produce: Callable[[Write], Awaitable[None]], media_type: str) -> None:
        self._produce = produce
        self._media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        spool = Spool()
        work = asyncio.create_task(self._work(spool), name="growing-answer")
        try:
            await self._send(spool, work, send)
        finally:
            work.cancel()
            await asyncio.wait([work])
            spool.close()

    async def _work(self, spool: Spool) -> None:
        try:
            await self._produce(spool.write)
        finally:
            spool.finish()

    async def _send(self, spool: Spool, work: "asyncio.Task[None]", send: Send) -> None:
        started = False
        async for chunk in spool.chunks():
            if not started:
                await self._start(send)
                started = True
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await work  # raises what it failed with
        if not started:
            await self._start(send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _start(self, send: Send) -> None:
        headers = [(b"content-type", self._media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
