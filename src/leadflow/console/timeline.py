"""All that happened to a lead, in one order: events, decisions, attempts to deliver."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from leadflow.console.wording import plain, title
from leadflow.store.console import AttemptRow
from leadflow.work.viewing import SeenLead

EVENTS: Mapping[str, str] = {
    "lead.created": "Received",
    "lead.validated": "Found valid",
    "lead.enriched": "Facts added",
    "lead.scored": "Scored",
    "lead.processed": "Ready for an owner",
    "lead.routed": "Routed",
    "lead.duplicate_detected": "Found with another partner",
    "lead.failed": "Given up",
    "lead.expired": "Expired",
    "lead.delivered": "Delivered",
    "lead.reopened": "Re-opened",
    "lead.accepted": "Accepted by its owner",
    "lead.returned": "Came back from its owner",
    "lead.outcome_recorded": "Outcome recorded",
}
ATTEMPTS: Mapping[str, str] = {
    "sending": "on its way",
    "delivered": "taken",
    "refused": "refused for good",
    "failed": "failed",
    "unknown": "no answer came",
}
BAD = frozenset(("lead.failed", "lead.expired", "lead.returned", "refused", "failed", "unknown"))

# What one transaction writes has one time. Of one time, what led to the rest comes first.
TURNS = (
    "lead.created",
    "lead.validated",
    "lead.enriched",
    "lead.scored",
    "lead.processed",
    "decision",
    "event",  # any other
    "delivery",
    "attempt",
    "lead.delivered",
)


class Detail(Struct, frozen=True, kw_only=True):
    """One thing more about a moment."""

    name: str
    value: str
    lead_id: str | None = None  # of the lead that the value names


class Moment(Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at: datetime
    kind: str  # one of `TURNS`
    what: str
    details: Sequence[Detail] = ()
    bad: bool = False


def moments(seen: SeenLead, attempts: Sequence[AttemptRow]) -> list[Moment]:
    """List what happened, the oldest first."""
    return sorted(
        (*_events(seen), *_decisions(seen), *_deliveries(seen), *_attempts(seen, attempts)),
        key=lambda moment: (moment.at, TURNS.index(moment.kind)),
    )


def _events(seen: SeenLead) -> Iterator[Moment]:
    names = {str(id_): name for id_, name in seen.names.items()}  # as ids stand in events
    said = {each.decision.sentence for each in seen.decisions}
    for entry in seen.timeline:
        yield Moment(
            at=entry.occurred_at,
            kind=entry.name if entry.name in TURNS else "event",
            what=EVENTS.get(entry.name, title(entry.name)),
            details=tuple(_details(entry.data, names, said)),
            bad=entry.name in BAD,
        )


def _details(
    data: Mapping[str, Any], names: Mapping[str, str], said: Collection[str]
) -> Iterator[Detail]:
    """List what an event tells, but for what a decision says, and ids that have no name."""
    for field, value in data.items():
        text = plain(value)
        if field == "duplicate_of":
            yield Detail(name="Lead", value=text, lead_id=text)
        elif field.endswith("_id"):
            if text in names:
                yield Detail(name=title(field.removesuffix("_id")), value=names[text])
        elif text and text not in said:
            yield Detail(name=title(field), value=text)


def _decisions(seen: SeenLead) -> Iterator[Moment]:
    for each in seen.decisions:
        yield Moment(
            at=each.decision.decided_at,
            kind="decision",
            what="Decided",
            details=(
                Detail(name="Because", value=each.decision.sentence),
                Detail(name="Rules of version", value=str(each.decision.rulebook_version)),
            ),
        )


def _deliveries(seen: SeenLead) -> Iterator[Moment]:
    for each in seen.deliveries:
        yield Moment(
            at=each.created_at,
            kind="delivery",
            what="Delivery put in the queue",
            details=(_destination(seen, each.destination_id),),
        )


def _attempts(seen: SeenLead, attempts: Sequence[AttemptRow]) -> Iterator[Moment]:
    destinations = {each.id: each.destination_id for each in seen.deliveries}
    for attempt in attempts:
        details = [_destination(seen, destinations[attempt.delivery_id])]
        if attempt.status_code is not None:
            details.append(Detail(name="Answer", value=str(attempt.status_code)))
        if attempt.error:
            details.append(Detail(name="Error", value=attempt.error))
        yield Moment(
            at=attempt.started_at,
            kind="attempt",
            what=f"Attempt {attempt.number}: {ATTEMPTS.get(attempt.outcome, attempt.outcome)}",
            details=details,
            bad=attempt.outcome in BAD,
        )


def _destination(seen: SeenLead, destination_id: UUID) -> Detail:
    return Detail(name="Destination", value=seen.names.get(destination_id, str(destination_id)))
