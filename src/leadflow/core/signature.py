"""Standard Webhooks signatures: a message is from whom it says, unaltered, and of now.

The scheme is https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md:
`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. It stands in the core because leads
go out signed and come in signed.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from leadflow.errors import InputError

PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64  # bytes, as the specification says
TOLERANCE = timedelta(minutes=5)  # what the specification's own libraries allow

Verdict = Literal["valid", "incomplete", "stale", "wrong"]


def read_secret(text: str) -> bytes:
    """Read the key from a secret: base64, padded or not, `whsec_` in front or not.

    Raises:
        InputError: it is none; the message never shows it.
    """
    encoded = text.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise InputError(
            f"the webhook secret is not {PREFIX} and the base64 of "
            f"{SHORTEST_KEY} to {LONGEST_KEY} bytes"
        )
    return key


def write_secret(key: bytes) -> str:
    """Write a key as the receiver will want to paste it."""
    return PREFIX + base64.b64encode(key).decode()


def sign(key: bytes, message_id: str, at: datetime, body: bytes) -> str:
    """Sign a body. `message_id` holds no full stop; `at` counts in whole seconds."""
    return _signature(key, message_id, str(_seconds(at)), body)


def headers(keys: Sequence[bytes], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Make the three headers, signed with every key: during a rotation there are two."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(_seconds(at)),
        "webhook-signature": " ".join(sign(key, message_id, at, body) for key in keys),
    }


def verify(
    keys: Sequence[bytes],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> Verdict:
    """Judge a received message. One right signature of any key makes it valid.

    A `valid` message may still be a replay inside the tolerance: its `webhook-id` tells.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp, signatures = (
        given.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature")
    )
    if not (message_id and signatures and _is_number(timestamp)):
        return "incomplete"
    if abs(int(timestamp) - now.timestamp()) > tolerance.total_seconds():
        return "stale"
    ours = [_bytes(_signature(key, message_id, timestamp, body)) for key in keys]
    theirs = [_bytes(signature) for signature in signatures.split()]
    # Every pair is compared, and each in constant time: how long it takes tells nothing.
    matches = [hmac.compare_digest(our, their) for our in ours for their in theirs]
    return "valid" if any(matches) else "wrong"


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = b".".join((_bytes(message_id), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _bytes(header: str) -> bytes:
    return header.encode(errors="surrogatepass")  # servers read headers that are not UTF-8 as these


def _seconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 12
