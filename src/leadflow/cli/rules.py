"""`leadflow rules`: a workspace's rules, in from YAML and out again."""

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from leadflow.cli.output import in_words, plural, remark, say, say_json
from leadflow.cli.yaml_files import read_text, write_yaml
from leadflow.errors import NotFoundError, Problem

if TYPE_CHECKING:
    from leadflow.core.lint import Finding
    from leadflow.store.rulebooks import RulebookEntry
    from leadflow.work.rules import Checked

app = App(name="rules")


@app.command(name="import")
def import_(file: Path, /, *, workspace: str | None = None, json: bool = False) -> None:
    """Put the rules of a YAML file in force: all of them, or none if one has a problem.

    A rule keeps its id as long as it keeps its name. Leads that wait are tried again at once.

    Args:
        file: with default, exclusivity_days, agent_weights and rules, as `rules show` prints it.
        workspace: slug of the workspace whose leads go by them; not needed where there is only one.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    before, entry, checked = run(_import(read_text(file), workspace))
    for warning in checked.warnings:
        remark(_warning(warning))
    count = len(entry.document["rules"])
    if json:
        say_json({"version": entry.version, "rules": count, "changed": before != entry.version})
    elif before == entry.version:
        say(f"nothing to do: version {before} says the same")
    else:
        say(f"version {entry.version} is in force, with {plural(count, 'rule')}")


@app.command
def check(
    file: Path,
    /,
    *,
    workspace: str | None = None,
    strict: bool = False,
    json: bool = False,
) -> int:
    """Look for mistakes in the rules of a YAML file, and change nothing.

    A problem would keep them from coming into force, a warning would not.

    Args:
        file: as `rules import` takes it.
        workspace: slug of the workspace whose rules they would be; not needed where there is only
            one.
        strict: fail with a warning as well.
        json: print JSON, with problems and warnings.
    """
    from leadflow.cli.entry import FAILED, OK
    from leadflow.cli.opening import run

    checked = run(_check(read_text(file), workspace))
    if json:
        say_json(checked)
    else:
        for line in (*map(_problem, checked.problems), *map(_warning, checked.warnings)):
            say(line)
        counted = plural(len(checked.problems), "problem"), plural(len(checked.warnings), "warning")
        say(", ".join(counted))
    return FAILED if checked.problems or (strict and checked.warnings) else OK


@app.command
def show(*, workspace: str | None = None, json: bool = False) -> None:
    """Print the rules in force, as `rules import` takes them.

    Args:
        workspace: slug; not needed where there is only one.
        json: print JSON, with version and date.
    """
    from leadflow.cli.opening import run

    entry = run(_show(workspace))
    if json:
        say_json(entry)
    else:
        say(write_yaml(entry.document))


async def _import(text: str, slug: str | None) -> "tuple[int, RulebookEntry, Checked]":
    """Give the version that was in force, what is now, and what is odd about it."""
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database
    from leadflow.cli.tenants import one_workspace
    from leadflow.sources.yaml import pointing_to_lines, read_document
    from leadflow.work import rules

    document = read_document(text)
    async with opened_database() as database:
        async with database.service() as connection:
            workspace = await one_workspace(connection, slug)
        with pointing_to_lines(text):
            entry = await rules.put_in_force(
                database,
                workspace.id,
                lambda _: document,
                tenant=None,
                by="cli",
                now=utc_now(),
                repeat=False,
            )
        checked = await rules.check(database, workspace.id, document, tenant=None, text=text)
        return workspace.rulebook_version, entry, checked


async def _check(text: str, slug: str | None) -> "Checked":
    from leadflow.cli.opening import opened_database
    from leadflow.cli.tenants import one_workspace
    from leadflow.sources.yaml import read_document
    from leadflow.work import rules

    document = read_document(text)
    async with opened_database() as database:
        async with database.service() as connection:
            workspace = await one_workspace(connection, slug)
        return await rules.check(database, workspace.id, document, tenant=None, text=text)


async def _show(slug: str | None) -> "RulebookEntry":
    from leadflow.cli.opening import opened_database
    from leadflow.cli.tenants import one_workspace
    from leadflow.store import rulebooks

    async with opened_database() as database, database.service() as connection:
        workspace = await one_workspace(connection, slug)
        entry = await rulebooks.in_force(connection, workspace.id)
    if entry is None:
        raise NotFoundError(f"{workspace.slug} has no rules yet: `leadflow rules import` adds some")
    return entry


def _problem(problem: Problem) -> str:
    return f"problem: {in_words(problem)}"


def _warning(warning: "Finding") -> str:
    return f"warning: {warning.field}: {warning.message}"
