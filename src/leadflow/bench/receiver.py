"""A receiver that takes whatever is delivered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def receiving() -> AsyncIterator[str]:
    """Have it listen on loopback for as long as the block lasts, and give its address."""
    application = web.Application()
    application.router.add_post("/{partner}", _take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def _take(request: web.Request) -> web.Response:
    await request.read()
    return web.Response()
