"""One lead: who it is, why it is where it is, and what happened to it."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from leadflow.console.desk import Desk
from leadflow.console.pages import page
from leadflow.core.lead import JSON, Contact
from leadflow.errors import NotFoundError
from leadflow.work import viewing
from leadflow.work.viewing import SeenLead


@get("/console/leads/{lead_id:uuid}")
async def lead(desk: Desk, lead_id: FromPath[UUID]) -> Response[str]:
    """Show one lead, with contact data."""
    seen = await viewing.lead(desk.app.database, desk.app.vault, lead_id)
    if seen is None:
        raise NotFoundError("There is no such lead")
    return page("lead.html", _values(seen))


def _values(seen: SeenLead) -> dict[str, Any]:
    personal = seen.personal
    return {
        "seen": seen,
        "row": seen.row,
        "names": seen.names,
        "known": {str(id_): name for id_, name in seen.names.items()},  # as ids stand in events
        "title": _name(personal.contact) if personal else "A person who was erased",
        "contact": _flat(msgspec.to_builtins(personal.contact)) if personal else {},
        "answers": personal.data if personal else {},
        "extra": personal.extra if personal else {},
        "classification": msgspec.to_builtins(seen.assessment.classification),
    }


def _name(contact: Contact) -> str:
    names = (contact.first_name, contact.last_name)
    return " ".join(filter(None, names)) or contact.email or contact.phone or "Unnamed lead"


def _flat(values: dict[str, JSON]) -> dict[str, JSON]:
    """Put the address's parts beside the others, and leave out what is not known."""
    flat: dict[str, JSON] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value)
        elif value is not None:
            flat[name] = value
    return flat
