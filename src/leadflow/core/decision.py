"""A decision: what was chosen for a lead, among what, seen how, and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, field

from leadflow.core.conditions import Condition
from leadflow.core.schedule import Leave, Opening, WeeklyHours

CapWindow = Literal["hour", "day", "week", "month", "total"]
CapUnit = Literal["leads", "money"]
AgentChoice = Literal["rank", "rotation"]
Gate = Literal[
    "gone",  # the destination is no longer there
    "repeated",  # a rule of higher rank leads to the same destination
    "held",  # the person is with as many partners already as this one, or one of them, allows
    "off_schedule",  # the rule does not hold at this hour
    "filtered",  # the destination does not want such leads
    "returned",  # the lead was there, and came back
    "inactive",  # paused
    "failing",  # paused by itself, because deliveries fail
    "closed",  # outside its hours
    "capped",  # full
    "no_agent",  # agents would fit, and none is free
    "nobody",  # no agent would fit, free or not
]
AgentGate = Literal[
    "inactive",
    "returned",
    "not_in_team",
    "not_licensed",
    "off_specialty",
    "on_leave",
    "off_hours",
    "at_capacity",
]


class Cap(Struct, frozen=True):
    """How much a destination takes in a window, and how much it has had."""

    window: CapWindow
    limit: int
    used: int
    ends_at: datetime | None  # when the window rolls over, after the snapshot's now; None: `total`
    unit: CapUnit = "leads"  # `money`: minor units of the destination's currency


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
    leave: tuple[Leave, ...] = ()
    teams: tuple[str, ...] = ()
    weight: int = 1  # of the rotation among agents, from 1
    credit: int = 0  # of that rotation: see `core.rotation`


class DestinationState(Struct, frozen=True, kw_only=True):
    """One destination as seen at the moment of deciding."""

    id: UUID
    workspace_id: UUID  # who receives
    name: str
    active: bool
    failing_until: datetime | None = None  # paused by itself until then
    time_zone: str = "UTC"  # IANA: its hours, its caps and the schedules of rules that lead to it
    hours: WeeklyHours | None = None
    filter: Condition | None = None  # what it asks of a lead; None: nothing
    weight: int = 1  # from 1
    credit: int = 0  # of the rotation inside a tier: see `core.rotation`
    price_minor: int = 0
    currency: str = "USD"  # ISO 4217
    max_owners: int = 1  # who may have the person at one time; 1: nobody else
    assigns_agents: bool = False
    agent_choice: AgentChoice = "rank"
    caps: tuple[Cap, ...] = ()
    agents: tuple[AgentState, ...] = ()  # ordered by id


class Held(Struct, frozen=True):
    """One placement of a person: through which lead, with whom, until when."""

    lead_id: UUID
    destination_id: UUID
    workspace_id: UUID  # the partner that holds the person
    max_owners: int  # who may have the person at that time; 1: nobody else
    until: datetime


class Holding(Struct, frozen=True):
    """All who have a person, in the order in which they got them."""

    by: tuple[Held, ...]  # some may be over by now
    revision: int = 0  # of the row that says so; 0: there is none


class Snapshot(Struct, frozen=True):
    """Everything outside the lead and the rulebook that a choice depends on.

    `held` is keyed by identity digest and covers the vertical of the lead that is decided.
    `returned` names, by lead, the destinations and agents it came back from.
    """

    destinations: Mapping[UUID, DestinationState]
    held: Mapping[tuple[bytes, str], Holding] = field(default_factory=dict)  # (digest, vertical)
    returned: Mapping[UUID, tuple[UUID, ...]] = field(default_factory=dict)


class Candidate(Struct, frozen=True, kw_only=True):
    """A rule that matched, and where it leads."""

    rule_id: UUID
    rule_name: str
    priority: int  # a higher number wins
    destination_id: UUID
    fallback: bool = False  # only for what nobody else can take
    team: str | None = None  # of the destination's agents, who alone may have it; None: all
    schedule: tuple[Opening, ...] | None = None  # when the rule holds; None: always


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of one candidate: the gate that stopped it, or its rank.

    `gate` is None for a candidate that could have had the lead.
    """

    rule_id: UUID
    rule_name: str
    priority: int
    destination_id: UUID
    gate: Gate | None = None
    seen: str | None = None  # the values behind the gate or the rank: `day cap 20 of 20`
    reopens_at: datetime | None = None  # None: not known
    fallback: bool = False
    rank: int | None = None  # 1 is the winner
    in_turn: bool = False  # it was the turn of the winner, or of this one as well


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
    in_turn: bool = False  # where agents take turns: it was theirs, or might have been


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
    """The person is with as many partners already as may have them."""

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
