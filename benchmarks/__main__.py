"""Measure parts of leadflow: `python -m benchmarks stages`, `rules`, and `workers`."""

import json
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.table import Table

from benchmarks import rules, stages, workers
from leadflow.cli.opening import run

app = App(name="python -m benchmarks", help=__doc__)


@app.command(name="stages")
def measure_stages(*, out: Path | None = None) -> None:
    """Time what there is to think about one lead, stage by stage, without any I/O.

    Args:
        out: also write the figures there, as JSON.
    """
    figures = stages.measure()
    table = Table("stage", "us", title="processor time of a lead")
    for name, microseconds in figures.items():
        table.add_row(name, f"{microseconds:,.1f}")
    table.add_section()
    table.add_row("all of it", f"{sum(figures.values()):,.1f}")
    Console().print(table)
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


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


if __name__ == "__main__":
    app()
