"""The API's main process: Granian, which keeps the others running."""

import multiprocessing

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from leadflow.settings import Settings
from leadflow.telemetry import logs

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
        workers=settings.api_processes,
        websockets=False,
        log_dictconfig=logs.GRANIAN,
        log_level=LogLevels(settings.log_level),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve()
