"""`leadflow leads`: leads in, looked at, routed by hand, and what became of them."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from cyclopts import App, Parameter
from cyclopts.validators import Number

from leadflow.cli.output import say, say_json, say_table
from leadflow.cli.usage import unfit
from leadflow.core.lead import RoutingStatus, Status
from leadflow.core.outcomes import SalesOutcome
from leadflow.core.returns import DeclineReason
from leadflow.errors import NotFoundError

if TYPE_CHECKING:
    from leadflow.core.nearest import Miss
    from leadflow.store.readings import LeadFilter
    from leadflow.work.again import Reopened
    from leadflow.work.manual import Routed
    from leadflow.work.outcomes import Recorded
    from leadflow.work.returns import Accepted, Returned
    from leadflow.work.viewing import ListedLead, SeenLead

app = App(name="leads")
app.command("leadflow.cli.importing.command:import_", name="import")

Percentage = Annotated[int | None, Parameter(validator=Number(gte=0, lte=100))]
Limit = Annotated[int, Parameter(validator=Number(gte=1, lte=10_000))]

COLUMNS = (
    *("id", "received", "from", "vertical", "status", "score", "priority", "owner"),
    *("agent", "name", "e-mail", "phone"),
)


@app.command(name="list")
def list_(
    *,
    workspace: str | None = None,
    vertical: str | None = None,
    status: Status | None = None,
    routing_status: RoutingStatus | None = None,
    min_score: Percentage = None,
    max_score: Percentage = None,
    source: str | None = None,
    owner: str | None = None,
    agent: UUID | None = None,
    before: UUID | None = None,
    limit: Limit = 20,
    json: bool = False,
) -> None:
    """List leads, the newest first; contact data is covered.

    Args:
        workspace: slug; its own leads, and those placed with it.
        vertical: such as AUTO.
        status: where they are in the pipeline.
        routing_status: where they are in routing.
        min_score: from 0 to 100.
        max_score: from 0 to 100.
        source: name of the source they came from.
        owner: slug of the workspace that has them.
        agent: id of the agent who has them.
        before: a lead's id: only older ones.
        limit: how many at most.
        json: print JSON.
    """
    from leadflow.cli.opening import run
    from leadflow.store.readings import LeadFilter

    which = LeadFilter(
        vertical=_vertical(vertical),
        status=status,
        routing_status=routing_status,
        min_score=min_score,
        max_score=max_score,
        source=source,
        agent_id=agent,
    )
    found = run(_list(which, workspace, owner, before, limit))
    if json:
        say_json(found)
        return
    say_table(COLUMNS, map(_cells, found))


@app.command
def show(lead: UUID, /, *, json: bool = False) -> None:
    """Show one lead: who it is, what was made of it, and what happened to it.

    Args:
        lead: its id.
        json: print JSON.
    """
    from leadflow.cli.lead_pages import lead_page
    from leadflow.cli.opening import run

    seen = run(_look(lead))
    if json:
        say_json(seen)
    else:
        say(lead_page(seen))


@app.command
def explain(lead: UUID, /, *, rule: str | None = None, json: bool = False) -> None:
    """Explain in words why a lead is where it is: every rule, every destination, every agent.

    Args:
        lead: its id.
        rule: name of a rule: say instead what would have made it win the last decision.
        json: print JSON.
    """
    from leadflow.cli.lead_pages import explanation_page, miss_page
    from leadflow.cli.opening import run

    if rule is not None:
        miss = run(_miss(lead, rule))
        if json:
            say_json(miss)
        else:
            say(miss_page(rule, miss))
        return
    seen = run(_look(lead))
    if json:
        say_json(seen.decisions)
    else:
        say(explanation_page(seen))


@app.command
def route(
    lead: UUID, /, *, agent: UUID | None = None, force: bool = False, json: bool = False
) -> None:
    """Route a lead by hand, wherever the automated flow has left it.

    Args:
        lead: its id.
        agent: id of the agent who gets it; else the rules and the ranking choose.
        force: take it from the owner it has.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    routed = run(_route(lead, agent, force=force))
    if json:
        say_json(routed)
        return
    who = f" (agent {routed.agent['name']})" if routed.agent else ""
    say(f"{routed.decided.decision.sentence}{who}")


@app.command
def outcome(lead: UUID, said: SalesOutcome, /, *, json: bool = False) -> None:
    """Say what became of a lead in sales. Converted or lost, its agent has room for another.

    Args:
        lead: its id.
        said: contacted, qualified, converted or lost; the last two are final.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    recorded = run(_record(lead, said))
    if json:
        say_json(recorded)
        return
    say(f"{recorded.outcome} since {recorded.outcome_at:%Y-%m-%d %H:%M:%S}")


@app.command
def accept(lead: UUID, /, *, json: bool = False) -> None:
    """Keep a lead for the owner it has: from now on it does not come back by itself.

    Args:
        lead: its id.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    accepted = run(_accept(lead))
    if json:
        say_json(accepted)
        return
    say(f"accepted since {accepted.accepted_at:%Y-%m-%d %H:%M:%S}")


@app.command
def decline(lead: UUID, /, *, reason: DeclineReason = "other", json: bool = False) -> None:
    """Give a lead back for the owner it has. It goes to the next, who is somebody else.

    Args:
        lead: its id.
        reason: why it is not wanted; a code.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    returned = run(_decline(lead, reason))
    if json:
        say_json(returned)
        return
    say("It came back, and waits for the next owner.")


@app.command
def reopen(lead: UUID, /, *, json: bool = False) -> None:
    """Have a lead routed after all that is in review, or was a duplicate.

    It waits again, as old as it is and with all of its tries. Its review is closed.

    Args:
        lead: its id.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    reopened = run(_reopen(lead))
    if json:
        say_json(reopened)
        return
    say("It waits for an owner again.")


async def _reopen(lead_id: UUID) -> "Reopened":
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened
    from leadflow.work import again

    asked = again.Reopening(lead_id=lead_id, workspace_id=None, actor="cli")
    async with opened() as app:
        return await again.reopen(app.database, asked, app.tries, utc_now)


async def _accept(lead_id: UUID) -> "Accepted":
    from leadflow.cli.opening import opened
    from leadflow.work.returns import Answering

    async with opened() as app:
        answering = Answering(lead_id=lead_id, workspace_id=None, actor="cli")
        return await app.returns.accept(answering)


async def _decline(lead_id: UUID, reason: DeclineReason) -> "Returned":
    from leadflow.cli.opening import opened
    from leadflow.work.returns import Answering

    async with opened() as app:
        answering = Answering(lead_id=lead_id, workspace_id=None, actor="cli")
        return await app.returns.decline(answering, reason)


async def _record(lead_id: UUID, said: SalesOutcome) -> "Recorded":
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database
    from leadflow.work.outcomes import Said, record

    asked = Said(lead_id=lead_id, outcome=said, workspace_id=None, actor="cli")
    async with opened_database() as database:
        return await record(database, asked, utc_now())


async def _list(
    which: "LeadFilter", slug: str | None, owner: str | None, before: UUID | None, limit: int
) -> "list[ListedLead]":
    from msgspec.structs import replace

    from leadflow.cli.opening import opened
    from leadflow.cli.tenants import workspace_named
    from leadflow.work import viewing

    async with opened() as app:
        async with app.database.service() as connection:
            workspace = None if slug is None else await workspace_named(connection, slug)
            taker = None if owner is None else await workspace_named(connection, owner)
        which = replace(which, destination_workspace_id=taker.id if taker else None)
        return await viewing.leads(
            app.database,
            app.vault,
            which,
            workspace_id=workspace.id if workspace else None,
            before=before,
            limit=limit,
        )


async def _look(lead_id: UUID) -> "SeenLead":
    from leadflow.cli.opening import opened
    from leadflow.work import viewing

    async with opened() as app:
        seen = await viewing.lead(app.database, app.vault, lead_id)
    if seen is None:
        raise NotFoundError(f"there is no lead {lead_id}: `leadflow leads list` shows them")
    return seen


async def _miss(lead_id: UUID, rule: str) -> "Miss | None":
    from leadflow.cli.opening import opened_database
    from leadflow.work.verifying import nearest_miss

    async with opened_database() as database:
        return await nearest_miss(database, lead_id, rule)


async def _route(lead_id: UUID, agent_id: UUID | None, *, force: bool) -> "Routed":
    from leadflow.cli.opening import opened
    from leadflow.work.manual import ByHand

    asked = ByHand(lead_id=lead_id, workspace_id=None, agent_id=agent_id, force=force, actor="cli")
    async with opened() as app:
        return await app.routing.route(asked)


def _vertical(name: str | None) -> str | None:
    from leadflow.core.verticals import REGISTRY, find

    if name is None:
        return None
    vertical = find(name)
    if vertical is None:
        raise unfit("--vertical", f'"{name}" is not one', f"one of {', '.join(REGISTRY)}")
    return vertical.name


def _cells(lead: "ListedLead") -> tuple[object, ...]:
    contact = lead.contact
    return (
        lead.id,
        f"{lead.created_at:%Y-%m-%d %H:%M:%S}",
        lead.workspace,
        lead.vertical,
        lead.status,
        lead.score,
        lead.priority,
        lead.owner,
        lead.agent,
        *((contact.name, contact.email, contact.phone) if contact else ()),
    )
