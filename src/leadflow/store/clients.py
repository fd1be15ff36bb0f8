"""API clients: keys, of which only a digest is kept."""

import hashlib
import secrets
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from leadflow.store.database import Connection
from leadflow.store.queries import load
from leadflow.store.rows import each, one

SQL = load("clients")

Scope = Literal["leads:write", "leads:read", "route", "admin"]
SCOPES: tuple[Scope, ...] = ("leads:write", "leads:read", "route", "admin")

KEY_BYTES = 32
SHOWN = 11  # characters of a key that lists show: `lf_` and 48 of its 256 bits


class Client(Struct, frozen=True, kw_only=True):
    """A key's holder."""

    id: UUID
    name: str
    prefix: str  # the key's first characters, to tell keys apart in lists
    scopes: frozenset[Scope]
    workspace_id: UUID | None  # None: every workspace
    rate_limit: int | None  # requests a window; None: the installation's default; 0: no limit
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def valid(self, now: datetime) -> bool:
        """Tell whether the key opens anything at all."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def new_key() -> str:
    """Make a key: `lf_` and 256 random bits in base64url."""
    return f"lf_{secrets.token_urlsafe(KEY_BYTES)}"


def digest_of(key: str) -> bytes:
    """Hash a key for look-up. It is random, so that a slow hash would protect nothing."""
    return hashlib.sha256(key.encode()).digest()


async def insert(connection: Connection, client: Client, key: str) -> None:
    """Add a client; of its key, only the digest is kept."""
    await connection.execute(
        SQL["insert"],
        client.id,
        client.name,
        client.prefix,
        digest_of(key),
        sorted(client.scopes),
        client.workspace_id,
        client.rate_limit,
        client.created_at,
        client.expires_at,
    )


async def update(connection: Connection, client: Client) -> None:
    """Replace what an administrator may change. The workspace stays."""
    await connection.execute(
        SQL["update"],
        client.id,
        client.name,
        sorted(client.scopes),
        client.rate_limit,
        client.expires_at,
    )


async def revoke(connection: Connection, client_id: UUID, now: datetime) -> None:
    """End a key for good. Processes that know it notice within seconds."""
    await connection.execute(SQL["revoke"], client_id, now)


async def by_digest(connection: Connection, digest: bytes) -> Client | None:
    """Find the client whose key hashes to this, unless its workspace is not active."""
    return one(await connection.fetchrow(SQL["by_digest"], digest), Client)


async def by_id(
    connection: Connection, client_id: UUID, workspace_id: UUID | None
) -> Client | None:
    """Find a client, of one workspace or of any."""
    return one(await connection.fetchrow(SQL["by_id"], client_id, workspace_id), Client)


async def hold(connection: Connection, client_id: UUID, workspace_id: UUID | None) -> Client | None:
    """Find a client and keep others from changing it until the transaction ends."""
    return one(await connection.fetchrow(SQL["hold"], client_id, workspace_id), Client)


async def page(
    connection: Connection, workspace_id: UUID | None, after: UUID | None, limit: int
) -> list[Client]:
    """List clients made after the one named `after`, oldest first."""
    return each(await connection.fetch(SQL["page"], workspace_id, after, limit), Client)
