"""Rate limits: each client's token bucket, shared by all processes."""

from datetime import datetime
from math import floor
from uuid import UUID

from msgspec import Struct

from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("limits")


class Bucket(Struct, frozen=True):
    """How much a bucket holds, and how fast it fills."""

    most: int  # tokens
    per_second: float  # tokens


class Lease(Struct, frozen=True):
    """Tokens taken out of a bucket, to be used or put back."""

    tokens: int
    left: float  # in the bucket


async def lease(
    connection: Connection,
    client_id: UUID,
    bucket: Bucket,
    *,
    wanted: int,
    at_least: int,
    returned: int,
    now: datetime,
) -> Lease:
    """Put back `returned` tokens of an earlier lease, and take up to `wanted`.

    Nothing is taken where there are not even `at_least`.
    """
    tokens: float = await connection.fetchval(
        SQL["fill"], client_id, float(bucket.most), bucket.per_second, float(returned), now
    )
    taken = min(wanted, floor(tokens))
    if taken < at_least:
        return Lease(0, tokens)
    await connection.execute(SQL["take"], client_id, float(taken))
    return Lease(taken, tokens - taken)
