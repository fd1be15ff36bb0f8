"""The reference pages on metrics and logs, made from the catalogues that the code runs on.

`python -m leadflow.telemetry.reference metrics > docs/reference/metrics.md`, and so with `logs`.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from leadflow.telemetry.catalogue import GROUPS
from leadflow.telemetry.measures import Label, Metric, Rule
from leadflow.telemetry.rules import RULES
from leadflow.telemetry.vocabulary import CONTEXT, ENVELOPE, EVENTS, FIELDS, Field

METRICS_PAGE = """\
# Metrics

`GET /metrics` answers in Prometheus' text format. Under `leadflow up` it adds up all processes.

The names are those that dashboards and alerts use; with dots they are the names in Datadog and
OpenTelemetry. In Prometheus a dot becomes `_`, and a counter ends in `_total`, once. Latencies are
in milliseconds and shares in percent, because the names that were there first are.

A counter starts at zero with its process. Metrics marked "scrape" are asked for when `/metrics`
is: they hold for the whole installation, and all but `database_up` and `leadflow_build_info` are
missing while the database is away.

{tables}
## Rates and shares

Recording rules work them out from the metrics above. Without traffic they have no value.

{rules}
## Buckets

Upper bounds, in the metric's unit.

{buckets}"""

LOGS_PAGE = """\
# Logs

Each event is one line of JSON on stderr. stdout is for what commands print.

```json
{{"timestamp":"2026-03-02T14:05:09.120417Z","log_level":"info","service":"leadflow","event_name":"routing.complete","request_id":"0190f5b0-6a3c-7c11-9a51-3f0b8a4de0c1","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","leadId":"0190f5b0-6a3f-7d02-8b7e-5a1f0c9d2e44","sourceWorkspaceId":"0190f5af-0000-7000-8000-000000000001","destinationWorkspaceId":"0190f5af-0000-7000-8000-000000000002","matchedRuleId":"0190f5af-0000-7000-8000-000000000003","durationMs":12.3,"duration_ms":12.3,"isDuplicate":false,"lockOwnerId":"api-4711","attempts":1}}
```

`LOG_LEVEL` (default `info`) is the lowest level that is written, `LOG_SERVICE` (default `leadflow`)
the value of `service`. What libraries log comes as `library.log`, without its arguments.

## No personal data

Only the events and fields below are written; any other fact is left out and counted in `dropped`.
A value that is not of its field's form becomes `[masked]`:

| form | what passes |
|---|---|
| id | a UUID, or the hex digits of a trace or span |
| number | below 1,000,000,000, so that no phone number does |
| flag | true, false |
| word | a code: no spaces, nothing with seven digits or more |
| words | a list of these |
| text | a sentence of ours, with e-mail addresses, long numbers and URL queries masked |

Of an exception its class is written, where it was raised and the database's error code, but not
what it says, unless it is about a setting, a host or the database.

## On every line

{envelope}
Inside a request or a job also:

{context}
## Events

{events}
## Fields

{fields}"""


def metrics_page() -> str:
    """Write `docs/reference/metrics.md`."""
    tables = "\n".join(
        f"## {title}\n\n{_metric_table(metrics)}" for title, metrics in GROUPS.items()
    )
    histograms = [each for group in GROUPS.values() for each in group if each.buckets]
    buckets = _table(
        ("metric", "bounds"),
        (
            (f"`{each.name}`", ", ".join(f"{bound:,}" for bound in each.buckets))
            for each in histograms
        ),
    )
    return METRICS_PAGE.format(tables=tables, rules=_rule_table(RULES), buckets=buckets)


def logs_page() -> str:
    """Write `docs/reference/logs.md`."""
    context = {field.name for field in CONTEXT}
    return LOGS_PAGE.format(
        envelope=_field_table(ENVELOPE),
        context=_field_table(CONTEXT),
        events=_table(
            ("event", "level", "meaning"),
            ((f"`{each.name}`", each.level, each.meaning) for each in EVENTS.values()),
        ),
        fields=_field_table([each for each in FIELDS.values() if each.name not in context]),
    )


PAGES: Mapping[str, Callable[[], str]] = {"metrics": metrics_page, "logs": logs_page}


def _metric_table(metrics: Iterable[Metric]) -> str:
    return _table(
        ("metric", "in Prometheus", "kind", "unit", "labels", "meaning"),
        (
            (
                f"`{each.name}`",
                f"`{each.stem}_bucket` ..." if each.buckets else f"`{each.series[0]}`",
                each.kind if each.origin == "process" else f"{each.kind}, scrape",
                each.unit,
                ". ".join(map(_label, each.labels)),
                each.help,
            )
            for each in metrics
        ),
    )


def _rule_table(rules: Iterable[Rule]) -> str:
    return _table(
        ("rule", "in Prometheus", "unit", "meaning", "expression"),
        (
            (f"`{each.name}`", f"`{each.record}`", each.unit, each.help, f"`{each.expression}`")
            for each in rules
        ),
    )


def _field_table(fields: Iterable[Field]) -> str:
    return _table(
        ("field", "form", "meaning"),
        ((f"`{each.name}`", each.kind, each.meaning) for each in fields),
    )


def _label(label: Label) -> str:
    values = f" ({', '.join(f'`{value}`' for value in label.values)})" if label.values else ""
    return f"**{label.name}**{values}: {label.meaning}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(line)} |\n" for line in (head, *rows)]
    return "".join([lines[0], f"|{'---|' * len(head)}\n", *lines[1:]])


if __name__ == "__main__":
    sys.stdout.write(PAGES[sys.argv[1]]())
