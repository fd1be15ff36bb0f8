"""Secrets that the whole installation shares, and that outlive a change of `ENCRYPTION_KEY`."""

import secrets

from leadflow.store.database import Database
from leadflow.store.ids import new_id
from leadflow.store.queries import load
from leadflow.store.seal import Vault

SQL = load("installation")
SECRET_BYTES = 32


async def shared_secret(database: Database, vault: Vault, name: str) -> bytes:
    """Give the secret of this name, making it when it is asked for the first time.

    Raises:
        SetupError: it was sealed under a key we were not given.
    """
    async with database.service() as connection:
        row = await connection.fetchrow(SQL["get"], name)
        if row is None:
            about = new_id()
            sealed = vault.seal_text(about, secrets.token_bytes(SECRET_BYTES))
            await connection.execute(SQL["put"], name, about, sealed)
            [row] = await connection.fetch(SQL["get"], name)
    return vault.unseal_text(row["id"], row["sealed"])
