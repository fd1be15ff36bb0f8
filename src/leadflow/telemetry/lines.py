"""How a line of the log is made: known facts only, in their known form."""

import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import get_args

import msgspec
from structlog.typing import EventDict, Processor, WrappedLogger

from leadflow.telemetry import traces
from leadflow.telemetry.failures import described
from leadflow.telemetry.vocabulary import EVENTS, FORMS, Level

LEVELS = frozenset(get_args(Level))
# Their messages begin with a fixed sentence, a host or a port; others may begin with anything.
KNOWN_LIBRARIES = frozenset({"_granian", "asyncio", "aiohttp", "litestar", "opentelemetry"})
_FOR_MACHINES = frozenset({"service", "trace_id", "span_id"})
_QUOTED = re.compile(r"[\n'\"(<\[{]")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
encode = msgspec.json.Encoder().encode


def compose(service: str) -> Processor:
    """Return what makes a line of an event and its facts.

    A fact whose name is not in the vocabulary is left out and counted; a value of another form
    than its field's is masked.
    """

    def line(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
        named = event.pop("event", None)
        made: EventDict = {
            "timestamp": datetime.now(UTC),
            "log_level": method if method in LEVELS else "info",
            "service": service,
            "event_name": named if isinstance(named, str) and named in EVENTS else "event.unlisted",
        }
        _add_context(made)
        if "exc_info" in event:
            _add_error(event)
        _add_facts(made, event)
        return made

    return line


def as_json(_: WrappedLogger, __: str, line: EventDict) -> bytes:
    """Write a line for machines."""
    return encode(line)


def for_people(_: WrappedLogger, __: str, line: EventDict) -> bytes:
    """Write a line for a terminal: time, level, event, facts."""
    time, level, name = line.pop("timestamp"), line.pop("log_level"), line.pop("event_name")
    shown = {field: value for field, value in line.items() if field not in _FOR_MACHINES}
    facts = " ".join(f"{field}={_plain(value)}" for field, value in shown.items())
    return f"{time:%H:%M:%S.%f} {level:8} {name:26} {facts}".encode()


def from_library(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Turn a library's record into an event of ours.

    Its arguments are left out, since they hold whatever the library was handling. What is left
    is the template, which its authors wrote. Without arguments it may be an f-string: that is
    kept only of libraries we know, up to where asyncio begins to quote objects.
    """
    record = event["_record"]
    facts: EventDict = {
        "event": "library.log",
        "logger": record.name,
        "code": f"{record.module}:{record.lineno}",
    }
    if event["positional_args"] or record.name.partition(".")[0] in KNOWN_LIBRARIES:
        facts["message"] = _QUOTED.split(event["event"], 1)[0].rstrip()
    if error := event.get("exc_info"):
        facts["exc_info"] = error
    return facts


def _add_context(line: EventDict) -> None:
    if (request := request_id.get()) is not None:
        line["request_id"] = request
    if (here := traces.current()) is not None:
        line["trace_id"] = here.trace_id
        line["span_id"] = here.span_id


def _add_error(event: EventDict) -> None:
    """Put the exception's description in the place of the exception."""
    error = event.pop("exc_info")
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event.update(described(error))


def _add_facts(line: EventDict, facts: Mapping[str, object]) -> None:
    dropped = 0
    for name, value in facts.items():
        form = FORMS.get(name)
        if form is None:
            dropped += 1
        else:
            line[name] = value if value is None else form(value)
    if dropped:
        line["dropped"] = dropped


def _plain(value: object) -> str:
    text = ",".join(value) if isinstance(value, list) else str(value)
    return repr(text) if " " in text else text
