"""One load of each shape, measured from both sides: what it saw, and what it used up."""

from uuid import UUID

import asyncpg

from leadflow.bench import load, wrk
from leadflow.bench.bed import Bed, Plan
from leadflow.bench.load import Outcome
from leadflow.bench.results import Load
from leadflow.bench.target import Target
from leadflow.bench.usage import used
from leadflow.errors import TemporaryError

FILE_ROWS = 1000  # a request


async def closed(at: Bed, plan: Plan, target: Target, connections: int, number: int) -> Load:
    """Send leads as fast as they are answered.

    Raises:
        TemporaryError: other leads are stored than those that were answered.
    """
    last = await _last(target)
    async with used(target) as usage:
        outcome = await _as_fast_as_answered(at, plan, target, connections)
    stored = await _stored_since(target, last)
    # What was under way when wrk stopped has no answer, and may be stored.
    if not outcome.leads <= stored <= outcome.leads + outcome.errors + connections:
        raise TemporaryError(f"{target.url}: {outcome.leads} leads were taken, {stored} stored")
    return Load(
        target=target.name,
        shape="closed",
        generator=plan.generator,
        round=number,
        connections=connections,
        outcome=outcome,
        used=usage.per_lead(stored),
    )


async def paced(at: Bed, plan: Plan, pace: float) -> Load:
    """Send `pace` leads a second, whether or not those before are answered."""
    target = at.made.target
    leads = at.people[target.name].leads(round(pace * plan.seconds))
    async with used(target) as usage:
        outcome = await load.post_paced(target.url, target.key, leads, pace)
    return Load(
        target=target.name,
        shape="paced",
        connections=load.CONNECTIONS,
        offered=pace,
        outcome=outcome,
        used=usage.per_lead(outcome.leads),
    )


async def in_files(at: Bed, plan: Plan, number: int) -> Load:
    """Send leads as NDJSON, one request after the other."""
    target = at.made.target
    leads = at.people[target.name].leads(plan.leads)
    async with used(target) as usage:
        outcome = await load.post_files(at.made.batch, target.key, leads, FILE_ROWS)
    return Load(
        target=target.name,
        shape="files",
        round=number,
        connections=1,
        outcome=outcome,
        used=usage.per_lead(outcome.leads),
    )


async def _as_fast_as_answered(at: Bed, plan: Plan, target: Target, connections: int) -> Outcome:
    people = at.people[target.name]
    if plan.generator == "wrk":
        return await wrk.post_each(target, people, connections, plan.seconds)
    return await load.post_each(target.url, target.key, people.leads(plan.leads), connections)


async def _last(target: Target) -> UUID:
    """Give the id of the latest lead: ids are in the order of time."""
    connection = await asyncpg.connect(target.database)
    try:
        last: UUID = await connection.fetchval("SELECT id FROM leads ORDER BY id DESC LIMIT 1")
        return last
    finally:
        await connection.close()


async def _stored_since(target: Target, last: UUID) -> int:
    """Count the leads after one. To count all would push what is measured out of memory."""
    connection = await asyncpg.connect(target.database)
    try:
        stored: int = await connection.fetchval("SELECT count(*) FROM leads WHERE id > $1", last)
        return stored
    finally:
        await connection.close()
