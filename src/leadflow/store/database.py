"""Connections: who asks, for which tenant, and what a lost server means."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from leadflow.errors import (
    ContendedError,
    LeadflowError,
    PermanentError,
    SetupError,
    TemporaryError,
)
from leadflow.telemetry import metrics

Role = Literal["leadflow_service", "adf_app", "adf_ro"]
Connection = asyncpg.pool.PoolConnectionProxy | asyncpg.Connection

RETRY_AFTER = timedelta(seconds=5)  # a restarted server answers within two
LOCK_TIMEOUT = "2s"  # a group holds its rows for some 20 ms
JSONB_VERSION = b"\x01"  # of the binary form of `jsonb`: it is followed by text
GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # it died while we were being let in
    asyncpg.OperatorInterventionError,  # it shuts down, starts up, or an operator cut us off
    asyncpg.InsufficientResourcesError,  # no disk, no memory, no connection left
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # it has become a standby
    asyncpg.IdleInTransactionSessionTimeoutError,
)
UNFIT = (
    asyncpg.ClientConfigurationError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
UNPREPARED = (
    asyncpg.InvalidParameterValueError,  # of `role`: the connection asks for one that is not there
    # The role is there, and was not granted to us; or we migrate, and may not make it.
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
)
CONTENDED = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
DRIVER = (*UNFIT, *UNPREPARED, *CONTENDED, *REFUSED, *GONE)
"""Every error of the driver that means something to us; what is not here is a mistake of ours."""


class Database:
    """The one store. Every transaction is opened as somebody: a tenant, the service, a reader.

    Args:
        url: of a PostgreSQL server, 16 or newer.
        size: connections at most, for each of the two pools.
        connect_timeout: seconds.
    """

    def __init__(self, url: str, *, size: int = 8, connect_timeout: float = 5) -> None:
        self._url = url
        self._size = size
        self._connect_timeout = connect_timeout
        self._pools: dict[Role, asyncpg.Pool] = {}

    async def open(self) -> None:
        """Make the pools. Connections are opened when they are first needed."""
        for role in ("leadflow_service", "adf_app"):
            self._pools[role] = await asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=self._size,
                timeout=self._connect_timeout,
                command_timeout=60,
                init=_teach_json,
                reset=_nothing_to_reset,
                server_settings={
                    "role": role,
                    "application_name": "leadflow",
                    "lock_timeout": LOCK_TIMEOUT,
                    "timezone": "UTC",
                },
            )

    async def close(self) -> None:
        """Wait until nobody uses a connection any more, and close them.

        Whoever asks for one afterwards is told that there is none.
        """
        for pool in self._pools.values():
            await pool.close()

    @asynccontextmanager
    async def service(self) -> AsyncIterator[Connection]:
        """Open a transaction as the walk, which sees every tenant's rows.

        Raises:
            TemporaryError: the server cannot be reached, or went away in between.
            ContendedError: somebody else holds a row for too long, or a deadlock was broken.
            PermanentError: the server refuses a row; the message names the constraint.
            SetupError: the server does not let us in, or lacks this release's schema.
        """
        async with self._transaction("leadflow_service") as connection:
            yield connection

    @asynccontextmanager
    async def tenant(self, workspace_id: UUID | None) -> AsyncIterator[Connection]:
        """Open a transaction in which row-level security shows one workspace's rows.

        None asks for every workspace: only operators' keys carry it.

        Raises: what `service` raises.
        """
        if workspace_id is None:
            async with self.service() as connection:
                yield connection
            return
        async with self._transaction("adf_app") as connection:
            await connection.execute(
                "SELECT set_config('leadflow.workspace_id', $1, true)", str(workspace_id)
            )
            yield connection

    async def alone(self, statement: str, *values: Any) -> None:
        """Execute one statement as the walk, in a transaction that ends with it.

        Raises: what `service` raises.
        """
        with translated():
            pool = self._pools["leadflow_service"]
            async with pool.acquire(timeout=self._connect_timeout) as connection:
                await connection.execute(statement, *values)

    async def ping(self) -> None:
        """Ask the server for a sign of life, on a connection of its own.

        Raises:
            TemporaryError: there is none.
        """
        async with self.service() as connection:
            await connection.fetchval("SELECT 1")

    def use(self) -> dict[str, tuple[int, int]]:
        """Tell, for each pool, how many connections are busy and how many there may be."""
        return {
            role: (pool.get_size() - pool.get_idle_size(), pool.get_max_size())
            for role, pool in self._pools.items()
        }

    @asynccontextmanager
    async def _transaction(self, role: Role) -> AsyncIterator[Connection]:
        with translated():
            async with (
                self._pools[role].acquire(timeout=self._connect_timeout) as connection,
                connection.transaction(),
            ):
                yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the driver raises as an error of ours, which says who can act."""
    try:
        yield
    except DRIVER as error:
        if isinstance(error, asyncpg.LockNotAvailableError):
            metrics.ROUTING_LOCK_TIMEOUT_ERRORS.inc()
        raise translate(error) from error


def translate(error: BaseException) -> LeadflowError:
    """Say what a driver's error means to us, in words that carry no data.

    A constraint's name tells what would have been broken; the row that broke it stays unsaid.
    """
    kind = type(error).__name__
    if isinstance(error, UNFIT):
        return SetupError(f"the database does not take us ({kind}): check DATABASE_URL")
    if isinstance(error, UNPREPARED):
        remedy = "run `leadflow db migrate` as a user who may make roles"
        return SetupError(f"the database is not prepared ({kind}): {remedy}")
    if isinstance(error, CONTENDED):
        return ContendedError(f"rows are held by others ({kind})")
    if isinstance(error, REFUSED):
        constraint = getattr(error, "constraint_name", None) or kind
        return PermanentError(f"the database refused a row: {constraint}")
    return TemporaryError(f"the database is not reachable ({kind})", retry_after=RETRY_AFTER)


async def _teach_json(connection: asyncpg.Connection) -> None:
    """Have JSON read and written by msgspec, in the form in which the server sends it."""
    codecs: Mapping[str, tuple[Callable[[Any], bytes], Callable[[bytes], Any]]] = {
        "json": (msgspec.json.encode, msgspec.json.decode),
        "jsonb": (_encode_jsonb, _decode_jsonb),
    }
    for name, (encoder, decoder) in codecs.items():
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=encoder, decoder=decoder, format="binary"
        )


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """Save the round trip: all we set, lock and listen to ends with its transaction."""


def _encode_jsonb(value: object) -> bytes:
    return JSONB_VERSION + msgspec.json.encode(value)


def _decode_jsonb(sent: bytes) -> Any:
    return msgspec.json.decode(memoryview(sent)[1:])
