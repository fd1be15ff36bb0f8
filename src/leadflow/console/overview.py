"""The first page: how much there is of what, and the latest leads."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from litestar.params import QueryParameter

from leadflow.app import utc_now
from leadflow.console.desk import Desk
from leadflow.console.pages import page
from leadflow.core.lead import Status
from leadflow.store.counts import Counts
from leadflow.store.readings import LeadFilter
from leadflow.work import viewing

LEADS = 25  # a page

CHOICES: tuple[tuple[Status | None, str], ...] = (
    (None, "All"),
    ("routed", "Routed"),
    ("processed", "Waiting"),
    ("duplicate", "Duplicate"),
    ("review", "In review"),
    ("received", "Received"),
    ("expired", "Expired"),
    ("rejected", "Rejected"),
)

Chosen = Annotated[Status | None, QueryParameter()]
Before = Annotated[UUID | None, QueryParameter()]


@get("/")
async def overview(desk: Desk, status: Chosen = None, before: Before = None) -> Response[str]:
    """Show counts and leads."""
    return page("overview.html", await _values(desk, status, before))


@get("/console/live")
async def live(desk: Desk, status: Chosen = None, before: Before = None) -> Response[str]:
    """Show the part of the first page that changes, for the script to put in its place."""
    return page("live.html", await _values(desk, status, before))


async def _values(desk: Desk, status: Status | None, before: UUID | None) -> dict[str, Any]:
    app = desk.app
    found = await viewing.leads(
        app.database, app.vault, LeadFilter(status=status), before=before, limit=LEADS + 1
    )
    counts = await desk.counts()
    return {
        "counts": counts,
        "cards": _cards(counts),
        "leads": found[:LEADS],
        "older": found[LEADS - 1].id if len(found) > LEADS else None,
        "status": status,
        "before": before,
        "choices": CHOICES,
        "now": utc_now(),
    }


def _cards(counts: Counts) -> list[tuple[str, int, str]]:
    """List what is counted: name, number, and what it counts."""
    leads, deliveries = counts.leads, counts.deliveries
    on_the_way = sum(deliveries.get(state, 0) for state in ("pending", "sending", "unknown"))
    return [
        ("Received", counts.received, f"{counts.last_minute} in the last minute"),
        ("Routed", leads.get("routed", 0), "have their owner"),
        ("Waiting", counts.waiting, "for an opening or another try"),
        ("Duplicate", leads.get("duplicate", 0), "are with another partner already"),
        ("In review", counts.reviews, "for a person to look at"),
        ("Delivered", deliveries.get("delivered", 0), f"{on_the_way} on their way"),
        ("Not delivered", deliveries.get("dead", 0), "given up, need a person"),
    ]
