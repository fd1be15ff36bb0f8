"""`leadflow decisions`: what was decided, taken again."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from cyclopts import App, Parameter
from cyclopts.validators import Number

from leadflow.cli.output import plural, say, say_json
from leadflow.errors import LeadflowError

if TYPE_CHECKING:
    from leadflow.work.verifying import Verified

app = App(name="decisions")

Hours = Annotated[float | None, Parameter(validator=Number(gt=0, lte=1_000_000))]


@app.command
def verify(
    *,
    hours: Hours = None,
    workspace: str | None = None,
    lead: UUID | None = None,
    json: bool = False,
) -> None:
    """Take stored decisions again, from what was kept of them, and see that none differs.

    Ends with exit code 1 if one does.

    Args:
        hours: only those of the last so many hours.
        workspace: slug; only those about leads of this workspace.
        lead: id; only those about this lead.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    verified = run(_verify(hours, workspace, lead))
    if json:
        say_json(verified)
    else:
        say(_page(verified))
    if verified.differences:
        count = plural(len(verified.differences), "decision")
        raise LeadflowError(f"{count} came out differently")


async def _verify(hours: float | None, slug: str | None, lead_id: UUID | None) -> "Verified":
    from datetime import timedelta

    from leadflow.app import utc_now
    from leadflow.cli.opening import opened_database
    from leadflow.cli.tenants import workspace_named
    from leadflow.work.verifying import Which, verify

    since = None if hours is None else utc_now() - timedelta(hours=hours)
    async with opened_database() as database:
        workspace_id = None
        if slug is not None:
            async with database.service() as connection:
                workspace_id = (await workspace_named(connection, slug)).id
        return await verify(
            database, Which(since=since, workspace_id=workspace_id, lead_id=lead_id)
        )


def _page(verified: "Verified") -> str:
    again = verified.same + len(verified.differences)
    rate = again / verified.seconds if verified.seconds else 0
    lines = [f"{plural(again, 'decision')} taken again, {rate:,.0f} a second"]
    lines += [f"{verified.same} came out the same"]
    if verified.by_hand:
        lines += [f"{verified.by_hand} were a person's: there is nothing to decide again"]
    for what, count in sorted(verified.inputs_gone.items()):
        lines += [f"{count} cannot be taken again: {what} is no longer there"]
    for each in verified.differences:
        lines += [f"{each.lead_id}, {each.decided_at:%Y-%m-%d %H:%M:%S}: {each.what}"]
    return "\n".join(lines)
