"""Send recorded spans to an OpenTelemetry collector: needs the `otel` extra."""

from collections.abc import Callable

from opentelemetry import trace as otel

from leadflow import __version__
from leadflow.errors import SetupError
from leadflow.telemetry.traces import record_with

# A recorded span costs 24 us and a lead has about six: all of them would be 40 % of its 350 us.
SAMPLE_RATIO = 0.01


def configure(
    endpoint: str | None, *, service: str, sample_ratio: float = SAMPLE_RATIO
) -> Callable[[], None]:
    """Record spans if there is somewhere to send them, and return what stops it.

    To stop it sends what is left, and may take seconds. Callers cannot have more traces recorded
    than the ratio allows: whether one is depends on its id alone, so that services which use the
    same ratio agree.

    Args:
        endpoint: the collector's, as in `OTEL_EXPORTER_OTLP_ENDPOINT`; None: spans are not
            recorded. Headers, certificates and time-outs are read from OpenTelemetry's variables.
        service: as in the log.
        sample_ratio: the part of all traces that is recorded, 0 to 1.

    Raises:
        SetupError: there is an endpoint, and the extra is not installed.
    """
    if endpoint is None:
        return _nothing
    # Inside: the SDK is an extra, and takes 0.2 s to import.
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415
    except ImportError as error:
        raise SetupError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the extra `leadflow[otel]` is not installed"
        ) from error
    ratio = TraceIdRatioBased(sample_ratio)
    provider = TracerProvider(
        sampler=ParentBased(ratio, remote_parent_sampled=ratio, remote_parent_not_sampled=ratio),
        resource=Resource.create({"service.name": service, "service.version": __version__}),
    )
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    otel.set_tracer_provider(provider)
    record_with(provider.get_tracer("leadflow", __version__))
    return provider.shutdown


def _nothing() -> None:
    """Stop nothing, since nothing was started."""
