"""One lead: who it is, why it is where it is, and what happened to it."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from leadflow.app import utc_now
from leadflow.console import wording
from leadflow.console.decision import lay_out
from leadflow.console.desk import FromDesk
from leadflow.console.pages import page
from leadflow.console.timeline import ATTEMPTS, moments
from leadflow.core.decision import DuplicateOf
from leadflow.core.lead import Contact, Quality
from leadflow.errors import ConflictError, NotFoundError
from leadflow.store import console
from leadflow.store.console import AttemptRow
from leadflow.store.database import Database
from leadflow.work import viewing
from leadflow.work.verifying import nearest_miss
from leadflow.work.viewing import SeenLead

MISSING = "There is no such lead"
_VERIFIED = {True: "valid", False: "no valid number"}


class Missed(Struct, frozen=True, kw_only=True):
    """What would have made a rule win the last decision."""

    rule: str
    changes: Sequence[str]  # all of them; none: see `without`
    without: str  # why there are none


@get("/leads/{lead_id:str}")
async def lead(
    desk: FromDesk,
    lead_id: FromPath[str],
    rule: Annotated[str | None, QueryParameter(max_length=100)] = None,
) -> Response[str]:
    """Show one lead, with contact data; of a rule, what would have made it win."""
    app = desk.app
    seen = await viewing.lead(app.database, app.vault, _id(lead_id))
    if seen is None:
        raise NotFoundError(MISSING)
    async with app.database.service() as connection:
        attempts = await console.attempts(connection, [each.id for each in seen.deliveries])
    missed = None if rule is None else await _missed(app.database, seen.row.id, rule)
    return page("lead.html", {**_values(seen, attempts), "missed": missed})


async def _missed(database: Database, lead_id: UUID, rule: str) -> Missed:
    try:
        miss = await nearest_miss(database, lead_id, rule)
    except (NotFoundError, ConflictError) as error:
        return Missed(rule=rule, changes=(), without=f"It cannot be told: {error.message}.")
    if miss is None:
        nobody = "Nothing would have: nobody is there to take the lead."
        return Missed(rule=rule, changes=(), without=nobody)
    return Missed(rule=rule, changes=miss.changes, without="It has won the lead.")


def _id(text: str) -> UUID:
    """Read the address ourselves: what is no id shall be answered with a page as well."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError(MISSING) from error


def _values(seen: SeenLead, attempts: Sequence[AttemptRow]) -> dict[str, Any]:
    row, personal, assessment = seen.row, seen.personal, seen.assessment
    stage = wording.stage(row.status, row.routing_status)
    return {
        "now": utc_now(),
        "seen": seen,
        "row": row,
        "names": seen.names,
        "stage": stage,
        "title": _name(personal.contact) if personal else "A person who was erased",
        "outcome": _outcome(stage, seen),
        "holder": _holder(seen),
        "contact": list(_contact(personal.contact)) if personal else [],
        "answers": list(wording.answers(row.vertical, personal.data)) if personal else [],
        "extra": list(wording.pairs(personal.extra)) if personal else [],
        "score": assessment.score,
        "degraded": wording.DEGRADED,
        "total": sum(reason.points for reason in assessment.score.reasons),
        "quality": assessment.quality,
        "quality_parts": _parts(assessment.quality),
        "classification": list(wording.pairs(msgspec.to_builtins(assessment.classification))),
        "warnings": assessment.warnings,
        "decisions": [lay_out(each, seen.names) for each in seen.decisions],
        "deliveries": [
            (each, [attempt for attempt in attempts if attempt.delivery_id == each.id])
            for each in seen.deliveries
        ],
        "outcomes": ATTEMPTS,
        "moments": moments(seen, attempts),
    }


def _outcome(stage: str, seen: SeenLead) -> str:
    """Say in a sentence or two how things stand."""
    parts = [wording.PREFACES.get(stage), seen.stop]
    parts += [each.decision.sentence for each in seen.decisions[:1]]
    return " ".join(filter(None, parts))


def _holder(seen: SeenLead) -> UUID | None:
    """Name the lead through which a partner has the person of a duplicate."""
    if seen.row.status != "duplicate":
        return None
    outcomes = (each.decision.outcome for each in seen.decisions)
    return next((each.lead_id for each in outcomes if isinstance(each, DuplicateOf)), None)


def _name(contact: Contact) -> str:
    names = (contact.first_name, contact.last_name)
    return " ".join(filter(None, names)) or contact.email or contact.phone or "Unnamed lead"


def _contact(contact: Contact) -> Iterator[tuple[str, str]]:
    """Write what is known of a person: label and value."""
    address = contact.address
    place = " ".join(filter(None, (address.state, address.zip)))
    lines = (address.street, address.street2, address.city, place, address.country)
    known = {
        "Name": " ".join(filter(None, (contact.first_name, contact.last_name))),
        "Email": contact.email,
        "Phone": contact.phone and f"{contact.phone} ({_VERIFIED[contact.phone_verified]})",
        "Address": ", ".join(filter(None, lines)),
        "Born": contact.date_of_birth and contact.date_of_birth.isoformat(),
    }
    return ((name, value) for name, value in known.items() if value)


def _parts(quality: Quality) -> list[tuple[str, float]]:
    """List what quality is made of: each part from 0 to 1."""
    return [
        ("Completeness", quality.completeness),
        ("Freshness", quality.freshness),
        ("Reliability of the source", quality.reliability),
        ("Engagement", quality.engagement),
    ]
