"""The metrics that a process counts, as objects: `metrics.ROUTING_LATENCY.observe(12.5)`.

Counting costs 1 to 3 us and observing 3 to 6: what happens to every lead of a group is counted
once for the group, with `inc(number)`. Whether other processes are added up is settled when this
module is first imported: see `processes.prepare`.
"""

from datetime import timedelta
from itertools import product
from typing import Generic, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from leadflow.telemetry.catalogue import METRICS
from leadflow.telemetry.measures import Kind, Metric

# A `_created` series for each would be a third more lines that nobody has asked for.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's omission

MILLISECOND = timedelta(milliseconds=1)  # the unit of every duration here

Instrument = TypeVar("Instrument", Counter, Gauge, Histogram)
REGISTRY = CollectorRegistry()


class Labelled(Generic[Instrument]):
    """A metric whose series are told apart by labels."""

    def __init__(self, instrument: Instrument, metric: Metric) -> None:
        self._instrument: Instrument = instrument
        self._series: dict[tuple[str, ...], Instrument] = {}
        # A series that begins at its first event hides that event from `rate()`.
        for values in product(*(label.values for label in metric.labels)):
            self.labels(*values)

    def labels(self, *values: str) -> Instrument:
        """Return the one series with these values, in the order of the catalogue's labels."""
        found = self._series.get(values)
        if found is None:  # the library's own look-up costs more than counting
            found = self._series[values] = self._instrument.labels(*values)
        return found


def _counter(name: str) -> Counter:
    metric = _of_kind(name, "counter")
    return Counter(metric.stem, metric.help, _names(metric), registry=REGISTRY)


def _histogram(name: str) -> Histogram:
    metric = _of_kind(name, "histogram")
    return Histogram(
        metric.stem, metric.help, _names(metric), buckets=metric.buckets, registry=REGISTRY
    )


def _gauge(name: str) -> Gauge:
    metric = _of_kind(name, "gauge")
    return Gauge(
        metric.stem,
        metric.help,
        _names(metric),
        registry=REGISTRY,
        multiprocess_mode="livesum",  # over the processes that still run
    )


def _of_kind(name: str, kind: Kind) -> Metric:
    metric = METRICS[name]
    if metric.kind != kind or metric.origin != "process":
        raise ValueError(f"{name} is a {metric.origin} {metric.kind}")
    return metric


def _names(metric: Metric) -> tuple[str, ...]:
    return tuple(label.name for label in metric.labels)


def _counters(name: str) -> Labelled[Counter]:
    return Labelled(_counter(name), METRICS[name])


def _histograms(name: str) -> Labelled[Histogram]:
    return Labelled(_histogram(name), METRICS[name])


def _gauges(name: str) -> Labelled[Gauge]:
    return Labelled(_gauge(name), METRICS[name])


LEADS_RECEIVED = _counters("leads_received_total")
VALIDATION_ERRORS = _counters("validation_errors_total")
LEADS_DEGRADED = _counters("leads_degraded_total")
LEAD_QUALITY = _histogram("lead_quality")
LEAD_OUTCOMES = _counters("lead_outcomes_total")
DESTINATION_PAUSES = _counter("destination_pauses_total")
LEADS_RETURNED = _counters("leads_returned_total")
LEADS_PROCESSED = _counters("leads_processed_total")
LEAD_PROCESSING_LATENCY = _histogram("lead_processing_latency")

ROUTING_LATENCY = _histogram("routing.latency")
ROUTING_LEADS_ROUTED = _counter("routing.leads_routed")
ROUTING_DUPLICATES_CAUGHT = _counters("routing.duplicates_caught")
ROUTING_LOGS_TOTAL = _counter("routing.logs.total")
ROUTING_LOGS_FAILED = _counter("routing.logs.failed")
ROUTING_LOCK_ACQUIRED = _counter("routing.lock.acquired")
ROUTING_LOCK_FAILED = _counter("routing.lock.failed")
ROUTING_LOCK_TIMEOUT_ERRORS = _counter("routing.lock.timeout_errors")
ROUTING_RETRY_QUEUE_INSERTS = _counter("routing.retry_queue.inserts")
GROUP_SIZE = _histogram("group_size")
GROUP_COMMIT_LATENCY = _histogram("group_commit_latency_ms")

DELIVERIES = _counters("deliveries_total")
DELIVERY_ATTEMPTS = _counters("delivery_attempts_total")
DELIVERY_LATENCY = _histogram("delivery_latency_ms")
INTEGRATION_FAILURES = _counters("integration_failures_total")

HTTP_REQUEST_LATENCY = _histograms("http_request_latency_ms")
EVENTS_WRITTEN = _counters("events_written_total")
ERRORS = _counters("errors_total")
CACHE_HITS = _counters("cache_hits_total")
CACHE_MISSES = _counters("cache_misses_total")
DATABASE_POOL_CONNECTIONS = _gauges("database_pool_connections")
