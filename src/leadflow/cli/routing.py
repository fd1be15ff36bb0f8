"""`leadflow routing`: pause it, switch it, have leads tried now, and see how it stands."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from cyclopts import App

from leadflow.cli.flags import switch
from leadflow.cli.output import plural, remark, say, say_json, say_table
from leadflow.core.controls import Pause, Threshold

if TYPE_CHECKING:
    from leadflow.store.controls import LeadCounts, MadeDue
    from leadflow.work.controls import RoutingState

app = App(name="routing")

COLUMNS = ("received", "due", "not due", "next due", "stopped", "in hand", "stale", "in review")


@app.command
def status(*, by_workspace: bool = False, json: bool = False) -> None:
    """Say whether leads are routed automatically, and count those that have no owner yet.

    Received leads are not decided yet. Those in the queue wait for an opening or another try, and
    are due or not. Stopped are those of both that only the pause or the flag keeps from being
    routed now. A worker has those in hand; stale are those whose worker's lease has run out.

    Args:
        by_workspace: count the leads of each workspace as well.
        json: print JSON.
    """
    from msgspec.structs import replace

    from leadflow.cli.opening import run

    state = run(_state())
    if json:
        say_json(state if by_workspace else replace(state, workspaces=None))
        return
    say("\n".join(_in_words(state)))
    say("")
    rows = [("all", *_cells(state.leads))]
    if by_workspace:
        rows += [(each.workspace, *_cells(each)) for each in state.workspaces or ()]
    say_table(("workspace", *COLUMNS), rows)


@app.command
def pause(*, below: Threshold, json: bool = False) -> None:
    """Stop routing leads below a priority automatically, until `leadflow routing resume`.

    They are stored and wait, with all their tries and by their age. What is in hand is finished. A
    lead that waits may be routed by hand, and expires when its time is over.

    Args:
        below: hot keeps warm and cold leads back, warm the cold ones.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    paused = run(_pause(below))
    if json:
        say_json(paused)
        return
    say(_pause_in_words(paused))


@app.command
def resume(*, json: bool = False) -> None:
    """Route leads of every priority again; workers take up at once what has waited.

    Args:
        json: print JSON, with the pause that is over.
    """
    from leadflow.cli.opening import run

    ended = run(_resume())
    if json:
        say_json({"ended": ended})
        return
    say("leads of every priority are routed" if ended else "routing was not paused")


@app.command
def off(*, json: bool = False) -> None:
    """Stop routing all leads automatically: the flag enableAutoRouting.

    They are stored and wait. What is in hand is finished.

    Args:
        json: print JSON.
    """
    switch("enableAutoRouting", on=False, json=json)


@app.command
def on(*, json: bool = False) -> None:
    """Route leads automatically again; workers take up at once what has waited.

    Args:
        json: print JSON.
    """
    switch("enableAutoRouting", on=True, json=json)


@app.command
def retry(*, workspace: str | None = None, lead: UUID | None = None, json: bool = False) -> None:
    """Have leads of the queue tried now, the most urgent first, then the oldest.

    That uses none of their tries; the try that follows counts as any other does.

    Args:
        workspace: slug; only leads that came in through this workspace.
        lead: id; only this lead.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    found, state = run(_retry(workspace, lead))
    if json:
        say_json(found)
    else:
        say(f"{_count(found.made_due)} to be tried now, {found.due_already} were so already")
    if not state.enabled or state.pause is not None:
        remark("; ".join(_in_words(state)))


async def _state() -> "RoutingState":
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database, read_settings
    from leadflow.work import controls

    async with opened_database() as database:
        return await controls.state(database, utc_now(), read_settings().routing_lease)


async def _pause(below: Threshold) -> Pause:
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database
    from leadflow.work import controls

    async with opened_database() as database:
        return await controls.pause(database, below, by="cli", now=utc_now())


async def _resume() -> Pause | None:
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database
    from leadflow.work import controls

    async with opened_database() as database:
        return await controls.resume(database, by="cli", now=utc_now())


async def _retry(slug: str | None, lead_id: UUID | None) -> "tuple[MadeDue, RoutingState]":
    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database, read_settings
    from leadflow.cli.tenants import workspace_named
    from leadflow.work import controls

    async with opened_database() as database:
        workspace_id = None
        if slug is not None:
            async with database.service() as connection:
                workspace_id = (await workspace_named(connection, slug)).id
        asked = controls.Asked(actor="cli", workspace_id=workspace_id, lead_id=lead_id)
        found = await controls.retry(database, asked, utc_now())
        return found, await controls.state(database, utc_now(), read_settings().routing_lease)


def _in_words(state: "RoutingState") -> Iterator[str]:
    if not state.enabled:
        yield "routing is off: no lead is routed automatically"
    elif state.pause is None:
        yield "routing is on, for leads of every priority"
    if state.pause is not None:
        yield _pause_in_words(state.pause)


def _pause_in_words(pause: Pause) -> str:
    since = f"since {pause.paused_at:%Y-%m-%d %H:%M:%S}, by {pause.paused_by}"
    return f"routing is paused for leads below {pause.below}, {since}"


def _count(leads: int) -> str:
    return f"{plural(leads, 'lead')} {'is' if leads == 1 else 'are'}"


def _cells(counts: "LeadCounts") -> tuple[object, ...]:
    return (
        counts.received,
        counts.due,
        counts.not_due,
        f"{counts.next_due:%Y-%m-%d %H:%M:%S}" if counts.next_due else None,
        counts.stopped,
        counts.in_hand,
        counts.stale,
        counts.in_review,
    )
