"""What `/metrics` answers: all that was counted, and what is asked for at that moment."""

import platform
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Literal, get_args

from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from leadflow import __version__
from leadflow.core.lead import Priority
from leadflow.telemetry.catalogue import METRICS
from leadflow.telemetry.metrics import REGISTRY
from leadflow.telemetry.processes import shared

Queue = Literal["undecided", "retry", "waiting", "delivery", "review"]


class Backlog(Struct, frozen=True):
    """What waits in a queue."""

    length: int
    age: timedelta = timedelta(0)  # of the oldest


class DatabaseFacts(Struct, frozen=True, kw_only=True):
    """What only the database knows, as it was when the scrape asked."""

    due_retries: Mapping[str, int]  # rows of `lead_routing_queue` that are due, by workspace id
    stale_locks: int
    queues: Mapping[Queue, Backlog]  # one that is left out is empty
    stopped: Collection[Priority] = ()  # whose leads are not routed automatically


def render(facts: DatabaseFacts | None) -> tuple[bytes, str]:
    """Write all metrics in Prometheus' text format, and name the content type.

    It takes 5 to 8 ms for one to five processes: scrapes are 30 s apart, so it may be called in the
    event loop.

    Args:
        facts: None when the database cannot be asked.
    """
    text = generate_latest(_counted()) + generate_latest(_AtScrape(facts))
    return text, CONTENT_TYPE_PLAIN_0_0_4


def _counted() -> CollectorRegistry:
    if not shared():
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's omission
    return registry


class _AtScrape(Collector):
    """Shows values that no process keeps."""

    def __init__(self, facts: DatabaseFacts | None) -> None:
        self._facts = facts

    # Python 3.11 has no `typing.override`.
    def collect(self) -> Iterator[GaugeMetricFamily]:  # type: ignore[explicit-override]
        version, python = __version__, platform.python_version()
        yield _gauge("leadflow_build_info", [((version, python), 1)])
        yield _gauge("database_up", [((), int(self._facts is not None))])
        if self._facts is not None:
            yield from _from_database(self._facts)


def _from_database(facts: DatabaseFacts) -> Iterator[GaugeMetricFamily]:
    by_workspace = facts.due_retries
    yield _gauge("routing.retry_queue.depth", [((), sum(by_workspace.values()))])
    yield _gauge(
        "routing.retry_queue.workspace_depth",
        [((workspace_id,), due) for workspace_id, due in by_workspace.items()],
    )
    yield _gauge("routing.stale_locks", [((), facts.stale_locks)])
    priorities = get_args(Priority)
    yield _gauge("routing.paused", [((each,), int(each in facts.stopped)) for each in priorities])
    backlogs = {(queue,): facts.queues.get(queue, Backlog(0)) for queue in get_args(Queue)}
    yield _gauge("queue_length", [(labels, each.length) for labels, each in backlogs.items()])
    yield _gauge(
        "queue_age_seconds",
        [(labels, each.age.total_seconds()) for labels, each in backlogs.items()],
    )


def _gauge(name: str, series: Iterable[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    metric = METRICS[name]
    family = GaugeMetricFamily(
        metric.stem, metric.help, labels=[label.name for label in metric.labels]
    )
    for labels, value in series:
        family.add_metric(labels, value)
    return family
