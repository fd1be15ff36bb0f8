"""What became of a submission: every way it can end, as values."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import Priority, RoutingResult, RoutingStatus, Status, Warned
from leadflow.errors import Problem


class Answer(Struct, frozen=True, kw_only=True):
    """What the sender of an accepted lead is told. It is stored, so a repeat is told the same.

    It names no person, and no other tenant's prices or caps.
    """

    id: UUID
    status: Status
    routing_status: RoutingStatus
    routing_result: RoutingResult | None
    vertical: str
    score: int | None  # 0 to 100; None while the lead is received and not yet scored
    score_source: str | None
    quality: int | None  # 0 to 100
    priority: Priority | None
    degraded: str | None
    destination_workspace_id: UUID | None
    agent_id: UUID | None
    duplicate_of: UUID | None  # the lead that holds the person at a partner
    reason: str  # one sentence: why it went where it went, or what it waits for
    warnings: tuple[Warned, ...]
    created_at: datetime


class Accepted(Struct, frozen=True):
    """A new lead was stored."""

    answer: Answer


class Replayed(Struct, frozen=True):
    """The same submission came before; nothing was stored, and the first answer stands."""

    answer: Answer


class DuplicateLead(Struct, frozen=True):
    """The same person is known in this workspace and vertical, inside the window."""

    lead_id: UUID


class KeyConflict(Struct, frozen=True):
    """A key came back with another body."""

    kind: str  # `idempotency`, `external`, `row`
    lead_id: UUID


class Refused(Struct, frozen=True):
    """The submission is no lead; all that is wrong with it is said at once."""

    problems: tuple[Problem, ...]


Outcome = Accepted | Replayed | DuplicateLead | KeyConflict | Refused
