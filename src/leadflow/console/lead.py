"""One lead: who it is, why it is where it is, and what happened to it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from leadflow.app import utc_now
from leadflow.console import wording
from leadflow.console.decision import lay_out
from leadflow.console.desk import Desk
from leadflow.console.pages import page
from leadflow.console.timeline import ATTEMPTS, moments
from leadflow.core.lead import Contact
from leadflow.errors import NotFoundError
from leadflow.store import console
from leadflow.store.console import AttemptRow
from leadflow.work import viewing
from leadflow.work.viewing import SeenLead

MISSING = "There is no such lead"


@get("/leads/{lead_id:str}")
async def lead(desk: Desk, lead_id: FromPath[str]) -> Response[str]:
    """Show one lead, with contact data."""
    app = desk.app
    seen = await viewing.lead(app.database, app.vault, _id(lead_id))
    if seen is None:
        raise NotFoundError(MISSING)
    async with app.database.service() as connection:
        attempts = await console.attempts(connection, [each.id for each in seen.deliveries])
    return page("lead.html", _values(seen, attempts))


def _id(text: str) -> UUID:
    """Read the address ourselves: what is no id shall be answered with a page as well."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError(MISSING) from error


def _values(seen: SeenLead, attempts: Sequence[AttemptRow]) -> dict[str, Any]:
    row, personal, assessment = seen.row, seen.personal, seen.assessment
    return {
        "now": utc_now(),
        "seen": seen,
        "row": row,
        "names": seen.names,
        "stage": wording.stage(row.status, row.routing_status),
        "title": _name(personal.contact) if personal else "A person who was erased",
        "contact": _contact(personal.contact) if personal else [],
        "answers": list(wording.answers(row.vertical, personal.data)) if personal else [],
        "extra": list(wording.pairs(personal.extra)) if personal else [],
        "score": assessment.score,
        "points": sum(reason.points for reason in assessment.score.reasons),
        "quality": assessment.quality,
        "quality_parts": _parts(seen),
        "classification": list(
            wording.pairs(msgspec.to_builtins(assessment.classification)),
        ),
        "warnings": assessment.warnings,
        "decisions": [lay_out(each, seen.names) for each in seen.decisions],
        "deliveries": [
            (each, [attempt for attempt in attempts if attempt.delivery_id == each.id])
            for each in seen.deliveries
        ],
        "outcomes": ATTEMPTS,
        "moments": moments(seen, attempts),
    }


def _name(contact: Contact) -> str:
    names = (contact.first_name, contact.last_name)
    return " ".join(filter(None, names)) or contact.email or contact.phone or "Unnamed lead"


def _contact(contact: Contact) -> list[tuple[str, str]]:
    return list(wording.pairs(msgspec.to_builtins(contact)))


def _parts(seen: SeenLead) -> list[tuple[str, float]]:
    """List what quality is made of: each part from 0 to 1."""
    quality = seen.assessment.quality
    return [
        ("Completeness", quality.completeness),
        ("Freshness", quality.freshness),
        ("Reliability of the source", quality.reliability),
        ("Engagement", quality.engagement),
    ]
