"""Who calls, and what they may do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from leadflow.api.caching import Cache
from leadflow.api.limits import RateLimits
from leadflow.app import utc_now
from leadflow.errors import InputError
from leadflow.store import clients
from leadflow.store.clients import Client, Scope
from leadflow.store.database import Database

FRESH_S = 5.0  # seconds for which a revoked key may still open something


class Keys:
    """Finds out whose key a request carries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._clients = Cache("api_keys", self._look_up, fresh_s=FRESH_S)

    async def client(self, authorization: str | None, now: datetime) -> Client:
        """Name the client behind an `Authorization` header.

        Raises:
            InputError: there is no key, or none that opens anything (`unauthenticated`).
            TemporaryError: the database is away, and the key was not seen a moment ago.
        """
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            message = "This call needs a key: send the header Authorization: Bearer KEY"
            raise InputError(message, code="unauthenticated")
        client = await self._clients.get(clients.digest_of(key.strip()))
        if client is None or not client.valid(now):
            raise InputError("This key is not valid", code="unauthenticated")
        return client

    async def _look_up(self, digest: bytes) -> Client | None:
        async with self._database.service() as connection:
            return await clients.by_digest(connection, digest)


class Gate:
    """Lets a call through to its handler, or not."""

    def __init__(self, keys: Keys, limits: RateLimits) -> None:
        self._keys = keys
        self._limits = limits

    async def admit(self, authorization: str | None, asked: Mapping[str, Any]) -> Client:
        """Check key, scope and rate limit, in this order.

        Args:
            authorization: the header.
            asked: the handler's `opt`: its `scope`, and whether it `counts_rows`, which means that
                it takes the tokens for what it is sent itself.

        Raises:
            InputError: `unauthenticated` or `forbidden`.
            RateLimitedError: the key has used up its requests.
        """
        client = await self._keys.client(authorization, utc_now())
        if "scope" in asked:
            demand(client, asked["scope"])
        if not asked.get("counts_rows"):
            await self._limits.take(client)
        return client


async def authorize(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Stand in front of a handler: the framework calls it before anything is read.

    Everybody may ask which methods there are: the documentation says it too.
    """
    if isinstance(handler, HTTPRouteHandler) and "OPTIONS" in handler.http_methods:
        return
    gate: Gate = connection.app.state.gate
    connection.scope["user"] = await gate.admit(
        connection.headers.get("authorization"), handler.opt
    )


def demand(client: Client, scope: Scope) -> None:
    """Insist on a scope.

    Raises:
        InputError: the key lacks it (`forbidden`).
    """
    if scope not in client.scopes:
        raise InputError(f"This key lacks the scope {scope}", code="forbidden")
