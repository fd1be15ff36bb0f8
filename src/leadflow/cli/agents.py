"""`leadflow agents`: who takes a workspace's leads."""

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from leadflow.cli.output import say, say_json, say_table

if TYPE_CHECKING:
    from leadflow.store.agents import Agent
    from leadflow.work.roster import Entry, Taken

app = App(name="agents")

PAGE = 500
COLUMNS = (
    *("workspace", "name", "active", "licensed_states", "specialties", "city", "state"),
    *("rating", "conversion_rate", "capacity", "hours", "teams", "weight", "email"),
)


@app.command(name="import")
def import_(file: Path, /, *, workspace: str | None = None, json: bool = False) -> None:
    """Add the agents of a file and change those that are there: all of them, or none.

    The fields are name, email, active, licensed_states, specialties, city, state, rating,
    conversion_rate, capacity, hours, teams, weight and leave. In CSV a list is written as CA;NV;
    leave is for the others. Hours are written as
    "America/New_York Mon-Fri 09:00-17:00, Sat 10:00-14:00".

    Agents are known by their name: every agent has one, and no two of a workspace have the same; an
    e-mail address need not be there. What the file does not say of an agent stays as it is, and so
    do agents whom it does not name; an empty cell takes away what is there. If anything is wrong,
    every problem is said and nothing is changed. Leads that wait are tried again at once.

    Args:
        file: .csv with a header, or .yaml or .json with a list.
        workspace: slug of the workspace that the agents work for; not needed where there is only
            one.
        json: print JSON.
    """
    from leadflow.cli.agent_files import read_agents
    from leadflow.cli.opening import run

    taken = run(_import(read_agents(file), workspace))
    if json:
        say_json(taken)
        return
    new, changed, same = len(taken.created), len(taken.changed), len(taken.unchanged)
    say(f"{new} agents are new, {changed} changed, {same} were so already")


@app.command(name="list")
def list_(*, workspace: str | None = None, json: bool = False) -> None:
    """List agents by workspace, those who are not active too.

    Args:
        workspace: slug; without it, the agents of all.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    rows = [_row(slug, agent) for slug, agent in run(_list(workspace))]
    if json:
        say_json(rows)
        return
    say_table(COLUMNS, ([_cell(row[column]) for column in COLUMNS] for row in rows))


async def _import(entries: "list[Entry]", slug: str | None) -> "Taken":
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database
    from leadflow.cli.tenants import one_workspace
    from leadflow.work import roster

    async with opened_database() as database, database.service() as connection:
        workspace = await one_workspace(connection, slug)
        return await roster.take(connection, workspace.id, entries, by="cli", now=utc_now())


async def _list(slug: str | None) -> "list[tuple[str, Agent]]":
    from leadflow.cli.opening import opened_database
    from leadflow.cli.tenants import workspace_named
    from leadflow.store import agents, workspaces

    async with opened_database() as database, database.service() as connection:
        workspace = None if slug is None else await workspace_named(connection, slug)
        found: list[Agent] = []
        while page := await agents.page(
            connection,
            workspace.id if workspace else None,
            found[-1].id if found else None,
            PAGE,
        ):
            found += page
        slugs = await workspaces.slugs(connection, {agent.workspace_id for agent in found})
    named = [(slugs[agent.workspace_id], agent) for agent in found]
    return sorted(named, key=lambda pair: (pair[0], pair[1].name))


def _row(slug: str, agent: "Agent") -> dict[str, object]:
    from msgspec.structs import asdict

    from leadflow.core import opening_hours

    hours = None if agent.hours is None else opening_hours.write(agent.hours)
    given = {**asdict(agent), "hours": hours}
    del given["workspace_id"]
    return {"id": given.pop("id"), "workspace": slug, **given}


def _cell(value: object) -> object:
    match value:
        case tuple():
            return " ".join(value)
        case bool():
            return "yes" if value else "no"
        case _:
            return value
