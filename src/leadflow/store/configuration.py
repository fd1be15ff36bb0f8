"""Read the directory: who there is, and by which rules they live."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from leadflow.core.capacity import Limit
from leadflow.core.condition_document import read_condition
from leadflow.core.conditions import Condition, OneOf
from leadflow.core.decision import AgentState, CapUnit, CapWindow, DestinationState
from leadflow.core.directory import DestinationEntry, Directory, Workspace
from leadflow.core.rulebook import Rulebook, parse
from leadflow.core.schedule import Leave, WeeklyHours
from leadflow.errors import ContendedError, InputError
from leadflow.store import controls
from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.telemetry import metrics

SQL = load("configuration")
NOTHING = Condition((OneOf("vertical", ("what its filter, which cannot be read, asks for",)),))
"""What no lead meets."""

NO_RULES = {"default": "review", "rules": []}


class DirectoryCache:
    """Keeps the directory in memory, and reads it again when its version has moved on.

    The version is read inside the caller's transaction: a destination that was paused before the
    transaction began gets nothing from it.
    """

    def __init__(self) -> None:
        self._directory: Directory | None = None

    async def current(self, connection: Connection) -> Directory:
        version = await connection.fetchval(SQL["version"])
        while self._directory is None or self._directory.version != version:
            self._directory = await _read(connection, version)
            version = await connection.fetchval(SQL["version"])  # did it change under our eyes?
        return self._directory


async def hold(connection: Connection, directory: Directory) -> None:
    """Keep the configuration as it is until the transaction ends.

    Whoever changes it wakes the leads that wait; those that began to wait a moment before must be
    there to be found.

    Raises:
        ContendedError: it has changed since the directory was read.
    """
    if await connection.fetchval(SQL["hold_version"]) != directory.version:
        raise ContendedError("the configuration has changed meanwhile")


async def _read(connection: Connection, version: int) -> Directory:
    destinations = {
        row["id"]: _destination(row) for row in await connection.fetch(SQL["destinations"])
    }
    ids = {entry.at_rest.name: id_ for id_, entry in destinations.items()}
    agents = [_agent(row) for row in await connection.fetch(SQL["agents"])]
    return Directory(
        version=version,
        workspaces={
            row["id"]: _workspace(row, ids) for row in await connection.fetch(SQL["workspaces"])
        },
        destinations=destinations,
        agents={
            workspace_id: tuple(group)
            for workspace_id, group in groupby(agents, key=attrgetter("workspace_id"))
        },
        flags=await controls.flags(connection),
        pause=await controls.pause(connection),
    )


def _workspace(row: Any, destinations: dict[str, Any]) -> Workspace:
    return Workspace(
        id=row["id"],
        slug=row["slug"],
        kind=row["kind"],
        time_zone=row["time_zone"],
        duplicate_window=row["duplicate_window"],
        rulebook=_rulebook(row, destinations),
    )


def _rulebook(row: Any, destinations: dict[str, Any]) -> Rulebook:
    """Read a workspace's rules. Without rules, and with rules that cannot be read, a person looks.

    Rules are checked before they come into force. If some cannot be read all the same, that must
    not stop the leads of everybody else.
    """
    read = partial(
        parse, workspace_id=row["id"], version=row["rulebook_version"], destinations=destinations
    )
    try:
        return read(row["document"] or NO_RULES)
    except InputError:
        metrics.ERRORS.labels("rulebook").inc()
        return read(NO_RULES)


def _destination(row: Any) -> DestinationEntry:
    hours = _hours(row["hours"])
    return DestinationEntry(
        at_rest=DestinationState(
            id=row["id"],
            workspace_id=row["workspace_id"],
            name=row["name"],
            active=row["active"],
            failing_until=row["paused_until"],
            time_zone=hours.time_zone if hours else row["time_zone"],
            hours=hours,
            filter=_filter(row["filter"]),
            weight=row["weight"],
            price_minor=row["price_minor"],
            currency=row["currency"],
            max_owners=row["max_owners"],
            assigns_agents=row["assigns_agents"],
            agent_choice=row["agent_choice"],
        ),
        limits=(*_limits(row["caps"], "leads"), *_limits(row["spend_caps"], "money")),
        accept_within=_minutes(row["accept_within_minutes"]),
    )


def _limits(stored: Mapping[CapWindow, int], unit: CapUnit) -> Iterator[Limit]:
    return (Limit(window, most, unit) for window, most in stored.items())


def _filter(stored: Any) -> Condition | None:
    """Read what a destination asks of leads, which was checked before it was stored.

    Where it cannot be read all the same, no lead passes: what was not asked for is not sent.
    """
    if stored is None:
        return None
    try:
        return read_condition(stored, "filter")
    except InputError:
        metrics.ERRORS.labels("filter").inc()
        return NOTHING


def _agent(row: Any) -> AgentState:
    return AgentState(
        id=row["id"],
        workspace_id=row["workspace_id"],
        active=row["active"],
        licensed_states=tuple(row["licensed_states"]),
        specialties=tuple(row["specialties"]),
        city=row["city"],
        state=row["state"],
        rating=row["rating"],
        conversion_rate=row["conversion_rate"],
        capacity=row["capacity"],
        load=0,
        hours=_hours(row["hours"]),
        leave=msgspec.convert(row["leave"], tuple[Leave, ...]),
        teams=tuple(row["teams"]),
        weight=row["weight"],
    )


def _minutes(stored: int | None) -> timedelta | None:
    return None if stored is None else timedelta(minutes=stored)


def _hours(stored: Any) -> WeeklyHours | None:
    return None if stored is None else msgspec.convert(stored, WeeklyHours)
