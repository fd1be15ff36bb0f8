"""Every request has a trace: W3C ids in and out, spans only when somebody records them."""

import asyncio
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from leadflow.telemetry import export, traces

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"
ids = st.integers(1, 2**128 - 1).map(lambda number: f"{number:032x}")
span_ids = st.integers(1, 2**64 - 1).map(lambda number: f"{number:016x}")


@pytest.fixture
def recorded():
    """Record spans, as with an SDK."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces.record_with(provider.get_tracer("tests"))
    yield exporter.get_finished_spans
    traces.record_with(None)
    provider.shutdown()


def here():
    trace = traces.current()
    assert trace is not None
    return trace


def read(parent, state=""):
    trace = traces.read({"traceparent": parent, "tracestate": state})
    assert trace is not None
    return trace


def test_a_callers_trace_is_read():
    assert read(PARENT) == traces.Trace(TRACE_ID, SPAN_ID, sampled=True)


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "alice@example.com",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"00-{TRACE_ID}-{SPAN_ID}",
        f"{PARENT}\n",
    ],
)
def test_what_is_no_trace_is_not_taken_for_one(parent):
    assert traces.read({"traceparent": parent}) is None


def test_a_later_version_is_read_as_far_as_we_know_it():
    assert read(f"01-{TRACE_ID}-{SPAN_ID}-00-later") == traces.Trace(TRACE_ID, SPAN_ID)


@pytest.mark.parametrize(
    ("state", "passed_on"),
    [("vendor=1,other=2", "vendor=1,other=2"), ("x" * 600, ""), ("a\nb", ""), ("", "")],
)
def test_what_other_vendors_say_is_passed_on_if_it_is_sound(state, passed_on):
    assert read(PARENT, state).carrier().get("tracestate", "") == passed_on


@given(ids, span_ids, st.booleans())
def test_what_is_written_is_read_again_by_us_and_by_opentelemetry(trace_id, span_id, sampled):
    trace = traces.Trace(trace_id, span_id, sampled)
    assert traces.read(trace.carrier()) == trace
    context = TraceContextTextMapPropagator().extract(trace.carrier())
    again: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(again, context)
    assert again == trace.carrier()


def test_outside_of_a_request_there_is_no_trace():
    assert traces.current() is None
    assert traces.outgoing() == {}


def test_a_request_goes_on_with_its_callers_trace():
    with traces.joined("http.request", {"traceparent": PARENT}):
        assert traces.outgoing() == {"traceparent": PARENT}
    assert traces.current() is None


def test_a_request_without_a_trace_begins_one():
    with traces.joined("http.request", {}):
        first = here()
    with traces.joined("http.request", {}):
        second = here()
    assert traces.read(first.carrier()) == first
    assert first.trace_id != second.trace_id
    assert not first.sampled


def test_a_trace_goes_through_a_queue():
    with traces.joined("http.request", {"traceparent": PARENT}):
        kept = traces.outgoing()
    with traces.joined("delivery.send", kept, kind=SpanKind.CONSUMER):
        assert here().trace_id == TRACE_ID


async def test_requests_at_the_same_time_keep_their_traces_apart():
    async def handle(number):
        with traces.joined("http.request", {"traceparent": f"00-{number:032x}-{SPAN_ID}-00"}):
            await asyncio.sleep(0)
            return int(here().trace_id, 16)

    assert await asyncio.gather(*map(handle, range(1, 9))) == list(range(1, 9))


def test_a_step_that_nobody_records_leaves_the_trace_as_it_is():
    with traces.joined("http.request", {"traceparent": PARENT}), traces.span("decide", leads=3):
        assert here().span_id == SPAN_ID


def test_steps_are_recorded_inside_each_other(recorded):
    with (
        traces.joined("http.request", {"traceparent": PARENT, "tracestate": "vendor=1"}),
        traces.span("decide"),
    ):
        inside = here()
    step, request = recorded()
    assert (step.name, request.name) == ("decide", "http.request")
    assert step.parent.span_id == request.context.span_id
    assert f"{request.parent.span_id:016x}" == SPAN_ID
    assert f"{step.context.trace_id:032x}" == TRACE_ID == inside.trace_id
    assert f"{step.context.span_id:016x}" == inside.span_id
    assert inside.state == "vendor=1"
    assert request.kind is SpanKind.SERVER


def test_a_recorded_request_without_a_caller_is_nobodys_child(recorded):
    with traces.joined("outer", {}), traces.joined("inner", {}):
        pass
    inner, outer = recorded()
    assert inner.parent is None
    assert inner.context.trace_id != outer.context.trace_id


def test_a_step_done_for_several_is_linked_to_each(recorded):
    waiting = [read(PARENT), traces.Trace("1" * 32, "2" * 16)]
    with traces.span("group.commit", links=waiting):
        pass
    [step] = recorded()
    assert [f"{link.context.trace_id:032x}" for link in step.links] == [TRACE_ID, "1" * 32]


def test_a_recorded_step_says_no_more_of_people_than_the_log(recorded):
    with (
        pytest.raises(ValueError, match="Alice"),
        traces.span(
            "decide", vertical="AUTO", leads=3, reason="Alice Smith", rule_id=None, customer="Alice"
        ),
    ):
        raise ValueError("Alice Smith, alice@example.com")
    [step] = recorded()
    assert dict(step.attributes) == {"vertical": "AUTO", "leads": 3, "reason": "[masked]"}
    assert (step.status.status_code, step.status.description) == (StatusCode.ERROR, "ValueError")
    assert step.events == ()
    assert "Alice" not in step.to_json()


def test_ids_and_lists_are_recorded_as_text(recorded):
    lead = "0190f5b0-6a3f-7d02-8b7e-5a1f0c9d2e44"
    with traces.span("decide", lead_id=lead, warnings=["phone_unverified"]):
        pass
    [step] = recorded()
    assert step.attributes["lead_id"] == lead
    assert step.attributes["warnings"] == "['phone_unverified']"


def test_without_an_endpoint_nothing_is_recorded():
    stop = export.configure(None, service="leadflow")
    with traces.span("decide"):
        assert traces.current() is None
    stop()


CONFIGURED = """
import sys
from leadflow.errors import SetupError
from leadflow.telemetry import export, traces

installed, ratio, parent = sys.argv[1:]
if installed == "no":
    sys.modules["opentelemetry.sdk.resources"] = None
try:
    export.configure("http://127.0.0.1:9/", service="leadflow", sample_ratio=float(ratio))
except SetupError as error:
    sys.exit(error.message)
with traces.joined("http.request", {"traceparent": parent}):
    print(traces.current().sampled, traces.current().trace_id, flush=True)
import os
os._exit(0)  # nobody listens there: there is nothing to send and nothing to wait for
"""


def configured(*, installed="yes", ratio=1.0, parent=""):
    return subprocess.run(
        [sys.executable, "-c", CONFIGURED, installed, str(ratio), parent],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("ratio", "parent", "sampled"),
    [(1, "", True), (0, "", False), (0, PARENT, False), (1, PARENT[:-2] + "00", True)],
)
def test_the_ratio_decides_what_is_recorded_and_no_caller_does(ratio, parent, sampled):
    ran = configured(ratio=ratio, parent=parent)
    assert ran.stdout.split()[0] == str(sampled), ran.stderr
    assert not parent or ran.stdout.split()[1] == TRACE_ID


def test_an_endpoint_without_the_extra_is_the_operators_to_mend():
    ran = configured(installed="no")
    assert ran.returncode == 1
    assert "the extra `leadflow[otel]` is not installed" in ran.stderr
