"""The API's main process: Granian, which keeps the others running."""

import multiprocessing
import os

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from leadflow.settings import Settings
from leadflow.telemetry import logs

MOST_UNASKED = 4  # processes: each may open 16 connections, and the embedded server has 100
STOP_SECONDS = 30  # what was taken is answered within the database's time-outs, which are shorter


def serve_forever(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; what has been taken by then is answered."""
    # A fork would inherit locks that other threads hold.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "leadflow.cli.served:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.api_processes or min(os.cpu_count() or 1, MOST_UNASKED),
        websockets=False,
        log_dictconfig=logs.GRANIAN,
        log_level=LogLevels(settings.log_level),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve()
