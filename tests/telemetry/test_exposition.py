"""What Prometheus reads."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from leadflow import __version__
from leadflow.telemetry import metrics
from leadflow.telemetry.catalogue import METRICS
from leadflow.telemetry.exposition import Backlog, DatabaseFacts, render

FACTS = DatabaseFacts(
    due_retries={"w1": 3, "w2": 4},
    stale_locks=2,
    stopped={"cold"},
    queues={"retry": Backlog(9, timedelta(minutes=2))},
)


def scraped(facts=FACTS):
    """Read an exposition as Prometheus does: samples by name and labels."""
    text, _ = render(facts)
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def count(series, **labels):
    return scraped().get((series, *sorted(labels.items())), 0)


def test_every_series_has_the_name_of_the_catalogue_and_there_is_no_other():
    for name, metric in METRICS.items():
        if metric.origin == "process":
            exercise(name, metric)
    expected = {series for metric in METRICS.values() for series in metric.series}
    assert {name for name, *_ in scraped()} == expected


def exercise(name, metric):
    [instrument] = [each for each in instruments() if each._name == metric.stem]
    if metric.labels:
        instrument = instrument.labels(*(label.name for label in metric.labels))
    match metric.kind:
        case "counter":
            instrument.inc(0)
        case "gauge":
            instrument.set(0)
        case _:
            instrument.observe(0)


def instruments():
    for found in vars(metrics).values():
        instrument = getattr(found, "_instrument", found)
        if hasattr(instrument, "_name"):
            yield instrument


def test_each_family_is_told_with_its_kind_and_meaning():
    families = {
        family.name: family for family in text_string_to_metric_families(render(FACTS)[0].decode())
    }
    assert families["routing_latency"].type == "histogram"
    assert families["routing_logs"].type == "counter"
    assert families["routing_stale_locks"].documentation == METRICS["routing.stale_locks"].help


def test_what_is_counted_is_shown():
    before = count("routing_logs_total")
    metrics.ROUTING_LOGS_TOTAL.inc(3)
    assert count("routing_logs_total") == before + 3


def test_labels_tell_series_apart():
    metrics.ROUTING_DUPLICATES_CAUGHT.labels("w-a").inc(2)
    metrics.ROUTING_DUPLICATES_CAUGHT.labels("w-b").inc()
    assert count("routing_duplicates_caught_total", workspace_id="w-a") == 2
    assert count("routing_duplicates_caught_total", workspace_id="w-b") == 1


def test_latency_falls_into_buckets_of_milliseconds():
    before = count("routing_latency_bucket", le="200.0")
    metrics.ROUTING_LATENCY.observe(150)
    metrics.ROUTING_LATENCY.observe(250)
    assert count("routing_latency_bucket", le="200.0") == before + 1


def test_a_series_whose_labels_are_known_begins_at_zero_before_its_first_event():
    assert ("deliveries_total", ("outcome", "dead")) in scraped()


@pytest.mark.parametrize(
    ("series", "labels", "value"),
    [
        ("routing_retry_queue_depth", {}, 7),
        ("routing_retry_queue_workspace_depth", {"workspace_id": "w2"}, 4),
        ("routing_stale_locks", {}, 2),
        ("routing_paused", {"priority": "cold"}, 1),
        ("routing_paused", {"priority": "hot"}, 0),
        ("queue_length", {"queue": "retry"}, 9),
        ("queue_age_seconds", {"queue": "retry"}, 120),
        ("queue_length", {"queue": "delivery"}, 0),
        ("queue_age_seconds", {"queue": "delivery"}, 0),
        ("database_up", {}, 1),
    ],
)
def test_what_the_database_knows_is_shown_as_it_was_told(series, labels, value):
    assert scraped()[(series, *sorted(labels.items()))] == value


def test_a_lost_database_takes_only_its_own_facts_away():
    names = {name for name, *_ in scraped(None)}
    assert scraped(None)["database_up",] == 0
    assert "routing_retry_queue_depth" not in names
    assert "routing_logs_total" in names


def test_the_build_says_what_is_running():
    [labels] = [dict(labels) for name, *labels in scraped() if name == "leadflow_build_info"]
    assert labels["version"] == __version__


def test_the_content_type_is_the_one_that_every_scraper_knows():
    assert render(None)[1] == "text/plain; version=0.0.4; charset=utf-8"
