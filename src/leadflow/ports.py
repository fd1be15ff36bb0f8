"""What the shell needs from outside, as Protocols. Their docstrings are the contracts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from msgspec import Struct

from leadflow.core.lead import JSON


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where a destination's leads go."""

    destination_id: UUID
    name: str  # `workspace-slug/destination-name`
    kind: Literal["webhook"]
    url: str
    secret: bytes


class Message(Struct, frozen=True, kw_only=True):
    """One lead on its way to its owner."""

    delivery_id: UUID  # the same at every attempt: the receiver's idempotency key
    attempt: int  # from 1
    created_at: datetime
    payload: Mapping[str, JSON]  # with the contact data: it is what the receiver bought


class Receipt(Struct, frozen=True, kw_only=True):
    """What one attempt led to.

    `delivered`: the receiver has taken the lead. `refused`: it will never take it. `failed`: it
    has certainly not taken it, and may later. `unknown`: the request left us and no answer came.
    """

    outcome: Literal["delivered", "refused", "failed", "unknown"]
    status_code: int | None = None
    error: str | None = None  # names the thing and what was seen, never the payload
    retry_after: timedelta | None = None  # as the receiver asked


class Destination(Protocol):
    """Hands a message to a receiver.

    Promises: sends at most one request, within `timeout`; says `unknown` for every outcome it
    cannot be sure of; raises nothing for what a receiver or a network can do; sends to no other
    host than the endpoint's.
    """

    async def send(
        self,
        endpoint: Endpoint,
        message: Message,
        timeout: timedelta,  # noqa: ASYNC109  # the destination keeps it
    ) -> Receipt: ...
