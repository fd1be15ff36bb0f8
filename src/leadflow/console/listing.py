"""Leads in a list, each with the stage it is in and the reason why."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from leadflow.console.desk import Desk
from leadflow.console.wording import stage
from leadflow.store import console
from leadflow.store.console import Standing
from leadflow.store.readings import LeadFilter
from leadflow.work import viewing
from leadflow.work.viewing import ListedLead


class Line(Struct, frozen=True, kw_only=True):
    """One lead of a list."""

    lead: ListedLead
    stage: str
    in_review: bool  # whether a person has to look, whatever the stage
    reason: str | None  # why that, or why the lead is where it is; None: nothing is decided yet

    @property
    def name(self) -> str:
        """What tells this person from others, without saying who it is."""
        contact = self.lead.contact
        if contact is None:
            return "erased"
        return contact.name or contact.email or contact.phone or self.lead.external_id or "unnamed"


class Listing(Struct, frozen=True, kw_only=True):
    """A part of a list of leads."""

    lines: Sequence[Line]
    older: UUID | None  # the lead that the next part is older than; None: there is no next part


async def listing(
    desk: Desk, which: LeadFilter, *, before: UUID | None = None, limit: int
) -> Listing:
    """List leads of all workspaces, the newest first.

    Raises:
        TemporaryError: the database is away.
    """
    app = desk.app
    found = await viewing.leads(app.database, app.vault, which, before=before, limit=limit + 1)
    shown = found[:limit]
    async with app.database.service() as connection:
        standings = await console.standings(connection, [lead.id for lead in shown])
    return Listing(
        lines=[_line(lead, standings[lead.id]) for lead in shown],
        older=shown[-1].id if len(found) > limit else None,
    )


def _line(lead: ListedLead, standing: Standing) -> Line:
    return Line(
        lead=lead,
        stage=stage(lead.status, lead.routing_status),
        in_review=standing.review is not None,
        reason=standing.review or standing.sentence,
    )
