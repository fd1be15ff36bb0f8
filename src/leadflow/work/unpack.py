"""Open what a delivery carries, at the last moment before it leaves."""

from typing import Any

import msgspec
from msgspec import Struct

from leadflow.core.lead import Contact
from leadflow.core.payload import lead_routed
from leadflow.errors import SetupError
from leadflow.ports import Endpoint, Message
from leadflow.store.deliveries import Lease, Parcel
from leadflow.store.seal import Vault


class _Personal(Struct, frozen=True):
    """What was sealed with the lead."""

    contact: Contact
    data: dict[str, Any]
    extra: dict[str, Any]


def unpack(vault: Vault, lease: Lease, parcel: Parcel) -> tuple[Endpoint, Message]:
    """Open contact and secret, and write the message.

    Raises:
        SetupError: they are sealed under a key that is not there, or are not what we seal.
    """
    to = parcel.routed.destination
    plain = vault.unseal(lease.lead_id, parcel.key_id, parcel.sealed)
    try:
        personal = msgspec.json.decode(plain, type=_Personal)
    except msgspec.DecodeError as error:
        raise SetupError(f"what is sealed of lead {lease.lead_id} cannot be read") from error
    endpoint = Endpoint(
        destination_id=to.id,
        name=f"{to.workspace}/{to.name}",
        kind=parcel.kind,
        url=parcel.url,
        secret=vault.unseal_text(to.id, parcel.secret),
    )
    at = parcel.handed_over_at
    message = Message(
        delivery_id=lease.delivery_id,
        attempt=lease.attempt,
        created_at=at,
        payload=lead_routed(parcel.routed, personal.contact, personal.data, personal.extra, at),
    )
    return endpoint, message
