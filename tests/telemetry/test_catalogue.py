"""One catalogue: names that others rely on, and names that do not get in each other's way."""

import re

import pytest
from prometheus_client import Counter, Gauge, Histogram

from leadflow.telemetry import metrics
from leadflow.telemetry.catalogue import METRICS
from leadflow.telemetry.measures import Metric
from leadflow.telemetry.rules import RULES

# As dashboards, alerts and runbooks spell them.
RELIED_ON = {
    "lead_ingestion_rate",
    "lead_processing_latency",
    "routing_failure_rate",
    "routing.success_rate",
    "routing.retry_queue.depth",
    "routing.retry_queue.inserts",
    "routing.lock.acquired",
    "routing.lock.failed",
    "routing.lock.timeout_errors",
    "routing.latency",
    "routing.duplicates_caught",
    "routing.stale_locks",
    "routing.logs.failed",
    "routing.logs.total",
    "routing.leads_routed",
    "cache_hits_total",
}
SERIES = {series for metric in METRICS.values() for series in metric.series}
OBJECTS = [
    getattr(found, "_instrument", found)
    for found in vars(metrics).values()
    if isinstance(found, metrics.Labelled | Counter | Gauge | Histogram)
]


def name_of(instrument):
    return instrument._name


def counter(name):
    return Metric(name=name, kind="counter", unit="1", help="")


def test_every_name_that_others_rely_on_is_there():
    assert set(METRICS) | {rule.name for rule in RULES} >= RELIED_ON


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("routing.logs.total", "routing_logs_total"),
        ("routing.lock.acquired", "routing_lock_acquired_total"),
        ("cache_hits_total", "cache_hits_total"),
    ],
)
def test_a_counter_ends_in_total_exactly_once(name, series):
    assert counter(name).series == (series,)


def test_no_two_series_share_a_name():
    metrics_and_rules = [series for metric in METRICS.values() for series in metric.series]
    metrics_and_rules += [rule.record for rule in RULES]
    assert len(metrics_and_rules) == len(set(metrics_and_rules))


def test_duplicates_are_told_apart_by_workspace():
    assert [label.name for label in METRICS["routing.duplicates_caught"].labels] == ["workspace_id"]


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_is_one_that_prometheus_takes(metric):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.stem)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label.name) for label in metric.labels)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.help.endswith(".")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_made_of_what_is_shown(rule):
    words = re.findall(r"[a-z_]{3,}(?![a-z_]*[\"=(])", re.sub(r'"[^"]*"', "", rule.expression))
    recorded = {each.record for each in RULES if each is not rule}
    assert set(words) <= SERIES | recorded
    assert words


def test_every_metric_of_a_process_has_an_object():
    counted = {metric.stem for metric in METRICS.values() if metric.origin == "process"}
    assert {name_of(instrument) for instrument in OBJECTS} == counted


def test_a_metric_of_another_kind_cannot_be_made():
    with pytest.raises(ValueError, match=r"routing\.latency is a process histogram"):
        metrics._counter("routing.latency")


def test_a_metric_that_is_asked_for_at_scrapes_cannot_be_counted():
    with pytest.raises(ValueError, match=r"routing\.stale_locks is a scrape gauge"):
        metrics._gauge("routing.stale_locks")
