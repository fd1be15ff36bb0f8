"""One run: everything at once, then rest, then judgement."""

import asyncio
from collections.abc import Mapping
from time import monotonic

import asyncpg
from msgspec import Struct

from proofs import guards, invariants, world
from proofs.chaos import Chaos
from proofs.installation import Installation, installation
from proofs.invariants import Broken
from proofs.ledger import Ledger
from proofs.owners import Owners
from proofs.plan import Plan
from proofs.receiver import Receiver
from proofs.report import Tell
from proofs.senders import Senders

PROGRESS_EVERY_S = 10
POLL_S = 0.25

# What still moves, or will move by itself before long. Leads that wait for room do not.
UNREST = """
SELECT
  (SELECT count(*) FROM leads WHERE status = 'received') AS received,
  (SELECT count(*) FROM leads WHERE routing_status = 'routing') AS in_hand,
  (SELECT count(*) FROM lead_routing_queue
   WHERE processed_at IS NULL AND (reason = 'retry' OR next_retry_at <= now())) AS due,
  (SELECT count(*) FROM deliveries
   WHERE state IN ('pending', 'sending') OR state = 'unknown' AND next_attempt_at IS NOT NULL)
    AS deliveries,
  (SELECT count(*) FROM placements p
   WHERE p.released_at IS NULL AND p.accepted_at IS NULL AND p.return_at <= now()
     AND NOT EXISTS (
       SELECT FROM deliveries d WHERE d.placement_id = p.id AND d.state = 'unknown'
     )) AS overdue
"""
FIGURES = """
SELECT 'leads, ' || status AS what, count(*) AS many FROM leads GROUP BY status
UNION ALL
SELECT 'placements', count(*) FROM placements
UNION ALL
SELECT 'destinations paused by failures', count(*) FROM delivery_health
WHERE paused_until IS NOT NULL
UNION ALL
SELECT 'placements, ' || reason, count(*) FROM returns GROUP BY reason
UNION ALL
SELECT 'assignments', count(*) FROM assignments
UNION ALL
SELECT 'leads taken over or tried again', count(*) FROM leads WHERE routing_attempts > 1
UNION ALL
SELECT 'deliveries, ' || state, count(*) FROM deliveries GROUP BY state
UNION ALL
SELECT 'delivery attempts, ' || outcome, count(*) FROM delivery_attempts GROUP BY outcome
UNION ALL
SELECT 'moves of leads', count(*) FROM proof.moves
ORDER BY what
"""


class Verdict(Struct, frozen=True, kw_only=True):
    """What a run has shown."""

    figures: Mapping[str, int]
    found: Mapping[str, Broken | None]  # by invariant; None: it holds
    unrest: str | None  # what did not come to rest in its time

    @property
    def broken(self) -> frozenset[str]:
        """Name the invariants that do not hold."""
        return frozenset(name for name, broken in self.found.items() if broken is not None)


async def prove(plan: Plan, tell: Tell, broken: str | None = None) -> Verdict:
    """Do all that is planned to an installation of its own, and judge what is left.

    Args:
        plan: the measure.
        tell: told how far it is.
        broken: the guard to break first.
    """
    ledger = Ledger()
    receiver = Receiver(ledger, plan.seed)
    guard = None if broken is None else guards.GUARDS[broken]
    async with receiver.open(), installation(plan, broken, guard) as made:
        started = monotonic()
        await _trouble(plan, made, receiver, ledger, tell)
        took = int(monotonic() - started)
        receiver.calm = True
        unrest = await _rest(plan, made.pool, tell)
        rested = int(monotonic() - started) - took
        async with made.pool.acquire() as connection:
            await ledger.store(connection)
            found = await invariants.check(connection)
            figures = {row["what"]: row["many"] for row in await connection.fetch(FIGURES)}
    figures = {**_figures(ledger), "seconds under load": took, "seconds to rest": rested, **figures}
    return Verdict(figures=figures, found=found, unrest=unrest)


async def _trouble(
    plan: Plan, made: Installation, receiver: Receiver, ledger: Ledger, tell: Tell
) -> None:
    """Send leads and make trouble, until there has been enough of both."""
    enough = asyncio.Event()
    there = await world.set_up(made.client, receiver.url, plan.leads)
    senders = Senders(made.client, ledger, plan, enough)
    owners = Owners(made.client, ledger, receiver, plan.seed)
    chaos = Chaos(plan, made, there, ledger)
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(owners.run())
        progress = group.create_task(_progress(plan, ledger, tell))
        await senders.duel()
        sending = group.create_task(senders.run())
        await chaos.run()
        enough.set()
        await sending
        owners.stop()
        await calling
        progress.cancel()


async def _progress(plan: Plan, ledger: Ledger, tell: Tell) -> None:
    while True:
        done = ", ".join(f"{many} {what}" for what, many in sorted(ledger.done.items()))
        tell(f"{ledger.leads} of {plan.leads} leads; {done or 'nothing done to them yet'}")
        await asyncio.sleep(PROGRESS_EVERY_S)


async def _rest(plan: Plan, pool: asyncpg.Pool, tell: Tell) -> str | None:
    """Wait until nothing moves any more. What still does after the plan's time is said."""
    end = monotonic() + plan.rest_within.total_seconds()
    said = 0.0
    while True:
        [row] = await pool.fetch(UNREST)
        moving = ", ".join(f"{many} {what}" for what, many in row.items() if many)
        if not moving:
            return None
        if monotonic() > end:
            return moving
        if monotonic() > said + PROGRESS_EVERY_S:
            said = monotonic()
            tell(f"coming to rest: {moving}")
        await asyncio.sleep(POLL_S)


def _figures(ledger: Ledger) -> dict[str, int]:
    statuses: dict[str, int] = {}
    for answer in ledger.answers:
        key = f"answers {answer.status}" + (f" {answer.code}" if answer.code else "")
        statuses[key] = statuses.get(key, 0) + 1
    return {
        "leads promised": ledger.leads,
        **dict(sorted(statuses.items())),
        "requests without an answer": ledger.lost,
        "outcomes recorded": len(ledger.outcomes),
        "leads accepted": len(ledger.accepted),
        "leads declined": len(ledger.declined),
        "arrivals at receivers": len(ledger.arrivals),
        **dict(sorted(ledger.done.items())),
    }
