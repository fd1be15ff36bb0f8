"""Play a scenario against a whole installation: API, worker, and a receiver of deliveries."""

from collections.abc import Sequence
from datetime import timedelta

import aiohttp
from msgspec import Struct

from leadflow.bench import load
from leadflow.bench.bed import WARM_UP_CONNECTIONS
from leadflow.bench.installation import installation
from leadflow.bench.leads import People
from leadflow.bench.load import Outcome
from leadflow.bench.receiver import receiving
from leadflow.bench.scenarios import SCENARIOS, Expectation, ScenarioName, Seen, expectations
from leadflow.bench.usage import Used, used
from leadflow.bench.watch import NOTHING, Reading, until_worked_off, watching

WARM_UP = 32  # leads: every connection and every plan is made once


class Played(Struct, frozen=True, kw_only=True):
    """What came of a scenario."""

    scenario: ScenarioName
    a_second: float  # leads
    seconds: float
    outcome: Outcome
    used: Used
    seen: Seen
    expectations: Sequence[Expectation]
    holds: bool  # all of them


async def play(name: ScenarioName, lasts: timedelta) -> Played:
    """Send the leads of a scenario, for as long as `lasts` says, and see whether all holds.

    Raises:
        SetupError: the installation cannot be started.
    """
    scenario, people, seconds = SCENARIOS[name], People(), lasts.total_seconds()
    async with receiving() as receiver, installation(deliver_to=receiver) as made:
        target = made.target
        await load.post_each(target.url, target.key, people.leads(WARM_UP), WARM_UP_CONNECTIONS)
        leads = people.leads(max(1, round(scenario.a_second * seconds)))
        async with aiohttp.ClientSession(made.url) as session:
            await until_worked_off(session, NOTHING, scenario.recovered_within)
            async with watching(session) as readings, used(target) as usage:
                outcome = await load.post_paced(target.url, target.key, leads, scenario.a_second)
            recovered_s = await until_worked_off(session, readings[0], scenario.recovered_within)
        seen = _seen(outcome, readings, recovered_s)
        held = list(expectations(scenario, seen))
        return Played(
            scenario=name,
            a_second=scenario.a_second,
            seconds=seconds,
            outcome=outcome,
            used=usage.per_lead(outcome.leads),
            seen=seen,
            expectations=held,
            holds=all(each.holds for each in held),
        )


def _seen(outcome: Outcome, readings: Sequence[Reading], recovered_s: float | None) -> Seen:
    first, last = readings[0], readings[-1]
    retries = [reading.queues.get("retry", 0) for reading in readings]
    return Seen(
        sent=outcome.leads + outcome.errors,
        taken=outcome.leads,
        p95_ms=outcome.p95_ms,
        lock_timeouts=last.lock_timeouts - first.lock_timeouts,
        retry_queue_before=retries[0],
        retry_queue_most=max(retries),
        retry_queue_after=retries[-1],
        pools_most=max(reading.pool_share for reading in readings),
        recovered_s=recovered_s,
    )
