"""Workers are killed with leads and deliveries in hand: nothing is lost, and nothing sold twice."""

import os
import signal

import pytest

from tests.scenarios.installation import Blocker, installation, until
from tests.world import people, person

LEADS = 30
FIVE_MINUTES_AGO = "now() - interval '5 minutes 1 second'"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def running():
    async with installation() as made:
        yield made


async def post(made, bodies):
    answers = [await made.send("POST", "/api/v1/leads?workspace=brand", **body) for body in bodies]
    return [answer["id"] for answer in answers]


async def kill_9(worker):
    os.kill(worker.pid, signal.SIGKILL)
    assert await worker.wait() == -signal.SIGKILL


async def count(made, what):
    return await made.value(f"SELECT count(*) FROM {what}")


async def test_leads_in_the_hands_of_a_killed_worker_are_taken_over_when_its_lease_is_over(running):
    made = running
    await made.fetch("INSERT INTO flags VALUES ('enableAutoRouting', false, now())")
    leads = await post(made, people(LEADS, start=100))
    # A lock on what deciding needs holds the worker up while it has the leads in hand.
    blocker = await Blocker.open(made, "LOCK TABLE placement_keys IN ACCESS EXCLUSIVE MODE")
    await made.fetch("UPDATE flags SET enabled = true")
    worker = await made.start("worker")

    async def has_them_in_hand():
        return await count(made, "leads WHERE routing_status = 'routing'") == LEADS

    await until(has_them_in_hand)
    await kill_9(worker)
    await blocker.close()
    assert await count(made, "leads WHERE routing_status = 'routing'") == LEADS
    assert await count(made, "placements") == 0

    # Nobody may touch them while the lease runs; when it is over, anybody does.
    successor = await made.start("worker")
    [early] = await post(made, [person(99)])
    await made.receiver.has([early])
    assert await count(made, "leads WHERE routing_status = 'routing'") == LEADS
    await made.fetch(
        f"UPDATE leads SET routing_locked_at = {FIVE_MINUTES_AGO} WHERE routing_status = 'routing'"
    )
    await made.receiver.has(leads)
    assert successor.returncode is None
    successor.terminate()
    assert await successor.wait() == 0
    assert await count(made, "leads WHERE status = 'routed' AND routing_attempts = 2") == LEADS
    assert await count(made, "placements") == LEADS + 1
    assert await count(made, "lead_routing_logs") == LEADS + 1
    assert await count(made, "decisions") == LEADS + 1
    assert await count(made, "lead_routing_queue WHERE processed_at IS NULL") == 0
    assert len(made.receiver.messages) == LEADS + 1


async def test_a_delivery_whose_worker_was_killed_before_the_answer_is_unknown_not_another_sale(
    running,
):
    made = running
    before = len(made.receiver.messages)
    made.receiver.silent = True
    worker = await made.start("worker")
    [lead] = await post(made, [person(1)])
    await made.receiver.has([lead])
    await kill_9(worker)
    [row] = await made.fetch("SELECT * FROM deliveries WHERE lead_id = $1::text::uuid", lead)
    assert (row["state"], row["attempts"]) == ("sending", 1)

    made.receiver.silent = False
    await made.fetch("UPDATE deliveries SET lease_until = now() WHERE state = 'sending'")
    successor = await made.start("worker")

    async def is_written_off():
        return await count(made, "delivery_attempts WHERE outcome = 'unknown'") == 1

    await until(is_written_off)
    [first] = await made.fetch(
        "SELECT * FROM delivery_attempts WHERE delivery_id = $1 AND number = 1", row["id"]
    )
    assert first["error"] == "the worker was lost while it was sending"

    # It is asked again at the same door under the same key, and nowhere else.
    await made.fetch("UPDATE deliveries SET next_attempt_at = now() WHERE state = 'unknown'")

    async def is_delivered():
        return await count(made, "deliveries WHERE state <> 'delivered'") == 0

    await until(is_delivered)
    successor.terminate()
    assert await successor.wait() == 0
    sent = made.receiver.messages[before:]
    assert {lead_id for _, lead_id in sent} == {lead}
    assert len({message_id for message_id, _ in sent}) == 1
    assert await count(made, f"placements WHERE lead_id = '{lead}'") == 1
    assert await count(made, f"events WHERE lead_id = '{lead}' AND name = 'lead.delivered'") == 1
