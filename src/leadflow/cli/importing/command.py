"""The command: what is asked for, the progress bar, the summary."""

import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from msgspec.structs import replace
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from leadflow.cli.importing.files import Format, LeadFile, look_at, rows
from leadflow.cli.importing.run import Importer
from leadflow.cli.importing.shaping import Plan, Shape
from leadflow.cli.importing.tally import Report, Summary, Tally
from leadflow.cli.opening import opened, run
from leadflow.cli.output import complain, say, say_json, terminal
from leadflow.cli.tenants import one_workspace, source_named
from leadflow.core.verticals import REGISTRY, find
from leadflow.errors import InputError, LeadflowError, Problem
from leadflow.telemetry.logs import log

Flag = Annotated[bool, Parameter(negative=())]
Words = Annotated[tuple[str, ...], Parameter(negative=())]

MEBIBYTE = 1 << 20


def import_(
    file: Path,
    /,
    *,
    format: Format | None = None,
    workspace: str | None = None,
    source: str | None = None,
    vertical: str | None = None,
    map: Words = (),
    set: Words = (),
    absent: Words = (),
    map_file: Path | None = None,
    rejects: Path | None = None,
    json: Flag = False,
) -> int:
    """Import a file of leads: CSV, NDJSON or a JSON array, also packed as .gz.

    Rows that are no leads are written to a report, and never stop the others. The same file may be
    imported again after a crash: what is there already is not taken twice.

    Args:
        file: which one.
        format: of the file, where its name does not say it.
        workspace: slug of the workspace whose leads they are; not needed where there is only one.
        source: name of a source of the channel `batch`; without it, the default one.
        vertical: of rows that do not say theirs.
        map: column=field, such as "Prospect ID=external_id" or "City=contact_info.address.city"; a
            column mapped to - is left out, one that is not mapped and not known is kept as it is.
        set: field=value, the same in every row, such as vertical_data.company="Example Ltd".
        absent: a value that stands for nothing, such as Select.
        map_file: a YAML file with vertical, source, map, set and absent; options come on top.
        rejects: the report of rows that made no lead; FILE.rejects.ndjson if not given.
        json: print the summary as JSON.
    """
    plan = _plan(map_file, vertical, source, map, set, absent)
    found = look_at(file, format)
    path = rejects or file.with_name(f"{file.name}.rejects.ndjson")
    summary, error = run(_import(found, plan, workspace, path))
    if json:
        say_json(summary)
    else:
        _print(summary)
    if error is not None:
        complain(error)
    return 0 if summary.complete and error is None else 1


async def _import(
    file: LeadFile, plan: Plan, slug: str | None, report_path: Path
) -> tuple[Summary, LeadflowError | None]:
    """Take a file in; give what became of its rows, and what kept us from reading it to its end."""
    shape = Shape(plan, columns=file.format == "csv")
    async with opened() as app:
        async with app.database.service() as connection:
            workspace = await one_workspace(connection, slug)
            source = await source_named(connection, workspace, "batch", plan.source)
        started = perf_counter()
        error = None
        with Report(report_path) as report, _progress(file) as progress:
            tally = Tally(report)
            importer = Importer(app, source, plan, shape, file.digest, tally)
            try:
                await importer.take(rows(file, plan.map, progress))
            except LeadflowError as stopped:
                error = stopped
        return _summary(file, tally, report, perf_counter() - started), error


def _plan(
    map_file: Path | None,
    vertical: str | None,
    source: str | None,
    columns: Sequence[str],
    constants: Sequence[str],
    absent: Sequence[str],
) -> Plan:
    """Put together what the mapping file says and what the options say on top of it.

    Raises:
        InputError: one of them cannot be understood.
    """
    plan = Plan() if map_file is None else _read_plan(map_file)
    plan = replace(
        plan,
        vertical=vertical or plan.vertical,
        source=source or plan.source,
        map={**plan.map, **dict(_pair(each, "--map", "Column=field") for each in columns)},
        # A field's path holds no equals sign; a value may.
        set={**plan.set, **dict(_pair(each, "--set", "field=value") for each in constants)},
        absent=(*plan.absent, *absent),
    )
    if plan.vertical is not None and find(plan.vertical) is None:
        expected = f"one of {', '.join(REGISTRY)}"
        problem = Problem("--vertical", f'"{plan.vertical}" is not one we know', expected)
        raise InputError("The vertical does not fit", (problem,))
    return plan


def _read_plan(path: Path) -> Plan:
    import yaml

    expected = "YAML with vertical, source, map, set and absent"
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return msgspec.convert(document or {}, Plan)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        problem = Problem("--map-file", str(error), expected)
        raise InputError(f"{path} cannot be used", (problem,)) from error


def _pair(given: str, option: str, expected: str) -> tuple[str, str]:
    # A column's name may hold an equals sign, a field's path holds none; a value may hold one.
    left, _, right = given.rpartition("=") if option == "--map" else given.partition("=")
    if not left.strip() or not right.strip():
        raise InputError("The option does not fit", (Problem(option, f'"{given}"', expected),))
    return left.strip(), right.strip()


@contextmanager
def _progress(file: LeadFile) -> "Iterator[Any]":
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


def _summary(file: LeadFile, tally: Tally, report: Report, seconds: float) -> Summary:
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
        seconds=round(seconds, 2),
        rows_per_second=round(tally.rows / seconds) if seconds else 0,
        peak_rss_mb=_peak_rss_mb(),
    )


def _peak_rss_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / MEBIBYTE if sys.platform == "darwin" else peak / 1024)  # bytes, kibibytes


def _print(summary: Summary) -> None:
    say(f"{summary.rows} rows of {summary.file}:")
    for name, meaning in (
        ("accepted", "new leads"),
        ("replayed", "there already, from an earlier import or under the same external id"),
        ("duplicate", "the person is known in this workspace and vertical"),
        ("conflict", "the external id or row is there with another content"),
        ("rejected", "no leads"),
    ):
        say(f"  {getattr(summary, name):>9}  {name}: {meaning}")
    if summary.statuses:
        parts = (f"{count} {status}" for status, count in sorted(summary.statuses.items()))
        say(f"new leads by status: {', '.join(parts)}")
    if summary.report:
        say(f"rows that made no lead, with reasons: {summary.report}")
    say(
        f"{summary.seconds} s, {summary.rows_per_second} rows/s, "
        f"at most {summary.peak_rss_mb} MB of memory"
    )
