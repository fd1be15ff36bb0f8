"""All that happened to a lead, in one order: events, decisions, attempts to deliver."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from leadflow.console.wording import plain, title
from leadflow.store.console import AttemptRow
from leadflow.store.readings import TimelineEntry
from leadflow.work.viewing import SeenLead

EVENTS: Mapping[str, str] = {
    "lead.created": "Lead received",
    "lead.validated": "Found valid",
    "lead.enriched": "Facts added",
    "lead.scored": "Scored",
    "lead.processed": "Ready for an owner",
    "lead.routed": "Routed",
    "lead.duplicate_detected": "Found with another partner",
    "lead.failed": "Given up",
    "lead.expired": "Expired",
    "lead.delivered": "Delivered",
}
ATTEMPTS: Mapping[str, str] = {
    "sending": "on its way",
    "delivered": "taken",
    "refused": "refused for good",
    "failed": "failed",
    "unknown": "no answer came",
}
BAD = frozenset(("lead.failed", "lead.expired", "refused", "failed", "unknown"))


class Moment(Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at: datetime
    kind: str  # `event`, `decision`, `delivery`, `attempt`
    what: str
    details: Sequence[tuple[str, str]] = ()  # label and value
    bad: bool = False


def moments(seen: SeenLead, attempts: Sequence[AttemptRow]) -> list[Moment]:
    """List what happened, the oldest first. Of one moment, what led to the rest comes first."""
    names = {str(id_): name for id_, name in seen.names.items()}  # as ids stand in events
    return sorted(
        (
            *(_event(entry, names) for entry in seen.timeline),
            *_decisions(seen),
            *_deliveries(seen),
            *_attempts(seen, attempts),
        ),
        key=lambda moment: moment.at,
    )


def _event(entry: TimelineEntry, names: Mapping[str, str]) -> Moment:
    return Moment(
        at=entry.occurred_at,
        kind="event",
        what=EVENTS.get(entry.name, title(entry.name)),
        details=tuple(
            (title(name), _named(value, names)) for name, value in entry.data.items() if value
        ),
        bad=entry.name in BAD,
    )


def _named(value: Any, names: Mapping[str, str]) -> str:
    return names.get(value, value) if isinstance(value, str) else plain(value)


def _decisions(seen: SeenLead) -> Iterator[Moment]:
    for each in seen.decisions:
        version = str(each.decision.rulebook_version)
        yield Moment(
            at=each.decision.decided_at,
            kind="decision",
            what="Decided",
            details=(("Because", each.decision.sentence), ("Rules of version", version)),
        )


def _deliveries(seen: SeenLead) -> Iterator[Moment]:
    for each in seen.deliveries:
        through = _destination(seen, each.destination_id)
        yield Moment(
            at=each.created_at,
            kind="delivery",
            what="Delivery put in the queue",
            details=(through,),
        )


def _attempts(seen: SeenLead, attempts: Sequence[AttemptRow]) -> Iterator[Moment]:
    destinations = {each.id: each.destination_id for each in seen.deliveries}
    for attempt in attempts:
        details = [_destination(seen, destinations[attempt.delivery_id])]
        if attempt.status_code is not None:
            details.append(("Answer", str(attempt.status_code)))
        if attempt.error:
            details.append(("Error", attempt.error))
        yield Moment(
            at=attempt.started_at,
            kind="attempt",
            what=f"Attempt {attempt.number}: {ATTEMPTS.get(attempt.outcome, attempt.outcome)}",
            details=details,
            bad=attempt.outcome in BAD,
        )


def _destination(seen: SeenLead, destination_id: UUID) -> tuple[str, str]:
    return "Destination", seen.names.get(destination_id, str(destination_id))
