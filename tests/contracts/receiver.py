"""A receiver of leads on loopback that behaves, or misbehaves, as its path says."""

import asyncio
from contextlib import asynccontextmanager

from aiohttp import web


class Receiver:
    """Answers by path: `/200`, `/503`, `/slow` ... and remembers what it was sent.

    `url` is its address; `requests` are the (headers, body) pairs it has read, oldest first;
    `connections` are the ports they came from.
    """

    def __init__(self):
        self.url = ""
        self.requests = []
        self.connections = set()
        self.release = asyncio.Event()  # set it to let `/slow` answer
        self.reached = asyncio.Event()  # set when a request has been read

    async def answer(self, request):
        body = await request.read()
        self.requests.append((request.headers, body))
        self.connections.add(request.transport.get_extra_info("peername"))
        self.reached.set()
        act = getattr(self, f"_{request.match_info['act']}", self._status)
        return await act(request)

    async def _status(self, request):
        return web.Response(status=int(request.match_info["act"]), headers=request.query)

    async def _slow(self, request):
        await self.release.wait()
        return web.Response()

    async def _cut(self, request):
        request.transport.abort()
        return web.Response()

    async def _garbage(self, request):
        request.transport.write(b"220 mail.example ESMTP\r\n")
        request.transport.close()
        return web.Response()

    async def _half(self, request):
        request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        request.transport.close()
        return web.Response()

    async def _endless(self, request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async def _dripping(self, request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await self.release.wait()
        return response


@asynccontextmanager
async def receiving(tls=None):
    """Have a receiver listen for as long as the block lasts, behind TLS if a context is given."""
    receiver = Receiver()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{act}", receiver.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    host, port = runner.addresses[0]
    receiver.url = f"{'https' if tls else 'http'}://{host}:{port}"
    try:
        yield receiver
    finally:
        receiver.release.set()
        await runner.cleanup()


@asynccontextmanager
async def hanging_up():
    """Have a server that closes every connection before it has read anything; give its address."""

    async def close(_, writer):
        writer.transport.abort()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/"
