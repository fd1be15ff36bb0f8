"""The demo from its start to its end."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from secrets import randbelow

import aiohttp
from msgspec import Struct
from rich.live import Live

from leadflow.app import utc_now
from leadflow.cli import keys
from leadflow.cli.demo.board import Board
from leadflow.cli.demo.people import Sending, feed
from leadflow.cli.demo.receiver import Receiver, receiving
from leadflow.cli.demo.sending import Feed, Tally
from leadflow.cli.demo.summary import Summary, problems
from leadflow.cli.demo.telling import say_summary, say_what_to_try
from leadflow.cli.demo.world import Door, World, plans, set_up
from leadflow.cli.installation import Running, running
from leadflow.cli.output import remark, say_json, terminal
from leadflow.cli.running import stop_on_signals
from leadflow.cli.tenants import workspace_named
from leadflow.settings import Settings
from leadflow.store import counts
from leadflow.store.clients import SCOPES, Scope
from leadflow.store.counts import Counts
from leadflow.store.database import Database

SENDER: tuple[Scope, ...] = ("leads:write", "leads:read", "route")
A_SECOND = 25.0  # requests, so that a person can follow
SEEDS = 10**6
DELIVERED_WITHIN = timedelta(seconds=90)  # the first retry comes after 10 s at least
LOOK_EVERY_S = 0.2
LOG = "demo.log"


class Asked(Struct, frozen=True, kw_only=True):
    """What the command line says."""

    leads: int
    seed: int | None
    exit: bool
    json: bool
    started_at: float | None  # seconds of the epoch


class Scene(Struct, frozen=True, kw_only=True):
    """Everything in its place, before the first lead."""

    here: Running
    database: Database
    session: aiohttp.ClientSession  # over the API
    keys: Mapping[str, str]  # by workspace
    receiver: Receiver
    world: World


async def run_demo(settings: Settings, asked: Asked) -> int:
    """Set the scene, send the leads, say what became of them; give the exit code.

    Raises:
        SetupError: the installation is not one for a demo, or something cannot run.
        TemporaryError: the database is not reachable.
    """
    began = utc_now()
    stop = asyncio.Event()
    stop_on_signals(stop)
    seed = randbelow(SEEDS) if asked.seed is None else asked.seed
    sendings = feed(asked.leads, seed)
    async with _scene(settings, stop) as scene:
        if scene is None:
            return 0
        since = utc_now()
        tally = Tally()
        with _shown(Board(tally, scene.receiver, scene.world, len(sendings))):
            a_second = None if asked.exit else A_SECOND
            await Feed(scene.session, scene.keys, tally, a_second).send(sendings, stop)
            stored = await _settled(scene, since, stop)
        if stop.is_set():
            return 0
        summary = _summary(asked, seed, sendings, tally, scene.receiver, stored, began, since)
        if asked.exit and asked.json:
            say_json(summary)
        else:
            say_summary(summary)
        if not asked.exit:
            await say_what_to_try(scene.here, settings, scene.keys, tally, scene.world)
            await scene.here.until(stop)
    return 0 if summary.ok or not asked.exit else 1


@asynccontextmanager
async def _scene(settings: Settings, stop: asyncio.Event) -> AsyncIterator[Scene | None]:
    """Have an installation run with the demo's world in it. None: it was stopped before."""
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o711)
    remark("starting PostgreSQL, the API and a worker ...")
    with (settings.state / LOG).open("ab") as log:
        async with receiving() as receiver, running(settings, stop, log) as here:
            if stop.is_set():
                yield None
                return
            database = Database(here.url, size=2)
            await database.open()
            try:
                async with aiohttp.ClientSession(here.address) as session:
                    operator = await _operator_key(database)
                    remark("setting up brands, partners, agents and rules ...")
                    world = await set_up(Door(session, operator), receiver)
                    yield Scene(
                        here=here,
                        database=database,
                        session=session,
                        keys=await _sender_keys(database),
                        receiver=receiver,
                        world=world,
                    )
            finally:
                await database.close()


def _shown(board: Board) -> AbstractContextManager[object]:
    """Show the board for as long as the block lasts, where there is a terminal to show it on."""
    console = terminal()
    if console.is_terminal:
        return Live(board, console=console)
    remark(f"sending {board.total} requests ...")
    return nullcontext()


async def _settled(scene: Scene, since: datetime, stop: asyncio.Event) -> Counts:
    """Wait until every delivery is over, and count what there is."""
    patience = utc_now() + DELIVERED_WITHIN
    while True:
        async with scene.database.service() as connection:
            stored = await counts.count(connection, since, utc_now())
        over = not set(stored.deliveries) - {"delivered", "dead"}
        if over or stop.is_set() or utc_now() > patience:
            return stored
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await stop.wait()
        except TimeoutError:
            continue


def _summary(
    asked: Asked,
    seed: int,
    sendings: Sequence[Sending],
    tally: Tally,
    receiver: Receiver,
    stored: Counts,
    began: datetime,
    since: datetime,
) -> Summary:
    found = tuple(problems(sendings, tally, receiver, stored))
    first = tally.first_routed
    start = began.timestamp() if asked.started_at is None else asked.started_at
    return Summary(
        ok=not found,
        problems=found,
        seed=seed,
        sent=tally.ended.total(),
        ended=dict(tally.ended),
        leads=dict(tally.leads),
        deliveries=stored.deliveries,
        put_off=receiver.put_off,
        seconds_to_first_routed=None if first is None else round(first.at.timestamp() - start, 1),
        seconds=round((utc_now() - since).total_seconds(), 1),
    )


async def _operator_key(database: Database) -> str:
    """Make the key by which the world is set up; those of earlier demos end."""
    async with database.service() as connection:
        async for client in keys.everyone(connection):
            if client.name.startswith("demo") and client.revoked_at is None:
                await keys.end(connection, client)
        _, key = await keys.make(connection, "demo operator", SCOPES, None, rate_limit=0)
    return key


async def _sender_keys(database: Database) -> dict[str, str]:
    """Make a key for each brand."""
    made = {}
    async with database.service() as connection:
        for plan in plans():
            if plan.rules is not None:
                workspace = await workspace_named(connection, plan.slug)
                _, made[plan.slug] = await keys.make(
                    connection, f"demo {plan.slug}", SENDER, workspace.id, rate_limit=0
                )
    return made
