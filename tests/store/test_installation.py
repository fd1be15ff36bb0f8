"""Secrets of the whole installation: made once, whoever comes first."""

import asyncio

import pytest

from leadflow.errors import SetupError
from leadflow.store.installation import SECRET_BYTES, shared_secret
from leadflow.store.seal import Vault

OLD, NEW = bytes(32), bytes(range(32))


async def test_processes_that_start_together_agree_on_one_secret(database):
    vault = Vault([NEW])
    secrets = await asyncio.gather(
        *(shared_secret(database, vault, "identity_key") for _ in range(4))
    )
    assert len(set(secrets)) == 1
    assert len(secrets[0]) == SECRET_BYTES
    assert await shared_secret(database, vault, "identity_key") == secrets[0]


async def test_each_name_has_its_own(database):
    vault = Vault([NEW])
    one, other = [await shared_secret(database, vault, name) for name in ("one", "other")]
    assert one != other


async def test_it_is_sealed_where_it_lies(database):
    secret = await shared_secret(database, Vault([NEW]), "identity_key")
    async with database.service() as connection:
        sealed = await connection.fetchval("SELECT sealed FROM installation")
    assert secret not in sealed


async def test_it_outlives_a_change_of_the_encryption_key(database):
    secret = await shared_secret(database, Vault([OLD]), "identity_key")
    assert await shared_secret(database, Vault([NEW, OLD]), "identity_key") == secret


async def test_without_the_key_it_was_sealed_under_nobody_makes_another(database):
    await shared_secret(database, Vault([OLD]), "identity_key")
    with pytest.raises(SetupError, match="ENCRYPTION_KEY lacks"):
        await shared_secret(database, Vault([NEW]), "identity_key")
