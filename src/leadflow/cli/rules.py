"""`leadflow rules`: a workspace's rules, in from YAML and out again."""

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from leadflow.cli.output import plural, say, say_json
from leadflow.cli.yaml_files import read_yaml, write_yaml
from leadflow.errors import NotFoundError

if TYPE_CHECKING:
    from leadflow.store.rulebooks import RulebookEntry

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

    document = read_yaml(file)
    before, entry = run(_import(document, workspace))
    count = len(entry.document["rules"])
    if json:
        say_json({"version": entry.version, "rules": count, "changed": before != entry.version})
    elif before == entry.version:
        say(f"nothing to do: version {before} says the same")
    else:
        say(f"version {entry.version} is in force, with {plural(count, 'rule')}")


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


async def _import(document: object, slug: str | None) -> "tuple[int, RulebookEntry]":
    """Give the version that was in force, and what is now."""
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database
    from leadflow.cli.tenants import one_workspace
    from leadflow.work.rules import put_in_force

    async with opened_database() as database:
        async with database.service() as connection:
            workspace = await one_workspace(connection, slug)
        entry = await put_in_force(
            database,
            workspace.id,
            lambda _: document,
            tenant=None,
            by="cli",
            now=utc_now(),
            repeat=False,
        )
        return workspace.rulebook_version, entry


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
