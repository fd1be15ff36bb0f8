"""`leadflow up`, `serve` and `worker`: the processes of an installation.

What counts metrics is imported inside: `processes.prepare` has to come first.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import Parameter

from leadflow import settings as environment
from leadflow.cli.output import say
from leadflow.cli.parent import end_with
from leadflow.settings import Settings
from leadflow.telemetry import logs, processes

Supervised = Annotated[int | None, Parameter(show=False)]
"""The process that this one ends with."""


def up() -> None:
    """Run everything in one command: database, API and worker, until Ctrl-C.

    Without DATABASE_URL it runs its own PostgreSQL, with its data in LEADFLOW_STATE. The schema is
    brought up to date. A process that dies is started again. On Ctrl-C the API stops taking leads
    and answers those it has, then the worker finishes what it has in hand, then PostgreSQL stops.
    """
    settings = _settings()
    processes.prepare(settings.metrics_folder)
    logs.configure(level=settings.log_level, service=settings.log_service)

    asyncio.run(_up(settings))


def serve(*, supervised: Supervised = None) -> None:
    """Run the API alone, until Ctrl-C or SIGTERM. What it has taken by then it answers."""
    settings = _begin(supervised)
    if not processes.shared():
        processes.prepare(settings.metrics_folder)

    from leadflow.cli.serving import serve_forever

    with _database(settings):
        serve_forever(settings)


def worker(*, supervised: Supervised = None) -> None:
    """Run a worker alone: it routes what waits, delivers what is due, puts away what is old.

    On Ctrl-C or SIGTERM it finishes what it has in hand.
    """
    settings = _begin(supervised)

    from leadflow.app import run_worker
    from leadflow.cli.opening import run

    async def work(url: str) -> None:
        stop = asyncio.Event()
        stop_on_signals(stop)
        logs.log.info("process.started", component="worker", pid=os.getpid())
        await run_worker(settings, url, stop)
        logs.log.info("process.stopped", component="worker", pid=os.getpid())

    with _database(settings) as url:
        run(work(url))


def stop_on_signals(stop: asyncio.Event) -> None:
    """Have the running loop set `stop` when somebody wants the process to end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # the terminal is gone; nohup ignores
        loop.add_signal_handler(signal.SIGHUP, stop.set)


async def _up(settings: Settings) -> None:
    from leadflow.cli.installation import login_link, running

    stop = asyncio.Event()
    stop_on_signals(stop)
    async with running(settings, stop) as here:
        if stop.is_set():
            return
        say(f"leadflow is up at {here.address}")
        say(f"console, a link that opens it once: {await login_link(here.url, here.address)}")
        say("Ctrl-C stops it.")
        await here.until(stop)
    say("leadflow has stopped.")


def print_login_link() -> None:
    """Print a link that opens the console once, within an hour."""
    settings = environment.read(os.environ)

    from leadflow.cli.installation import address_of, login_link
    from leadflow.cli.opening import run

    with _database(settings) as url:
        say(run(login_link(url, address_of(settings))))


def _begin(supervised: int | None) -> Settings:
    if supervised is not None:
        end_with(supervised)
    settings = _settings()
    logs.configure(level=settings.log_level, service=settings.log_service)
    return settings


def _settings() -> Settings:
    """Read the settings, with a key that can be used: not found out with half of us running."""
    from leadflow.store.seal import read_keys

    settings = environment.read(os.environ)
    read_keys(settings.demand_encryption_key())
    return settings


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Have the database, with its schema up to date, and tell child processes where it is."""
    from leadflow.app import database_url
    from leadflow.cli.opening import make_current, run

    with database_url(settings) as url:
        run(make_current(settings, url))
        os.environ["DATABASE_URL"] = url
        yield url
