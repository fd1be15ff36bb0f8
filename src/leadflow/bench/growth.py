"""Growth: what a lead costs when many are stored already."""

from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from itertools import count

import asyncpg
from msgspec import Struct

from leadflow.bench import load
from leadflow.bench.installation import Installation, installation
from leadflow.bench.leads import People
from leadflow.bench.load import Outcome
from leadflow.bench.quiet import settle
from leadflow.bench.usage import Used, used
from leadflow.store.queries import split

PATTERNS = 1000  # leads that came through the walk, of which the earlier ones are copies
CHUNK = 100_000  # copies a transaction; a multiple of the group of 100 that shares a decision's row
CONNECTIONS = 64
SQL = split("growth", (files("leadflow.bench") / "growth.sql").read_text(encoding="utf-8"))

Tell = Callable[[str], None]


class Stage(Struct, frozen=True, kw_only=True):
    """What leads cost at one size. The rounds, in their order."""

    stored: int  # leads, when it was measured
    megabytes: float  # of tables and indexes
    outcomes: Sequence[Outcome]
    used: Sequence[Used]


async def measure(sizes: Sequence[int], leads: int, rounds: int, tell: Tell) -> list[Stage]:
    """Send `leads` leads `rounds` times at each of these sizes, smallest first.

    Raises:
        SetupError: the installation cannot be started.
    """
    stages = []
    people, chunks = People(), count(0, CHUNK)
    async with installation() as made:
        target = made.target
        await load.post_each(target.url, target.key, people.leads(PATTERNS), CONNECTIONS)
        for size in sorted(sizes):
            stored = await _fill(made, size, chunks, tell)
            await settle(made.database)
            tell(f"{stored:,} leads are stored")
            outcomes, costs = [], []
            for _ in range(rounds):
                async with used(target) as usage:
                    bodies = people.leads(leads)
                    outcomes.append(
                        await load.post_each(target.url, target.key, bodies, CONNECTIONS)
                    )
                costs.append(usage.per_lead(leads))
            stages.append(
                Stage(
                    stored=stored,
                    megabytes=await _megabytes(made),
                    outcomes=outcomes,
                    used=costs,
                )
            )
    return stages


async def _fill(made: Installation, size: int, chunks: Iterator[int], tell: Tell) -> int:
    """Add copies until so many leads are stored.

    Args:
        made: where to.
        size: how many there shall be.
        chunks: the first number of each chunk of copies; no number is used twice.
        tell: is told how far it is.
    """
    connection = await asyncpg.connect(made.database)
    try:
        stored: int = await connection.fetchval("SELECT count(*) FROM leads")
        while stored < size:
            copies = min(CHUNK, size - stored)
            await _copy(connection, next(chunks), copies, size + CHUNK)
            stored += copies
            tell(f"{stored:,} of {size:,}")
        return stored
    finally:
        await connection.close()


async def _copy(connection: asyncpg.Connection, first: int, copies: int, of_all: int) -> None:
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        await connection.execute(SQL["copies"], first, copies, float(of_all))
        await connection.execute("ANALYZE copies")
        for name, statement in SQL.items():
            if name != "copies":
                await connection.execute(statement)


async def _megabytes(made: Installation) -> float:
    connection = await asyncpg.connect(made.database)
    try:
        size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
        return size / 2**20
    finally:
        await connection.close()
