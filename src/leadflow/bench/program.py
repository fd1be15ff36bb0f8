"""The whole benchmark: saturation beside the ceiling, loads at a pace, files, and the floors."""

import os
import platform
from collections.abc import Callable, Iterator

import asyncpg
import psutil

from leadflow import __version__
from leadflow.bench import floors, importing, measuring
from leadflow.bench.bed import Bed, Plan, bed
from leadflow.bench.installation import Installation
from leadflow.bench.quiet import settle
from leadflow.bench.results import Load, Machine, Results, saturation, share_of_ceiling
from leadflow.bench.usage import rows_written

SHARES = (0.1, 0.25, 0.5, 0.8)  # of saturation; above 0.8 a queue's length is chance
FIXED_PACE = 1000  # leads a second, so that machines can be compared

Tell = Callable[[str], None]


async def measure(plan: Plan, tell: Tell) -> Results:
    """Measure all of it.

    Args:
        plan: how much.
        tell: is told what is measured next.

    Raises:
        SetupError: something cannot be started.
        TemporaryError: the leads stored are not those that were answered.
    """
    async with bed() as at:
        ours, ceiling = at.targets
        async with rows_written(ours) as our_rows, rows_written(ceiling) as ceiling_rows:
            loads = await saturate(at, plan, tell)
        most = saturation(loads, "leadflow").leads_per_second
        await settle(at.made.database)  # or the first pace would pay for what came before
        for pace in paces(most):
            tell(f"at a pace: {pace:,.0f} leads a second, {plan.seconds} s")
            loads.append(await measuring.paced(at, plan, pace))
        for number in rounds(plan):
            tell(f"in files, round {number}")
            loads.append(await measuring.in_files(at, plan, number))
        tell(f"an import of some {plan.seconds} s, while others send leads one by one")
        imported = await importing.measure(at.made, at.people[ours.name], plan.seconds)
        tell("the floors: the same rows written bare")
        return Results(
            machine=await _machine(at.made),
            loads=loads,
            imported=imported,
            saturation={target.name: saturation(loads, target.name) for target in at.targets},
            share_of_ceiling=share_of_ceiling(loads),
            rows_per_lead={ours.name: our_rows.per_lead, ceiling.name: ceiling_rows.per_lead},
            floors=await floors.measure(at.made.database),
        )


async def saturate(at: Bed, plan: Plan, tell: Tell) -> list[Load]:
    """Send leads as fast as they are answered.

    Both servers take turns, so that what else the machine does meets them alike.
    """
    loads: list[Load] = []
    for number in rounds(plan):
        for connections in plan.connections:
            tell(f"as fast as they are answered: {connections} at a time, round {number}")
            loads += [
                await measuring.closed(at, plan, target, connections, number)
                for target in at.targets
            ]
    return loads


def paces(most: float) -> list[float]:
    """Choose the paces, in leads a second, for a server that takes `most`."""
    return sorted({*(max(1, round(most * share)) for share in SHARES), FIXED_PACE})


def rounds(plan: Plan) -> Iterator[int]:
    """Count the rounds from 1."""
    return iter(range(1, plan.rounds + 1))


async def _machine(made: Installation) -> Machine:
    connection = await asyncpg.connect(made.database)
    try:
        server = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return Machine(
        cores=os.cpu_count() or 1,
        memory_mb=psutil.virtual_memory().total // 2**20,
        python=platform.python_version(),
        postgres=server,
        leadflow=__version__,
    )
