"""Bring a database to the schema this release was written for."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import asyncpg
from msgspec import Struct

from leadflow.errors import SetupError
from leadflow.store.database import translated

LOCK = 0x6C656164  # "lead": any constant will do, as long as every process uses the same
OLDEST_SERVER = 16_00_00


class Migration(Struct, frozen=True):
    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def available() -> tuple[Migration, ...]:
    """List the migrations of this release, in order."""
    folder = files("leadflow.store") / "migrations"
    return tuple(
        Migration(
            number=int(file.name[:4]),
            name=file.name.removesuffix(".sql"),
            sql=file.read_text(encoding="utf-8"),
        )
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".sql")
    )


async def pending(connection: asyncpg.Connection) -> tuple[Migration, ...]:
    """List the migrations that this database still lacks.

    Raises:
        SetupError: the database was migrated by another release, or a file has changed since.
    """
    if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return available()
    applied = {
        row["number"]: row["digest"]
        for row in await connection.fetch("SELECT number, digest FROM schema_migrations")
    }
    known = available()
    for migration in known:
        if applied.get(migration.number, migration.digest) != migration.digest:
            raise SetupError(f"migration {migration.name} is not the file that was applied")
    if unknown := sorted(set(applied) - {migration.number for migration in known}):
        raise SetupError(f"the database has migrations that this release lacks: {unknown}")
    return tuple(migration for migration in known if migration.number not in applied)


async def migrate(url: str) -> tuple[str, ...]:
    """Bring a database to this release's schema, and name what was applied.

    Raises:
        TemporaryError: it cannot be reached.
        SetupError: it cannot be migrated.
    """
    async with _connected(url) as connection:
        return tuple(migration.name for migration in await apply_pending(connection))


async def status(url: str) -> tuple[str, ...]:
    """Name what a database lacks. Raises as `migrate` does."""
    async with _connected(url) as connection:
        return tuple(migration.name for migration in await pending(connection))


async def apply_pending(connection: asyncpg.Connection) -> tuple[Migration, ...]:
    """Apply what is pending, each migration in a transaction of its own, and say what it was.

    Processes that start together take turns under an advisory lock.

    Raises:
        SetupError: the server is older than PostgreSQL 16, or `pending` says so.
    """
    version = connection.get_server_version()
    if version.major * 10_000 < OLDEST_SERVER:
        raise SetupError(f"the server is PostgreSQL {version.major}; leadflow needs 16 or newer")
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
              number     integer     PRIMARY KEY,
              name       text        NOT NULL,
              digest     text        NOT NULL,
              applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
        todo = await pending(connection)
        for migration in todo:
            await _apply(connection, migration)
        return todo
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    with translated():
        connection = await asyncpg.connect(url, timeout=10)
        try:
            yield connection
        finally:
            await connection.close()


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        try:
            await connection.execute(migration.sql)
        except asyncpg.SyntaxOrAccessError as error:  # what is there is not ours, or not for us
            said = f"{type(error).__name__}: {error}"
            raise SetupError(f"migration {migration.name} cannot be applied ({said})") from error
        await connection.execute(
            "INSERT INTO schema_migrations (number, name, digest) VALUES ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.digest,
        )
