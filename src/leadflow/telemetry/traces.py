"""Traces: every request and job has one, whether or not anybody records its spans.

Ids go in and out as W3C `traceparent`, over HTTP and through queues. Without the `otel` extra,
spans cost next to nothing, and the ids are still on every line of the log.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from msgspec import Struct
from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from leadflow.telemetry.vocabulary import FORMS

_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_TRACESTATE = re.compile(r"[\x20-\x7e]{1,512}")  # W3C asks to pass on 512 characters at least


class Trace(Struct, frozen=True):
    """Where in which trace we are."""

    trace_id: str  # 32 hex digits
    span_id: str  # 16 hex digits
    sampled: bool = False
    state: str = ""  # other vendors' `tracestate`, passed on as it came

    def carrier(self) -> dict[str, str]:
        """Write the headers by which others join in."""
        parent = f"00-{self.trace_id}-{self.span_id}-{self.sampled:02x}"
        return {"traceparent": parent} | ({"tracestate": self.state} if self.state else {})


class _Recorder:
    """Who records spans; nobody, until there is a tracer."""

    tracer: otel.Tracer | None = None


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)
_UNRECORDED = nullcontext()


def current() -> Trace | None:
    """Tell where we are, None outside of any request or job."""
    return _current.get()


def outgoing() -> dict[str, str]:
    """Write the headers for a call, or the context to keep with a queued row."""
    here = _current.get()
    return {} if here is None else here.carrier()


def read(carrier: Mapping[str, str]) -> Trace | None:
    """Read `traceparent` and `tracestate`; None when there is no valid trace to go on with."""
    # OpenTelemetry's own propagator takes ten times as long, and every request comes by here.
    found = _TRACEPARENT.fullmatch(carrier.get("traceparent", ""))
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if not trace_id.strip("0") or not span_id.strip("0") or (version == "00" and rest):
        return None
    state = carrier.get("tracestate", "")
    return Trace(
        trace_id, span_id, bool(int(flags, 16) & 1), state if _TRACESTATE.fullmatch(state) else ""
    )


def record_with(tracer: otel.Tracer | None) -> None:
    """Have spans recorded from now on, or no longer."""
    _Recorder.tracer = tracer


@contextmanager
def joined(
    name: str,
    carrier: Mapping[str, str],
    *,
    kind: SpanKind = SpanKind.SERVER,
    **facts: object,
) -> Iterator[None]:
    """Open the first span of a request or a job, in the trace that `carrier` names or a new one.

    Args:
        name: static, as an event's is.
        carrier: a request's headers (names in lower case), or what `outgoing` wrote for a queue.
        kind: `SERVER` for requests, `CONSUMER` for jobs.
        facts: fields of the log's vocabulary; others are left out.
    """
    parent = read(carrier)
    if _Recorder.tracer is None:
        token = _current.set(parent or _new())
        try:
            yield
        finally:
            _current.reset(token)
    else:
        with _recorded(_Recorder.tracer, name, facts, kind=kind, parent=_context(parent)):
            yield


def span(
    name: str, *, links: Sequence[Trace] = (), **facts: object
) -> AbstractContextManager[None]:
    """Open a step inside the current trace.

    Args:
        name: static, as an event's is.
        links: the traces of all who wait for this step, where it is done for several at once.
        facts: fields of the log's vocabulary; others are left out.
    """
    if _Recorder.tracer is None:
        return _UNRECORDED
    return _recorded(_Recorder.tracer, name, facts, links=links)


@contextmanager
def _recorded(
    tracer: otel.Tracer,
    name: str,
    facts: Mapping[str, object],
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
    links: Sequence[Trace] = (),
) -> Iterator[None]:
    with tracer.start_as_current_span(
        name,
        context=parent,
        kind=kind,
        attributes=_attributes(facts),
        links=[otel.Link(_span_context(link)) for link in links],
        record_exception=False,  # it would send the exception's message, and people with it
        set_status_on_exception=False,
    ) as recording:
        token = _current.set(_of(recording.get_span_context()))
        try:
            yield
        except Exception as error:
            recording.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            _current.reset(token)


def _attributes(facts: Mapping[str, object]) -> dict[str, str | int | float | bool]:
    known = {
        name: FORMS[name](value)
        for name, value in facts.items()
        if name in FORMS and value is not None
    }
    return {
        name: value if isinstance(value, str | int | float) else str(value)
        for name, value in known.items()
    }


def _new() -> Trace:
    ids = os.urandom(24).hex()
    return Trace(ids[:32], ids[32:])


def _of(context: SpanContext) -> Trace:
    return Trace(
        f"{context.trace_id:032x}",
        f"{context.span_id:016x}",
        context.trace_flags.sampled,
        context.trace_state.to_header(),
    )


def _span_context(trace: Trace) -> SpanContext:
    return SpanContext(
        int(trace.trace_id, 16),
        int(trace.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if trace.sampled else TraceFlags.DEFAULT),
        trace_state=TraceState.from_header([trace.state]),
    )


def _context(parent: Trace | None) -> Context:
    if parent is None:
        return Context()  # and not the current one: a new request is nobody's child
    return otel.set_span_in_context(otel.NonRecordingSpan(_span_context(parent)), Context())
