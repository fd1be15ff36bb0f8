"""Measure what this machine carries: `python -m benchmarks`, some two minutes."""

import asyncio
import json
import sys
from itertools import islice
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.table import Table

from benchmarks import floors, rules, workers
from benchmarks.installation import installation
from benchmarks.leads import bodies
from benchmarks.load import Outcome, median, post_each, post_files, post_paced
from benchmarks.usage import used
from leadflow.cli.opening import run

app = App(name="python -m benchmarks", help=__doc__)
CONNECTIONS = (1, 16, 64, 256)
PACES = (250, 500, 1000)  # leads a second that come whether or not those before are answered
PACED_SECONDS = 10
RUNS = 3
WARM_UP = 500  # leads that are not counted
FILE_ROWS = 1000
SPEED = {
    "leads_per_second": "leads/s",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "p99_ms": "p99 ms",
    "p99.9_ms": "p99.9 ms",
}
USED = {
    "server_us": "server us",
    "postgres_us": "PostgreSQL us",
    "generator_us": "load us",
    "server_mb": "server MB",
    "wal_bytes": "log bytes",
}


@app.default
def measure(*, leads: int = 4000, out: Path | None = None) -> None:
    """Post leads one by one and in files, full walk, beside the floors of the same run.

    Args:
        leads: how many in each run.
        out: also write the figures there, as JSON.
    """
    figures = asyncio.run(_measure(leads))
    _show(figures)
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


async def _measure(leads: int) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {}
    supply = bodies()  # one for all runs: whoever was sent before would be a duplicate
    async with installation() as made:
        single = f"{made.url}/api/v1/leads?workspace=source"
        await post_each(single, made.key, islice(supply, WARM_UP), 16)
        for connections in CONNECTIONS:
            async with used(made) as usage:
                runs = [
                    await post_each(single, made.key, islice(supply, leads), connections)
                    for _ in range(RUNS)
                ]
            name = f"POST /api/v1/leads, {connections} connections"
            figures[name] = _figures(median(runs), 201) | usage.per_lead(RUNS * leads)
        for pace in PACES:
            async with used(made) as usage:
                paced = await post_paced(
                    single, made.key, islice(supply, pace * PACED_SECONDS), pace
                )
            name = f"POST /api/v1/leads, {pace:,} leads/s, paced"
            figures[name] = _figures(paced, 201) | usage.per_lead(pace * PACED_SECONDS)
        batch = f"{made.url}/api/v1/leads/batch?workspace=source"
        async with used(made) as usage:
            files = [
                await post_files(batch, made.key, [*islice(supply, leads)], FILE_ROWS)
                for _ in range(RUNS)
            ]
        for _, results in files:
            if results["accepted"] != leads:
                sys.exit(f"/batch accepted {dict(results)} of {leads} rows")
        name = f"POST /api/v1/leads/batch, NDJSON, {FILE_ROWS} rows a request"
        figures[name] = _figures(median([outcome for outcome, _ in files]), 200)
        figures[name] |= usage.per_lead(RUNS * leads)
        for floor, speed in (await floors.measure(made.database)).items():
            figures[f"floor: the same rows, {floor}"] = {"leads_per_second": speed}
    return figures


@app.command(name="rules")
def measure_rules(*, out: Path | None = None) -> None:
    """Match and choose in the core alone, with up to 10,000 rules, beside asking each in turn.

    Args:
        out: also write the figures there, as JSON.
    """
    figures = rules.measure()
    table = Table("what", "p50 us", "p95 us", "made ready in ms", title="a lead")
    for name, measured in figures.items():
        columns = ("p50_us", "p95_us", "ready_ms")
        table.add_row(name, *(f"{measured[c]:,.1f}" if c in measured else "-" for c in columns))
    Console().print(table)
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


@app.command(name="workers")
def measure_workers(*, leads: int = 8000, out: Path | None = None) -> None:
    """Route stored leads by workers, beside a reference that does a transaction a step.

    Args:
        leads: how many.
        out: also write the figures there, as JSON.
    """
    figures = run(workers.measure(leads))  # on the loop that workers run on
    table = Table(
        "what", "leads/s", "times", "p50 ms", "p95 ms", title=f"median of {workers.ROUNDS} rounds"
    )
    columns = ("leads_per_second", "times_the_reference", "p50_ms", "p95_ms")
    for name, measured in figures.items():
        table.add_row(name, *(f"{measured[c]:,.1f}" if c in measured else "-" for c in columns))
    Console().print(table)
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _figures(outcome: Outcome, expected: int) -> dict[str, float]:
    if set(outcome.statuses) != {expected}:
        sys.exit(f"expected only {expected}, got {outcome.statuses}")
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "p99.9_ms": 0.999}
    return {"leads_per_second": outcome.leads_per_second} | {
        name: outcome.percentile(share) for name, share in shares.items()
    }


def _show(figures: dict[str, dict[str, float]]) -> None:
    _print(figures, SPEED, f"median of {RUNS} runs")
    loads = {name: measured for name, measured in figures.items() if "server_us" in measured}
    _print(loads, USED, "what a lead uses up: processor time, memory at the end, PostgreSQL's log")


def _print(figures: dict[str, dict[str, float]], columns: dict[str, str], title: str) -> None:
    table = Table("what", *columns.values(), title=title)
    for name, measured in figures.items():
        table.add_row(
            name, *(f"{measured[key]:,.0f}" if key in measured else "-" for key in columns)
        )
    Console().print(table)


if __name__ == "__main__":
    app()
