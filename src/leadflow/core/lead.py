"""The values that travel the walk: what was sent, what it was understood to be, what is known."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Scalar = str | int | float | bool
Value = Scalar | Sequence[str]
"""What a condition can be asked about. Money is a whole number of minor units."""

JSON = str | int | float | bool | None | Sequence["JSON"] | Mapping[str, "JSON"]

Channel = Literal["api", "batch", "webhook", "email_adf", "scrape", "manual"]
Status = Literal["received", "processed", "routed", "duplicate", "review", "expired", "rejected"]
RoutingStatus = Literal["pending", "routing", "routed", "failed", "expired"]
RoutingResult = Literal["success", "duplicate", "failed"]


class Source(Struct, frozen=True):
    """Where a lead came from: a channel and a name inside one workspace."""

    id: UUID
    workspace_id: UUID
    channel: Channel
    name: str
    reliability: float = 0.5  # 0 to 1: how good this source's leads have been


class Submission(Struct, frozen=True, kw_only=True):
    """One submission as a door took it in: nothing read yet but its envelope."""

    lead_id: UUID  # UUIDv7, ours: the answer never waits for the database to name it
    source: Source
    body: Mapping[str, JSON]
    received_at: datetime  # when the request's last byte arrived; becomes `leads.created_at`
    fingerprint: bytes  # BLAKE2b of the body's bytes: tells a repeat from a reuse of its key
    idempotency_key: str | None = None  # from the `Idempotency-Key` header
    row_key: str | None = None  # file hash and row number, for rows without an id of their own


class Warned(Struct, frozen=True):
    """Something odd about an accepted lead; it went on with what is usable."""

    code: str  # `phone_unverified`, `unknown_field`, `zip_state_mismatch` ...
    field: str
    message: str


class Address(Struct, frozen=True, kw_only=True):
    street: str | None = None
    street2: str | None = None
    city: str | None = None
    state: str | None = None  # USPS, 2 capital letters
    zip: str | None = None  # 5 digits, or 5-4; leading zeros kept
    country: str | None = None  # ISO 3166-1 alpha-2


class Contact(Struct, frozen=True, kw_only=True):
    """Who the person is and how to reach them. Sealed before it is stored."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None  # normalised: domain in lower-case ASCII
    phone: str | None = None  # E.164 when `phone_verified`, else the digits as sent
    phone_verified: bool = False  # a valid number, by its country's numbering plan
    address: Address = Address()
    date_of_birth: date | None = None


class Lead(Struct, frozen=True, kw_only=True):
    """One submission by one person for one vertical, read, normalised and found valid."""

    id: UUID
    source: Source
    vertical: str  # a name in `verticals.REGISTRY`
    contact: Contact
    data: Mapping[str, JSON]  # the vertical's fields by the names of the field table, normalised
    extra: Mapping[str, JSON]  # what the sender sent beyond the known fields, untouched
    external_id: str | None
    traffic_source: str | None
    received_at: datetime
    submitted_at: datetime | None = None  # when the person filled the form, if the sender says so
    warnings: tuple[Warned, ...] = ()


IdentityKind = Literal["email", "phone"]


class IdentityKey(Struct, frozen=True, order=True):
    """A keyed hash that stands for a person without saying who it is."""

    digest: bytes  # 16 bytes: keyed BLAKE2b over kind and normalised value
    kind: IdentityKind


EmailKind = Literal["business", "free", "disposable"]
PhoneKind = Literal["mobile", "fixed_line", "fixed_line_or_mobile", "toll_free", "voip", "other"]


class Facts(Struct, frozen=True, kw_only=True):
    """What local tables add to a lead. `None` means not known, never a guess."""

    city: str | None = None
    state: str | None = None
    county: str | None = None
    region: str | None = None  # US census region: Northeast, Midwest, South, West
    country: str | None = None
    zip: str | None = None  # 5 digits
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str | None = None  # IANA
    email_domain: str | None = None
    email_kind: EmailKind | None = None
    phone_kind: PhoneKind | None = None
    phone_region: str | None = None  # ISO 3166-1 alpha-2
    warnings: tuple[Warned, ...] = ()


class Reason(Struct, frozen=True):
    """One contribution to a score, in points, so that the points add up to it."""

    feature: str
    points: float
    because: str  # one sentence with the value seen


class Quality(Struct, frozen=True):
    value: int  # 0 to 100
    completeness: float  # each part 0 to 1
    freshness: float
    reliability: float
    engagement: float


class Score(Struct, frozen=True):
    value: int  # 0 to 100
    source: Literal["model", "fallback"]
    reasons: tuple[Reason, ...]
    degraded: str | None = None  # why a better source of the score was not used


Priority = Literal["hot", "warm", "cold"]

URGENCY: Mapping[Priority, int] = {"hot": 2, "warm": 1, "cold": 0}
"""In which order leads without an owner drain: a higher number first."""


class Classification(Struct, frozen=True):
    priority: Priority
    size: str | None = None  # small, mid, enterprise: of the company, where there is one
    industry: str | None = None
    territory: str | None = None


class Profile(Struct, frozen=True, kw_only=True):
    """All that deciding may look at: a lead without its contact data.

    Two leads with equal profiles are decided alike, whoever they are about. It is stored with the
    decision, so that the decision can be taken again.
    """

    lead_id: UUID
    workspace_id: UUID
    vertical: str
    attributes: Mapping[str, Value]  # the names in `attributes.py`; missing means not known
    identity: tuple[bytes, ...]  # digests of the lead's identity keys, in order
    received_at: datetime
