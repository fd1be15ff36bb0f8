"""What a decision may look at, read back from where it is stored."""

from typing import Any

from leadflow.core.identity import DIGEST_BYTES
from leadflow.core.lead import Profile


def profile_of(row: Any) -> Profile:
    """Put a profile together from the columns of `leads` and `lead_facts` that it is stored in."""
    return Profile(
        lead_id=row["id"],
        workspace_id=row["workspace_id"],
        vertical=row["vertical"],
        attributes=row["attributes"],
        identity=split(row["identity"]),
        received_at=row["created_at"],
    )


def split(digests: bytes) -> tuple[bytes, ...]:
    """Take apart the digests of a lead's identity."""
    starts = range(0, len(digests), DIGEST_BYTES)
    return tuple(digests[start : start + DIGEST_BYTES] for start in starts)
