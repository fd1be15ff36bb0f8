"""The log: one JSON line an event, on stderr, with the request's and trace's ids.

`log.info("lead.expired", leads=3)`: the names of events and fields are those of `vocabulary.py`,
and what is not there is not written. A line of ten facts costs 25 us where a bare one of
structlog costs 16; one below the level costs 2.
"""

import codecs
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO, Literal

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from leadflow.errors import SetupError
from leadflow.telemetry import lines
from leadflow.telemetry.privacy import is_id

Style = Literal["json", "console"]
Render = Callable[[WrappedLogger, str, EventDict], bytes]

log: FilteringBoundLogger = structlog.get_logger()
# What is written before `configure` is guarded as well.
structlog.configure(
    processors=[lines.compose("leadflow"), lines.as_json],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    logger_factory=lambda *_: structlog.BytesLogger(sys.stderr.buffer),
)

# For `Granian(log_dictconfig=...)`: what it says goes the way of all libraries, not to stdout.
GRANIAN = {
    "loggers": {
        name: {"handlers": [], "level": "INFO", "propagate": True}
        for name in ("_granian", "granian.access")
    }
}


def configure(
    *,
    level: str = "info",
    service: str = "leadflow",
    style: Style = "json",
    stream: BinaryIO | None = None,
) -> None:
    """Set up logging for this process, ours and that of all libraries.

    Errors that nothing catches become lines as well: Python's own tracebacks quote values.

    Args:
        level: `debug`, `info`, `warning`, `error` or `critical`, in any case.
        service: what `LOG_SERVICE` says.
        style: `console` for people.
        stream: stderr if None; stdout belongs to what commands print.

    Raises:
        SetupError: there is no such level.
    """
    if level.lower() not in lines.LEVELS:
        raise SetupError(f'LOG_LEVEL is "{level}", not one of {", ".join(sorted(lines.LEVELS))}')
    threshold = logging.getLevelNamesMapping()[level.upper()]
    out = stream or sys.stderr.buffer
    compose = lines.compose(service)
    render = lines.as_json if style == "json" else lines.for_people
    structlog.configure(
        processors=[compose, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    _take_in_libraries(compose, render, threshold, out)
    sys.excepthook = _crashed
    threading.excepthook = lambda crash: _crashed(crash.exc_type, crash.exc_value)
    sys.unraisablehook = lambda crash: _crashed(crash.exc_type, crash.exc_value)


@contextmanager
def request(offered: str | None = None) -> Iterator[str]:
    """Put a request's id on every line written inside, and return it.

    The caller's own id is taken if it is a UUID or as many hex digits as a trace's: anything
    else might say who somebody is, and a new one is made.
    """
    taken = offered if offered is not None and is_id(offered) else os.urandom(16).hex()
    token = lines.request_id.set(taken)
    try:
        yield taken
    finally:
        lines.request_id.reset(token)


def _take_in_libraries(compose: Processor, render: Render, threshold: int, out: BinaryIO) -> None:
    def as_text(logger: WrappedLogger, method: str, line: EventDict) -> str:
        return render(logger, method, line).decode()

    handler = logging.StreamHandler(codecs.getwriter("utf-8")(out))
    handler.setFormatter(
        ProcessorFormatter(
            processors=[compose, as_text],
            foreign_pre_chain=[lines.from_library],
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(threshold)
    logging.raiseExceptions = False  # it would print the arguments of a record that is malformed


def _crashed(
    kind: type[BaseException], error: BaseException | None, _: TracebackType | None = None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        log.critical("process.crashed", exc_info=error)
