"""The command: what is asked for, and the summary that answers."""

from pathlib import Path
from typing import TYPE_CHECKING

from leadflow.cli.importing import Format
from leadflow.cli.output import complain, remark, say, say_json
from leadflow.cli.usage import unfit

if TYPE_CHECKING:
    from leadflow.cli.importing.tally import Summary

INTERRUPTED = 130  # as the shell has it for Ctrl-C


def import_(
    file: Path,
    /,
    *,
    format: Format | None = None,
    workspace: str | None = None,
    source: str | None = None,
    vertical: str | None = None,
    map: tuple[str, ...] = (),
    set: tuple[str, ...] = (),
    absent: tuple[str, ...] = (),
    map_file: Path | None = None,
    rejects: Path | None = None,
    json: bool = False,
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
        map: column=field, such as "Prospect ID=external_id" or "Town=contact_info.address.city"; a
            column mapped to - is left out, one that is not mapped and not known is kept as it is.
        set: field=value, the same in every row, such as company="Example Ltd".
        absent: a value that stands for nothing, such as Select.
        map_file: a YAML file with vertical, source, map, set and absent; options come on top.
        rejects: where rows that made no lead are written with their reasons; FILE.rejects.ndjson in
            this folder if not given.
        json: print the summary as JSON.
    """
    from leadflow.cli.importing.files import look_at
    from leadflow.cli.importing.plan import make_plan
    from leadflow.cli.importing.session import import_file
    from leadflow.cli.opening import run

    plan = make_plan(
        map_file, vertical=vertical, source=source, columns=map, constants=set, absent=absent
    )
    found = look_at(file, format)
    report = rejects or Path(f"{file.name}.rejects.ndjson")
    if report.exists() and report.samefile(file):
        raise unfit("--rejects", "is the file that is imported", "another file")
    summary, error = run(import_file(found, plan, workspace, report))
    if json:
        say_json(summary)
    else:
        _print(summary)
    if error is not None:
        complain(error)
    if summary.interrupted:
        remark("stopped: import the same file again, and it goes on where it was")
        return INTERRUPTED
    return 0 if summary.complete and error is None else 1


def _print(summary: "Summary") -> None:
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
