"""Sessions of the console: opened once by a link, ended by time or by hand."""

import hashlib
import secrets
from datetime import datetime, timedelta

from leadflow.store.database import Connection
from leadflow.store.ids import new_id
from leadflow.store.queries import load

SQL = load("sessions")

TOKEN_BYTES = 32
LINK_LASTS = timedelta(hours=1)
SESSION_LASTS = timedelta(hours=12)  # a working day


async def offer(connection: Connection, now: datetime) -> str:
    """Make the token of a login link, good once and for an hour."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await connection.execute(SQL["forget"], now)
    await connection.execute(SQL["offer"], new_id(), _digest(token), now + LINK_LASTS, now)
    return token


async def open_with(connection: Connection, token: str, now: datetime) -> str | None:
    """Use a login link, and give the session's own token. None: the link is used, or too old."""
    session = secrets.token_urlsafe(TOKEN_BYTES)
    opened = await connection.fetchval(
        SQL["open"], _digest(token), _digest(session), now + SESSION_LASTS, now
    )
    return None if opened is None else session


async def is_open(connection: Connection, session: str, now: datetime) -> bool:
    """Tell whether a session's token is good."""
    return await connection.fetchval(SQL["is_open"], _digest(session), now) is not None


async def close(connection: Connection, session: str, now: datetime) -> None:
    """End a session."""
    await connection.execute(SQL["close"], _digest(session), now)


def _digest(token: str) -> bytes:
    """Hash a token for look-up. It is random, so that a slow hash would protect nothing."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
