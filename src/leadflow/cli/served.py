"""The application of one API process, as Granian finds it."""

import asyncio
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

from litestar.types import ASGIApp, LifeSpanReceive, LifeSpanSend

from leadflow import console, settings
from leadflow.api import build
from leadflow.app import open_app
from leadflow.cli.garbage import collect_rarely
from leadflow.cli.parent import end_with
from leadflow.settings import Settings
from leadflow.telemetry import logs, processes
from leadflow.telemetry.logs import log


def application() -> ASGIApp:
    """Make the application. Granian calls it in each of its processes."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)
    read = settings.read(os.environ)
    logs.configure(level=read.log_level, service=read.log_service)
    forget_the_dead()
    return Application(read)


class Application:
    """The ASGI application: opened when the server starts it, closed when it stops."""

    def __init__(self, read: Settings) -> None:
        self._settings = read
        self._inner: ASGIApp | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._inner is not None:
            await self._inner(scope, receive, send)

    async def _live(self, receive: LifeSpanReceive, send: LifeSpanSend) -> None:
        await receive()
        _keep_signals()
        try:
            async with open_app(self._settings, self._settings.database_url or "") as app:
                litestar = build(app, pages=console.routes(app))
                async with litestar.lifespan():
                    self._inner = litestar
                    collect_rarely()
                    await send({"type": "lifespan.startup.complete"})
                    log.info("process.started", component="api", pid=os.getpid())
                    await receive()
        except Exception as error:  # noqa: BLE001  # Granian would go on, with nobody to answer
            log.critical("process.crashed", component="api", exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": type(error).__name__})
            return
        log.info("process.stopped", component="api", pid=os.getpid())
        await send({"type": "lifespan.shutdown.complete"})


def _keep_signals() -> None:
    """See that a signal is not lost between the loop's two runs: for start-up, and for serving.

    uvloop hears signals only while it runs. One that comes in between is sent again when it does.
    """
    loop = asyncio.get_running_loop()

    def keep(number: int, _: object) -> None:
        if not loop.is_running():
            loop.call_soon_threadsafe(os.kill, os.getpid(), number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, keep)


def forget_the_dead() -> None:
    """Take processes that were killed out of the gauges: nobody could say so for them."""
    folder = os.environ.get(processes.FOLDER)
    if folder is None:
        return
    for file in Path(folder).glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdecimal() and not _runs(int(pid)):
            processes.forget(int(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, as somebody else
    return True
