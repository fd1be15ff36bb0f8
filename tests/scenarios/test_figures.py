"""A run with failures and duplicates: tables, runbook statements and metrics tell the truth."""

from collections import Counter
from datetime import timedelta

import pytest

from leadflow.app import utc_now
from leadflow.telemetry.metrics import REGISTRY
from tests.demo.runbook import statement
from tests.world import person

LEADS = 200
TRIES = 3
COUNTERS = (
    *("routing_logs_total", "routing_logs_failed_total", "routing_leads_routed_total"),
    "routing_retry_queue_inserts_total",
)


def fails(number):
    """Tell whether nobody will ever be licensed for a lead: one in twenty."""
    return number % 20 == 7


def is_elsewhere(number):
    """Tell whether the person of a lead is with another partner already: one in ten."""
    return number % 10 == 3


def body(number, *, state):
    return person(number, contact={"address": {"state": state}})


# Worked out from what is sent, and from nothing the product says.
FAILED = sum(map(fails, range(LEADS)))
DUPLICATES = sum(map(is_elsewhere, range(LEADS)))
SENT_BEFORE = DUPLICATES  # by the other brand, whose partner has these people
PLACED = LEADS - FAILED - DUPLICATES + SENT_BEFORE
ENDED = LEADS + SENT_BEFORE


@pytest.fixture
async def before(world):
    """Have two brands with exclusive partners, and the metrics as they are."""
    world.clock.now = utc_now()  # the statements read the database's clock
    await world.workspace("other")
    await world.destination("first/leads")
    await world.destination("acme/leads", assigns_agents=True)
    await world.agent("acme/ann", capacity=1000, licensed_states=["CA"])
    await world.rules("other", "first/leads")
    await world.rules("brand", "acme/leads")
    return {name: REGISTRY.get_sample_value(name) or 0 for name in COUNTERS}


async def send_all(world):
    """Send a run of leads, and give those that nobody can take all their tries."""
    known = [body(n, state="CA") for n in range(LEADS) if is_elsewhere(n)]
    run = [body(n, state="NV" if fails(n) else "CA") for n in range(LEADS)]
    async with world.intake() as intake, world.routing() as routing:
        for each in known:
            await intake.submit(world.submission(each, of="other"))
        for each in run:
            await intake.submit(world.submission(each))
        yield "sent"
        for number in range(1, TRIES):
            world.clock.move(seconds=60 * 2**number)  # its delay, and more than its jitter
            while await routing.run_once():
                pass
            yield f"try {number + 1}"


async def queue(world):
    rows = await world.fetch("SELECT * FROM lead_routing_queue")
    return Counter((row["attempt_number"], row["processed_at"] is None) for row in rows)


async def test_what_is_counted_is_what_was_sent(world, before):
    steps = send_all(world)
    assert await anext(steps) == "sent"
    assert await queue(world) == {(1, True): FAILED}
    assert await world.count("lead_routing_logs WHERE routing_result = 'failed'") == 0
    assert await anext(steps) == "try 2"
    assert await queue(world) == {(2, True): FAILED}
    assert await anext(steps) == "try 3"
    await steps.aclose()
    assert await queue(world) == {(2, False): FAILED}  # one row each, closed with the lead

    logs = await world.fetch(
        "SELECT routing_result, count(*) AS rows, count(DISTINCT lead_id) AS leads "
        "FROM lead_routing_logs GROUP BY 1"
    )
    assert {row["routing_result"]: (row["rows"], row["leads"]) for row in logs} == {
        "success": (PLACED, PLACED),
        "duplicate": (DUPLICATES, DUPLICATES),
        "failed": (FAILED, FAILED),
    }
    assert await world.count("reviews WHERE closed_at IS NULL") == FAILED
    assert await world.count(f"leads WHERE routing_attempts = {TRIES}") == FAILED

    rate = await world.value(statement("Success rate of 30 days"))
    assert rate == pytest.approx(100 * PLACED / ENDED)  # counts duplicates as failures
    honest = await world.value(
        "SELECT 100.0 * count(*) FILTER (WHERE routing_result <> 'failed') / count(*) "
        "FROM lead_routing_logs"
    )
    assert float(honest) == pytest.approx(100 * (ENDED - FAILED) / ENDED)
    assert await world.value(statement("Depth of the retry queue")) == 0
    by_hour = Counter[str]()
    for row in await world.fetch(statement("Results by the hour")):
        by_hour[row["routing_result"]] += row["count"]
    assert by_hour == {"success": PLACED, "duplicate": DUPLICATES, "failed": FAILED}
    by_day = await world.fetch(statement("Duplicates by the day"))
    assert sum(row["duplicates_caught"] for row in by_day) == DUPLICATES
    assert sum(row["total_leads"] for row in by_day) == ENDED
    found = await world.fetch(statement("Duplicate leads of an hour"))
    assert len(found) == DUPLICATES
    latency = await world.value(statement("Latency of an hour"))
    assert latency < timedelta(seconds=2) / timedelta(milliseconds=1)

    after = {name: REGISTRY.get_sample_value(name) or 0 for name in COUNTERS}
    assert {name: after[name] - before[name] for name in COUNTERS} == {
        "routing_logs_total": ENDED,
        "routing_logs_failed_total": FAILED,
        "routing_leads_routed_total": PLACED,
        "routing_retry_queue_inserts_total": (TRIES - 1) * FAILED,
    }
