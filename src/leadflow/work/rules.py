"""Change the rules of a workspace. Every change is another version; the walk sees it at once."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from leadflow.core import lint
from leadflow.core.lint import Finding
from leadflow.core.rulebook import Rulebook, dump, parse, with_ids
from leadflow.errors import InputError, NotFoundError, Problem
from leadflow.lookups.tables import centre_of
from leadflow.sources.yaml import pointing_to_lines, with_lines
from leadflow.store import audit, destinations, rulebooks, waking
from leadflow.store.database import Database
from leadflow.store.ids import new_id
from leadflow.store.rulebooks import Document, RulebookEntry

NO_RULES: Document = {"default": "review", "rules": []}


class Checked(Struct, frozen=True):
    """What is wrong with a document of rules, or else what is probably a mistake in it."""

    problems: tuple[Problem, ...] = ()  # with one of them it cannot be put in force
    warnings: tuple[Finding, ...] = ()


async def check(
    database: Database,
    workspace_id: UUID,
    document: object,
    *,
    tenant: UUID | None,
    text: str | bytes | None = None,
) -> Checked:
    """Find what keeps a document from being a workspace's rules, and change nothing.

    Args:
        database: where the rules are.
        workspace_id: whose they would be.
        document: the rules.
        tenant: as whom it is done; None: as an operator.
        text: the YAML that the document stands in, whose lines are told; None: it has none.
    """
    through = await _destinations(database)
    async with database.tenant(tenant) as connection:
        present = await rulebooks.in_force(connection, workspace_id)
    before = present.document if present else NO_RULES
    document = with_ids(_with_known_ids(document, before), new_id)
    try:
        with pointing_to_lines(text):
            rulebook, _ = _read(document, workspace_id, 1, through)
    except InputError as error:
        return Checked(problems=error.problems)
    warnings = lint.findings(rulebook, document)
    if text is not None:
        lines = with_lines(text, (each.field for each in warnings))
        warnings = tuple(replace(each, field=lines[each.field]) for each in warnings)
    return Checked(warnings=warnings)


async def put_in_force(
    database: Database,
    workspace_id: UUID,
    change: Callable[[Document], object],
    *,
    tenant: UUID | None,
    by: str,
    now: datetime,
    repeat: bool = True,
) -> RulebookEntry:
    """Make a new version of a workspace's rules and put it in force.

    A rule without an id has that of the rule of its name in force, else a new one. Leads that wait
    are tried again at once, by the new rules.

    Args:
        database: where the rules are.
        workspace_id: whose they are.
        change: makes the new document of the one in force.
        tenant: as whom it is done; None: as an operator.
        by: who did it, as the audit log will say.
        now: when.
        repeat: whether rules that say the same as those in force become a version all the same.

    Raises:
        NotFoundError: there is no such workspace, as far as `tenant` may see.
        InputError: with all that is wrong with the new document, by paths such as
            `rules[3].if.score.min`.
    """
    through = await _destinations(database)
    async with database.tenant(tenant) as connection:
        version = await rulebooks.lock(connection, workspace_id)
        if version is None:
            raise NotFoundError("Workspace not found")
        present = await rulebooks.in_force(connection, workspace_id)
        before = present.document if present else NO_RULES
        document = with_ids(_with_known_ids(change(before), before), new_id)
        _, written = _read(document, workspace_id, version + 1, through)
        if present is not None and present.document == written and not repeat:
            return present
        entry = RulebookEntry(
            workspace_id=workspace_id,
            version=version + 1,
            document=written,
            created_at=now,
            created_by=by,
        )
        await rulebooks.put_in_force(connection, entry)
        await audit.record(connection, _audited(entry), now)
        await waking.wake(connection, workspace_id, now)
    return entry


async def _destinations(database: Database) -> Mapping[str, UUID]:
    """Find what rules may lead to, by `workspace-slug/name`."""
    async with database.service() as connection:
        return {each.name: each.id for each in await destinations.named(connection)}


def _read(
    document: object, workspace_id: UUID, version: int, through: Mapping[str, UUID]
) -> tuple[Rulebook, Document]:
    """Read rules, and write them as they are stored."""
    rulebook = parse(
        document,
        workspace_id=workspace_id,
        version=version,
        destinations=through,
        centre_of=centre_of,
    )
    names = {id_: name for name, id_ in through.items()}
    return rulebook, _storable(dump(rulebook, names))


def _with_known_ids(document: object, before: Document) -> object:
    """Give rules the ids that rules of the same names have in force."""
    rules = document.get("rules") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(rules, list):
        return document  # what is wrong with it is said when it is parsed
    known: dict[object, object] = {
        rule["name"]: rule["id"] for rule in cast("list[Document]", before["rules"])
    }
    return {**document, "rules": [_with_known_id(rule, known) for rule in rules]}


def _with_known_id(rule: object, known: Mapping[object, object]) -> object:
    if not isinstance(rule, Mapping) or rule.get("id") is not None:
        return rule
    name = rule.get("name")
    return {**rule, "id": known[name]} if isinstance(name, str) and name in known else rule


def _audited(entry: RulebookEntry) -> audit.Change:
    return audit.Change(
        actor=entry.created_by,
        action="rulebook.replaced",
        target=str(entry.workspace_id),
        workspace_id=entry.workspace_id,
        detail={"version": entry.version},
    )


def _storable(document: dict[str, Any]) -> Document:
    """Refuse what jsonb cannot hold."""
    if any("\0" in text for text in _texts(document)):
        problem = Problem("", "has a NUL character in it", "printable text")
        raise InputError("The rules cannot be stored", (problem,))
    return document


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, member in value.items():
                yield from (name, *_texts(member))
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case _:
            pass  # numbers and flags
