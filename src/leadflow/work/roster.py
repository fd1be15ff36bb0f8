"""A whole list of agents at once: all of them, or none if one has a problem."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace

from leadflow.core import opening_hours
from leadflow.core.body_fields import refuse
from leadflow.core.lead import JSON
from leadflow.core.normalise.wrong import Wrong
from leadflow.errors import InputError, Problem
from leadflow.store import agents, waking
from leadflow.store.agents import Agent
from leadflow.store.database import Connection
from leadflow.store.ids import new_id
from leadflow.work.agents import AgentBody, audit_agent, read_agent


class Entry(Struct, frozen=True):
    """One agent of a list, or what is wrong with the place where one should stand."""

    place: str  # `row 3`
    body: Mapping[str, JSON] = {}
    texts: bool = False  # whether numbers and flags are written as text
    problems: tuple[Problem, ...] = ()


class Taken(Struct, frozen=True, kw_only=True):
    """What became of a list, by the agents' names."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]


async def take(
    connection: Connection, workspace_id: UUID, entries: Sequence[Entry], *, by: str, now: datetime
) -> Taken:
    """Add the agents that are new to a workspace and change those that are there, by their names.

    What an entry leaves out stays as it is. Agents whom no entry names stay as they are. If
    anything changed, leads that wait for somebody are tried again at once.

    Raises:
        InputError: with everything that is wrong with the list, each by its entry's place.
        ConflictError: somebody else added an agent of such a name at this very moment.
    """
    names = [name for entry in entries if isinstance(name := entry.body.get("name"), str)]
    present = await agents.hold_named(connection, workspace_id, names)
    wanted = _read(entries, present)
    created = [_new(each, workspace_id, now) for each in wanted if each.name not in present]
    changed = [
        replace(before, updated_at=now, **asdict(each))
        for each in wanted
        if (before := present.get(each.name)) and _differing(before, each)
    ]
    for agent in created:
        await agents.insert(connection, agent)
        await audit_agent(connection, "agent.created", agent, by=by)
    for agent in changed:
        await agents.update(connection, agent)
        fields = _differing(present[agent.name], agent)
        await audit_agent(connection, "agent.changed", agent, by=by, fields=fields)
    if created or changed:
        await waking.wake(connection, workspace_id, now)
    written = {agent.name for agent in (*created, *changed)}
    return Taken(
        created=tuple(agent.name for agent in created),
        changed=tuple(agent.name for agent in changed),
        unchanged=tuple(each.name for each in wanted if each.name not in written),
    )


def _read(entries: Sequence[Entry], present: Mapping[str, Agent]) -> list[AgentBody]:
    problems: list[Problem] = []
    wanted: dict[str, AgentBody] = {}
    places: dict[str, str] = {}
    for entry in entries:
        name = entry.body.get("name")
        before = present.get(name) if isinstance(name, str) else None
        try:
            given = _given(entry, before)
        except InputError as error:
            problems += _placed(error.problems, entry.place)
            continue
        if given.name in wanted:
            reason = f"is the same as in {places[given.name]}"
            problems.append(Problem(f"{entry.place}, name", reason, "each agent once"))
        wanted[given.name], places[given.name] = given, entry.place
    if problems:
        raise InputError("The agents do not fit, and none was taken", problems)
    return list(wanted.values())


def _given(entry: Entry, before: Agent | None) -> AgentBody:
    """Read one entry. Hours may be written as people write them."""
    refuse(entry.problems)
    written = entry.body.get("hours")
    hours = opening_hours.read(written) if isinstance(written, str) else None
    unread: list[Problem] = []
    body = entry.body
    if isinstance(hours, Wrong):
        unread.append(Problem("hours", hours.reason, opening_hours.FORM))
        body = {name: value for name, value in body.items() if name != "hours"}
    elif hours is not None:
        body = {**body, "hours": msgspec.to_builtins(hours)}
    try:
        given = read_agent(body, present=before, texts=entry.texts)
    except InputError as error:
        raise InputError(error.message, (*unread, *error.problems)) from error
    refuse(unread)
    return given


def _placed(problems: Sequence[Problem], place: str) -> Iterator[Problem]:
    for each in problems:
        where = f"{place}, {each.field}" if each.field else place
        yield Problem(where, each.reason, each.expected)


def _new(given: AgentBody, workspace_id: UUID, now: datetime) -> Agent:
    return Agent(
        id=new_id(), workspace_id=workspace_id, created_at=now, updated_at=now, **asdict(given)
    )


def _differing(before: Agent, after: AgentBody | Agent) -> tuple[str, ...]:
    """Name the fields that are not as they were."""
    names = AgentBody.__struct_fields__
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
