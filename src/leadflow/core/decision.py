"""A decision: what was chosen for a lead, among what, seen how, and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, field

from leadflow.core.schedule import WeeklyHours

CapWindow = Literal["hour", "day", "week", "month", "total"]
Gate = Literal[
    "gone",  # the destination is no longer there
    "repeated",  # a rule of higher rank leads to the same destination
    "held",  # the person is placed, and one of the two placements would be exclusive
    "inactive",  # paused
    "closed",  # outside its hours
    "capped",  # full
    "no_agent",  # agents would fit, and none is free
    "nobody",  # no agent would fit, free or not
]
AgentGate = Literal["inactive", "not_licensed", "off_specialty", "off_hours", "at_capacity"]


class Cap(Struct, frozen=True):
    """How many leads a destination takes in a window, and how many it has had."""

    window: CapWindow
    limit: int
    used: int
    ends_at: datetime | None  # when the window rolls over, after the snapshot's now; None: `total`


class AgentState(Struct, frozen=True, kw_only=True):
    """One agent as seen at the moment of deciding."""

    id: UUID
    workspace_id: UUID
    active: bool
    licensed_states: tuple[str, ...] = ()  # empty: licensed everywhere
    specialties: tuple[str, ...] = ()  # verticals; empty: unknown
    city: str | None = None
    state: str | None = None
    rating: float | None = None  # 0 to 5
    conversion_rate: float | None = None  # 0 to 1
    capacity: int  # leads at one time
    load: int  # leads open now
    last_assigned_at: datetime | None = None
    hours: WeeklyHours | None = None  # None: always


class DestinationState(Struct, frozen=True, kw_only=True):
    """One destination as seen at the moment of deciding."""

    id: UUID
    workspace_id: UUID  # who receives
    name: str
    active: bool
    hours: WeeklyHours | None = None
    weight: int = 1  # from 1
    credit: int = 0  # of the weighted rotation inside a tier: what it is owed, in weights
    price_minor: int = 0
    exclusive: bool = True
    assigns_agents: bool = False
    caps: tuple[Cap, ...] = ()
    agents: tuple[AgentState, ...] = ()  # ordered by id


class Held(Struct, frozen=True):
    """A person who is already placed: by whom, with whom, until when."""

    lead_id: UUID
    destination_id: UUID
    workspace_id: UUID  # the partner that holds the person
    exclusive: bool
    until: datetime
    several: bool = False  # through other leads as well; all of them shared


class Snapshot(Struct, frozen=True):
    """Everything outside the lead and the rulebook that a choice depends on.

    `held` is keyed by identity digest and covers the vertical of the lead that is decided.
    """

    destinations: Mapping[UUID, DestinationState]
    held: Mapping[tuple[bytes, str], Held] = field(default_factory=dict)  # (digest, vertical)


class Candidate(Struct, frozen=True, kw_only=True):
    """A rule that matched, and where it leads."""

    rule_id: UUID
    rule_name: str
    priority: int  # a higher number wins
    destination_id: UUID


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of one candidate: the gate that stopped it, or its rank.

    `gate` is None for a candidate that could have had the lead.
    """

    rule_id: UUID
    rule_name: str
    priority: int
    destination_id: UUID
    gate: Gate | None = None
    seen: str | None = None  # the values behind the gate: `day cap 20 of 20`
    reopens_at: datetime | None = None  # None: not known
    rank: int | None = None  # 1 is the winner


class AgentVerdict(Struct, frozen=True, kw_only=True):
    """What became of one agent: the gate that stopped them, or the terms of their rank.

    Each term is 0 to 1; `rank_score` is their weighted sum.
    """

    agent_id: UUID
    workspace_id: UUID
    gate: AgentGate | None = None
    seen: str | None = None
    specialization: float | None = None
    proximity: float | None = None
    performance: float | None = None
    availability: float | None = None
    rank_score: float | None = None
    rank: int | None = None


class Placed(Struct, frozen=True, tag="placed"):
    """The lead has one owner."""

    destination_id: UUID | None  # None: an agent by hand, who has no destination
    workspace_id: UUID
    rule_id: UUID | None  # None: placed by hand
    agent_id: UUID | None


class Kept(Struct, frozen=True, tag="kept"):
    """No rule matched, and the source keeps such leads."""

    workspace_id: UUID


class DuplicateOf(Struct, frozen=True, tag="duplicate"):
    """The person is already placed, and one of the two placements would be exclusive."""

    lead_id: UUID
    workspace_id: UUID


class Waiting(Struct, frozen=True, tag="waiting"):
    """There are candidates, and all are paused, closed, full or without a free agent.

    Costs no try.
    """

    until: datetime  # the earliest opening known


class NoCandidate(Struct, frozen=True, tag="no_candidate"):
    """Nothing could ever have taken the lead as the rules stand. Costs a try."""

    reason: str


class SentToReview(Struct, frozen=True, tag="review"):
    """No rule matched, and the source wants a person to look."""

    reason: str


Outcome = Placed | Kept | DuplicateOf | Waiting | NoCandidate | SentToReview


class Decision(Struct, frozen=True, kw_only=True):
    """The whole record.

    With the profile, the rulebook version and the group's opening snapshot, `route.choose` gives
    it again.
    """

    lead_id: UUID
    outcome: Outcome
    sentence: str  # the outcome's reason in one sentence, for people
    candidates: tuple[Verdict, ...]  # in the order they were considered
    agents: tuple[AgentVerdict, ...]  # of the destinations that got as far as their agents
    rulebook_version: int
    seed: int  # from the lead's id: all the chance there is, such as the jitter of its retries
    decided_at: datetime  # the `now` that was passed in
