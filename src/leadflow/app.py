"""The one place where ports meet adapters."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial

from msgspec import Struct

from leadflow.core.deliver import Patience
from leadflow.core.enrich import LocalTables
from leadflow.destinations.webhook import Webhook, open_session
from leadflow.lookups.tables import load_tables
from leadflow.settings import Settings
from leadflow.store.bell import Bell, listen
from leadflow.store.database import Database
from leadflow.store.embedded import EmbeddedPostgres
from leadflow.store.ids import new_id
from leadflow.store.installation import shared_secret
from leadflow.store.seal import Vault, read_keys
from leadflow.work.deliver import Delivery, Limits
from leadflow.work.intake import Intake
from leadflow.work.loop import Loop
from leadflow.work.manual import ManualRouting
from leadflow.work.record import Tries
from leadflow.work.returns import Returns
from leadflow.work.routing import Routing
from leadflow.work.upkeep import PAUSE, Upkeep


class App(Struct, frozen=True, kw_only=True):
    """What the doors work with."""

    settings: Settings
    database: Database
    vault: Vault
    tables: LocalTables
    tries: Tries
    intake: Intake
    routing: ManualRouting
    returns: Returns


def utc_now() -> datetime:
    """Read the clock. The core is told the time; this is who tells."""
    return datetime.now(UTC)


def worker_name() -> str:
    """Name this process among all that work on the same database."""
    return f"{socket.gethostname()}:{os.getpid()}:{new_id().hex[-8:]}"


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Give the address of the database, running our own server while nobody else does."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.state).in_use() as url:
        yield url


@asynccontextmanager
async def open_app(settings: Settings, url: str) -> AsyncIterator[App]:
    """Have everything the doors need, for as long as the block lasts.

    On leaving, leads that were taken are answered before the database is let go.

    Raises:
        SetupError: a key or the schema is not as it must be.
        TemporaryError: the database is not reachable.
    """
    vault = Vault(read_keys(settings.demand_encryption_key()))
    tables = load_tables()
    tries = Tries(settings.max_retries, settings.retry_delay)
    database = Database(url, size=settings.pool_size)
    await database.open()
    try:
        secret = await shared_secret(database, vault, "identity_key")
        bell = Bell(database)
        bell.start()
        intake = Intake(database, vault, tables, secret, tries, bell, worker_name(), utc_now)
        intake.start()
        try:
            yield App(
                settings=settings,
                database=database,
                vault=vault,
                tables=tables,
                tries=tries,
                intake=intake,
                routing=ManualRouting(database, tries, utc_now, lease=settings.routing_lease),
                returns=Returns(database, tries, utc_now),
            )
        finally:
            await intake.close()
            await bell.close()
    finally:
        await database.close()


async def run_worker(settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Route what waits, deliver what is due and put away what is old, until `stop`.

    What is in hand then is finished first.

    Raises:
        SetupError: a key or the schema is not as it must be.
    """
    vault = Vault(read_keys(settings.demand_encryption_key()))
    owner = worker_name()
    tries = Tries(settings.max_retries, settings.retry_delay)
    database = Database(url, size=settings.pool_size)
    await database.open()
    async with open_session(private_addresses=settings.allow_private_destinations) as session:
        routing = Routing(
            database,
            owner,
            tries,
            utc_now,
            lease=settings.routing_lease,
            claim=settings.routing_claim,
        )
        delivery = Delivery(
            database,
            vault,
            {"webhook": Webhook(session, utc_now)},
            owner,
            utc_now,
            patience=Patience(first_wait=settings.delivery_retry_delay),
            limits=Limits(
                at_once=settings.worker_concurrency,
                timeout=settings.delivery_timeout,
                margin=settings.delivery_margin,
            ),
        )
        returns = Returns(database, tries, utc_now)
        upkeep = Upkeep(database, settings.lead_lifetime, utc_now)
        routing.start()
        delivery.start()
        try:
            await _work(url, routing, delivery, returns, upkeep, stop)
        finally:
            await routing.close()
            await delivery.close()
            await database.close()


async def _then_call(run_once: Callable[[], Awaitable[int]], call: Callable[[], None]) -> int:
    """Do one kind of work, and call for the next where there was some."""
    done = await run_once()
    if done:
        call()
    return done


async def _work(
    url: str,
    routing: Routing,
    delivery: Delivery,
    returns: Returns,
    upkeep: Upkeep,
    stop: asyncio.Event,
) -> None:
    route_once = partial(_then_call, routing.run_once, delivery.call)  # what was placed is due
    route = Loop("route", route_once, routing.next_due, utc_now)
    give_back = Loop("return", returns.run_once, returns.next_due, utc_now)
    tidy = Loop("upkeep", upkeep.run_once, upkeep.next_due, utc_now, longest_sleep=PAUSE)

    def called() -> None:
        route.call()
        delivery.call()
        give_back.call()

    async with asyncio.TaskGroup() as loops:
        loops.create_task(route.run(stop))
        loops.create_task(delivery.run(stop))
        loops.create_task(give_back.run(stop))
        loops.create_task(tidy.run(stop))
        loops.create_task(listen(url, called, stop))
