"""One import: from a file to the account of its rows."""

import asyncio
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from leadflow.cli.importing.files import LeadFile, rows
from leadflow.cli.importing.run import Importer
from leadflow.cli.importing.shaping import Plan, Shape
from leadflow.cli.importing.tally import Report, Summary, Tally
from leadflow.cli.opening import opened
from leadflow.cli.output import terminal
from leadflow.cli.tenants import one_workspace, source_named
from leadflow.errors import LeadflowError
from leadflow.telemetry.logs import log

MEBIBYTE = 1 << 20


async def import_file(
    file: LeadFile, plan: Plan, slug: str | None, report_path: Path
) -> tuple[Summary, LeadflowError | None]:
    """Take a file in; give what became of its rows, and what kept us from reading it to its end.

    When it is cancelled, rows that are on their way still arrive, and are accounted for.

    Raises:
        UsageError: the workspace or the source does not fit, or the report cannot be written.
        SetupError, TemporaryError: as `opened` does, before the first row.
    """
    shape = Shape(plan, table=file.format == "csv")
    async with opened() as app:
        async with app.database.service() as connection:
            workspace = await one_workspace(connection, slug)
            source = await source_named(connection, workspace, "batch", plan.source)
        started = perf_counter()
        error: LeadflowError | None = None
        interrupted = False
        with Report(report_path) as report, _progress(file) as progress:
            tally = Tally(report)
            importer = Importer(app, source, plan, shape, file.digest, tally)
            try:
                await importer.take(rows(file, plan.map, progress))
            except LeadflowError as stopped:
                error = stopped
            except asyncio.CancelledError:
                interrupted = True
        seconds = perf_counter() - started
        return _summary(file, tally, report, seconds, interrupted=interrupted), error


@contextmanager
def _progress(file: LeadFile) -> Iterator[Any]:
    """Show how far into the file we are, where there is a terminal to show it on."""
    console = terminal()
    bar = Progress(
        TextColumn(file.path.name, markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=file.size)
        yield lambda read: bar.update(task, completed=read)


def _summary(
    file: LeadFile, tally: Tally, report: Report, seconds: float, *, interrupted: bool
) -> Summary:
    results = tally.results
    log.info(
        "import.finished",
        channel="batch",
        rows=tally.rows,
        accepted=results["accepted"],
        duplicates=results["duplicate"],
        refused=results["rejected"],
    )
    return Summary(
        file=file.path.name,
        sha256=file.digest,
        rows=tally.rows,
        accepted=results["accepted"],
        replayed=results["replayed"],
        duplicate=results["duplicate"],
        conflict=results["conflict"],
        rejected=results["rejected"],
        statuses=dict(tally.statuses),
        warnings=dict(tally.warnings.most_common()),
        report=str(report.path) if report.lines else None,
        interrupted=interrupted,
        seconds=round(seconds, 2),
        rows_per_second=round(tally.rows / seconds) if seconds else 0,
        peak_rss_mb=_peak_rss_mb(),
    )


def _peak_rss_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / MEBIBYTE if sys.platform == "darwin" else peak / 1024)  # bytes, kibibytes
