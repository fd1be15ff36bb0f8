"""Rate limits: a token bucket for each key, shared by all processes."""

import asyncio
from collections import defaultdict
from datetime import timedelta
from time import monotonic
from uuid import UUID

from leadflow.api.errors import RateLimitedError
from leadflow.app import utc_now
from leadflow.errors import InputError
from leadflow.store import limits
from leadflow.store.clients import Client
from leadflow.store.database import Database
from leadflow.store.limits import Bucket

SHARE = 0.01  # of a bucket that a process takes at once: a hundred requests touch the database once
DENIAL_S = 1.0  # seconds a refusal is repeated without asking the bucket again


class RateLimits:
    """Lets each key do as much as its bucket holds, never more.

    A bucket holds the key's limit and fills evenly, by the limit a window. A process takes tokens
    out in portions. What it holds unused shrinks as fast as the bucket fills, so that bucket and
    portions together never hold more than the limit, and goes back with the next portion.

    Args:
        database: where the buckets are.
        limit: of keys that have none of their own.
        window: in which a bucket fills up.
    """

    def __init__(self, database: Database, limit: int, window: timedelta) -> None:
        self._database = database
        self._limit = limit
        self._window_s = window.total_seconds()
        self._portions: dict[UUID, _Portion] = defaultdict(_Portion)

    async def take(self, client: Client, tokens: int = 1) -> None:
        """Use up tokens of a client's bucket.

        Raises:
            RateLimitedError: there are not so many now. Nothing was used up.
            InputError: there will never be so many (`too_large`): to wait would not help.
            TemporaryError: the database is away.
        """
        limit = self._limit if client.rate_limit is None else client.rate_limit
        if limit == 0:
            return
        if tokens > limit:
            message = f"{tokens} rows at once are more than this key's limit of {limit}: send fewer"
            raise InputError(message, code="too_large")
        bucket = Bucket(limit, limit / self._window_s)
        portion = self._portions[client.id]
        if portion.spend(tokens, bucket, monotonic()):
            return
        async with portion.turn:
            if not portion.spend(tokens, bucket, monotonic()):
                await self._refill(client.id, portion, bucket, tokens)

    async def _refill(
        self, client_id: UUID, portion: "_Portion", bucket: Bucket, tokens: int
    ) -> None:
        wait = portion.denied(tokens, monotonic())
        if wait is not None:
            raise _limited(bucket, wait)
        returned, portion.tokens = portion.tokens, 0
        async with self._database.service() as connection:
            lease = await limits.lease(
                connection,
                client_id,
                bucket,
                wanted=max(tokens, int(bucket.most * SHARE)),
                at_least=tokens,
                returned=returned,
                now=utc_now(),
            )
        if lease.tokens == 0:
            wait = (tokens - lease.left) / bucket.per_second
            portion.deny(tokens, wait, monotonic())
            raise _limited(bucket, wait)
        portion.fill(lease.tokens, monotonic())
        portion.tokens -= tokens


class _Portion:
    """Tokens a process has taken out of one bucket."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.tokens = 0  # not used yet
        self._taken_at = 0.0
        self._too_many = 0
        self._until = 0.0
        self._there_at = 0.0

    def fill(self, tokens: int, now: float) -> None:
        self.tokens, self._taken_at = tokens, now

    def spend(self, tokens: int, bucket: Bucket, now: float) -> bool:
        usable = self.tokens - bucket.per_second * (now - self._taken_at)
        if usable < tokens:
            return False
        self.tokens -= tokens
        return True

    def deny(self, tokens: int, wait: float, now: float) -> None:
        self._too_many, self._there_at = tokens, now + wait
        self._until = now + min(wait, DENIAL_S)

    def denied(self, tokens: int, now: float) -> float | None:
        """Tell how long to wait, where as many tokens were not to be had a moment ago."""
        if tokens < self._too_many or now >= self._until:
            return None
        return self._there_at - now


def _limited(bucket: Bucket, wait: float) -> RateLimitedError:
    message = f"This key has used up its limit of {bucket.most} requests"
    return RateLimitedError(message, retry_after=timedelta(seconds=wait))
