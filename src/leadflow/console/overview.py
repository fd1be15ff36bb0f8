"""The first page: how much there is of what, and the latest leads."""

from collections.abc import Iterator
from typing import Any

from litestar import Response, get
from msgspec import Struct

from leadflow.app import utc_now
from leadflow.console import wording
from leadflow.console.chart import sparkline
from leadflow.console.desk import Desk, Figures, FromDesk
from leadflow.console.listing import listing
from leadflow.console.pages import page
from leadflow.core.controls import Controls
from leadflow.store import controls
from leadflow.store.readings import LeadFilter

LATEST = 15  # leads: as many as one looks over


class Tile(Struct, frozen=True, kw_only=True):
    """One figure."""

    name: str
    number: int
    meaning: str
    status: str | None = None  # as the list's filter calls it; None: there is no such list
    alarm: bool = False  # a person should look when it is not 0


@get("/")
async def overview(desk: FromDesk) -> Response[str]:
    """Show figures and leads."""
    return page("overview.html", await _values(desk))


@get("/console/live")
async def live(desk: FromDesk) -> Response[str]:
    """Show the part of the first page that changes, for the script to put in its place."""
    return page("live.html", await _values(desk))


async def _values(desk: Desk) -> dict[str, Any]:
    figures = await desk.figures()
    async with desk.app.database.service() as connection:
        present = await controls.in_force(connection)  # not with the figures, which may be older
    latest = await listing(desk, LeadFilter(), limit=LATEST)
    return {
        "now": utc_now(),
        "counted_at": figures.at,
        "stops": list(_stops(present)),
        "arrived": sum(figures.arrivals),
        "peak": max(figures.arrivals),
        "last_minute": figures.arrivals[-1],
        "chart": sparkline(figures.arrivals),
        "groups": (
            ("Leads now", _leads_now(figures)),
            ("Leads of the last 24 hours", _leads_lately(figures)),
            ("Deliveries", _deliveries(figures)),
        ),
        "lines": latest.lines,
    }


def _stops(present: Controls) -> Iterator[tuple[str, str]]:
    """Say what keeps leads from being routed automatically, each with the command that ends it."""
    if not present.enabled:
        yield "Routing is switched off: leads are stored, and wait.", "leadflow routing on"
    if present.pause is not None:
        kept = " and ".join(Controls(pause=present.pause).stopped)
        since = f"{wording.moment(present.pause.paused_at)} UTC, by {present.pause.paused_by}"
        yield f"Routing of {kept} leads is paused since {since}.", "leadflow routing resume"


def _leads_now(figures: Figures) -> list[Tile]:
    now, counts = figures.in_hand, figures.counts
    return [
        Tile(name="Received", number=now.received, meaning="not decided yet", status="received"),
        Tile(name="Being routed", number=now.being_routed, meaning="in hand", status="routing"),
        Tile(
            name="Waiting",
            number=counts.waiting,
            meaning="for an opening or another try",
            status="waiting",
        ),
        Tile(name="Retry queue due", number=now.retries_due, meaning="to be tried now"),
        Tile(
            name="In review",
            number=now.in_review,
            meaning="a person has to find an owner",
            status="review",
            alarm=True,
        ),
    ]


def _leads_lately(figures: Figures) -> list[Tile]:
    leads = figures.counts.leads
    return [
        Tile(name="Arrived", number=figures.counts.received, meaning="in all"),
        Tile(
            name="Routed",
            number=leads.get("routed", 0),
            meaning="have their owner",
            status="routed",
        ),
        Tile(
            name="Duplicate",
            number=leads.get("duplicate", 0),
            meaning="with another partner already",
            status="duplicate",
        ),
        Tile(name="Expired", number=figures.expired, meaning="nobody took them", status="expired"),
        Tile(
            name="Rejected",
            number=leads.get("rejected", 0),
            meaning="refused by a policy",
            status="rejected",
        ),
    ]


def _deliveries(figures: Figures) -> list[Tile]:
    states = figures.counts.deliveries
    return [
        Tile(name="Delivered", number=states.get("delivered", 0), meaning="in 24 hours"),
        Tile(name="Due", number=figures.in_hand.deliveries_due, meaning="to be sent now"),
        Tile(name="Unknown", number=states.get("unknown", 0), meaning="sent, no answer came"),
        Tile(name="Dead", number=states.get("dead", 0), meaning="given up in 24 hours"),
        Tile(
            name="Unsettled",
            number=figures.in_hand.unsettled,
            meaning="a person has to look",
            status="unsettled",
            alarm=True,
        ),
    ]
