"""`leadflow rules`: a workspace's rules, in from YAML and out again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import UUID

from cyclopts import App, Parameter
from uuid_utils.compat import uuid7

from leadflow.app import utc_now
from leadflow.cli.opening import opened_database, run
from leadflow.cli.output import say, say_json
from leadflow.cli.tenants import one_workspace
from leadflow.cli.yaml_files import read_yaml, write_yaml
from leadflow.core.rulebook import dump, parse, with_ids
from leadflow.errors import NotFoundError
from leadflow.store import audit, destinations, rulebooks, waking
from leadflow.store.database import Connection
from leadflow.store.rulebooks import Document, RulebookEntry
from leadflow.store.workspaces import Workspace

app = App(name="rules")

Flag = Annotated[bool, Parameter(negative=())]


@app.command(name="import")
def import_(file: Path, /, *, workspace: str | None = None, json: Flag = False) -> None:
    """Put the rules of a YAML file in force: all of them, or none if one has a problem.

    A rule keeps its id as long as it keeps its name. Leads that wait are tried again at once.

    Args:
        file: with default, exclusivity_days, agent_weights and rules.
        workspace: slug of the workspace whose leads go by them; not needed where there is only one.
        json: print JSON.
    """
    document = read_yaml(file)
    before, entry = run(_import(document, workspace))
    count = len(cast("list[object]", entry.document["rules"]))
    if json:
        say_json({"version": entry.version, "rules": count, "changed": before != entry.version})
    elif before == entry.version:
        say(f"nothing to do: version {before} says the same")
    else:
        say(f"version {entry.version} is in force, with {count} rules")


@app.command
def show(*, workspace: str | None = None, json: Flag = False) -> None:
    """Print the rules in force, as `rules import` takes them.

    Args:
        workspace: slug; not needed where there is only one.
        json: print JSON, with version and date.
    """
    entry = run(_show(workspace))
    if json:
        say_json(entry)
    else:
        say(write_yaml(entry.document))


async def put_in_force(
    connection: Connection, workspace: Workspace, document: Any
) -> RulebookEntry:
    """Check rules and make them the ones that count; the same rules again make no new version.

    Raises:
        InputError: with all that is wrong, by paths such as `rules[3].if.score.min`.
    """
    version = await rulebooks.lock(connection, workspace.id) or 0
    current = await rulebooks.in_force(connection, workspace.id)
    named = await destinations.named(connection)
    wanted = with_ids(_with_known_ids(document, current), uuid7)
    rulebook = parse(
        wanted,
        workspace_id=workspace.id,
        version=version + 1,
        destinations={each.name: each.id for each in named},
    )
    written = cast("Document", dump(rulebook, {each.id: each.name for each in named}))
    if current is not None and current.document == written:
        return current
    now = utc_now()
    entry = RulebookEntry(
        workspace_id=workspace.id,
        version=version + 1,
        document=written,
        created_at=now,
        created_by="cli",
    )
    await rulebooks.put_in_force(connection, entry)
    await waking.wake(connection, workspace.id, now)
    change = audit.Change(
        actor="cli",
        action="rulebook.replaced",
        target=workspace.slug,
        workspace_id=workspace.id,
        detail={"version": entry.version},
    )
    await audit.record(connection, change, now)
    return entry


async def _import(document: Any, slug: str | None) -> tuple[int, RulebookEntry]:
    async with opened_database() as database, database.service() as connection:
        workspace = await one_workspace(connection, slug)
        entry = await put_in_force(connection, workspace, document)
        return workspace.rulebook_version, entry


async def _show(slug: str | None) -> RulebookEntry:
    async with opened_database() as database, database.service() as connection:
        workspace = await one_workspace(connection, slug)
        entry = await rulebooks.in_force(connection, workspace.id)
    if entry is None:
        raise NotFoundError(f"{workspace.slug} has no rules yet")
    return entry


def _with_known_ids(document: Any, current: RulebookEntry | None) -> Any:
    """Give rules the ids that rules of the same names have now."""
    rules = document.get("rules") if isinstance(document, Mapping) else None
    if current is None or not isinstance(rules, list):
        return document
    known: dict[object, UUID] = {
        rule["name"]: rule["id"] for rule in cast("list[Any]", current.document["rules"])
    }
    return {**document, "rules": [_with_known_id(rule, known) for rule in rules]}


def _with_known_id(rule: Any, known: Mapping[object, UUID]) -> Any:
    if not isinstance(rule, Mapping) or rule.get("id") is not None:
        return rule
    name = rule.get("name")
    return {**rule, "id": known[name]} if isinstance(name, str) and name in known else rule
