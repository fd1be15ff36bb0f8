"""Each invariant holds for what the walk leaves behind, and sees the one thing that breaks it."""

import asyncpg
import pytest

from leadflow.app import utc_now
from proofs import invariants
from tests.world import World, person

ROUTED = "(SELECT min(id::text)::uuid FROM leads WHERE status = 'routed')"

BREAKS = {
    "promised_leads_are_there": """
        INSERT INTO proof.answers VALUES ('lost', 'brand', 201, NULL, gen_random_uuid())""",
    "leads_are_whole": f"DELETE FROM lead_contacts WHERE lead_id = {ROUTED}",
    "states_are_known": """
        ALTER TABLE leads DROP CONSTRAINT leads_states_agree;
        UPDATE leads SET routing_result = 'failed' WHERE status = 'routed'""",
    "moves_are_allowed": f"""
        UPDATE leads SET status = 'expired', routing_status = 'expired', routing_result = NULL
        WHERE id = {ROUTED}""",
    "leads_have_ended_or_wait": "UPDATE lead_routing_queue SET processed_at = now()",
    "one_open_queue_row": """
        DROP INDEX lead_routing_queue_one_open_row_a_lead;
        INSERT INTO lead_routing_queue
        SELECT gen_random_uuid(), lead_id, workspace_id, 'retry', priority, attempt_number,
          max_attempts, next_retry_at, created_at
        FROM lead_routing_queue""",
    "one_owner": f"""
        INSERT INTO placements
        SELECT gen_random_uuid(), lead_id, 2, NULL, workspace_id, source_workspace_id, NULL,
          max_owners, 0, 'USD', placed_at
        FROM placements WHERE lead_id = {ROUTED}""",
    "owned_exactly_when_routed": "UPDATE placements SET released_at = now()",
    "one_log_row_a_placement": f"DELETE FROM lead_routing_logs WHERE lead_id = {ROUTED}",
    "no_more_partners_than_allowed": f"""
        UPDATE lead_facts
        SET identity = (SELECT identity FROM lead_facts WHERE lead_id = {ROUTED})""",
    "caps_are_kept": """UPDATE destinations SET caps = '{"total": 1}'""",
    "caps_are_counted": "UPDATE capacity SET used = used - 1 WHERE window_kind = 'total'",
    "agents_are_not_overfull": "UPDATE agents SET capacity = 1",
    "open_leads_are_counted": "UPDATE capacity SET used = used - 1 WHERE window_kind = 'open'",
    "nobody_waits_beside_room": """UPDATE destinations SET caps = '{"total": 3}'""",
    "no_lock_is_left": """
        UPDATE leads
        SET routing_status = 'routing', routing_locked_at = now(), routing_locked_by = 'dead'
        WHERE status = 'processed'""",
    "one_lead_a_request": "UPDATE leads SET traffic_source = 'the same'",
    "one_key_one_lead": "UPDATE submission_keys SET lead_id = gen_random_uuid()",
    "repeats_are_answered_alike": """
        INSERT INTO proof.answers SELECT request, workspace, 409, 'duplicate', lead_id
        FROM proof.answers""",
    "answers_are_foreseen": """
        INSERT INTO proof.answers VALUES ('any', 'brand', 500, 'internal', NULL)""",
    "promised_outcomes_are_there": f"INSERT INTO proof.outcomes VALUES ({ROUTED}, 'lost')",
    "one_delivery_a_placement": f"DELETE FROM deliveries WHERE lead_id = {ROUTED}",
    "one_partner_has_the_lead": """
        INSERT INTO proof.arrivals SELECT delivery_id, lead_id, gen_random_uuid(), took
        FROM proof.arrivals""",
    "what_comes_back_is_written": "UPDATE placements SET released_at = now()",
    "nobody_is_asked_twice": """
        INSERT INTO returns
        SELECT gen_random_uuid(), lead_id, workspace_id, destination_id, 'late', NULL,
          placed_at - interval '1 hour'
        FROM placements""",
    "promised_answers_are_kept": """
        INSERT INTO proof.declined SELECT lead_id, id FROM placements""",
    "nobody_is_late": "UPDATE placements SET return_at = placed_at",
    "what_was_taken_is_delivered": "UPDATE proof.arrivals SET took = false",
    "deliveries_are_told_once": "DELETE FROM events WHERE name = 'lead.delivered'",
    "attempts_are_on_record": "INSERT INTO proof.arrivals SELECT * FROM proof.arrivals",
}

DELIVERED = """
    UPDATE deliveries
    SET state = 'delivered', attempts = 1, next_attempt_at = NULL, finished_at = now();
    INSERT INTO events
    SELECT gen_random_uuid(), 'lead.delivered', lead_id, workspace_id, now(),
      jsonb_build_object('delivery_id', id)
    FROM deliveries;
    INSERT INTO delivery_attempts SELECT id, 1, now(), now(), 'delivered' FROM deliveries;
    INSERT INTO proof.arrivals SELECT id, lead_id, destination_id, true FROM deliveries;
    INSERT INTO proof.answers SELECT traffic_source, 'brand', 201, NULL, id FROM leads;
"""


@pytest.fixture
async def market(database):
    """Have a partner with one agent and room for two leads."""
    world = World(database, clock=utc_now)
    await world.workspace("brand")
    await world.destination("acme/leads", caps={"total": 2}, assigns_agents=True)
    await world.agent("acme/ann", capacity=5)
    rule = {"name": "toyotas", "priority": 1, "if": {"data.make": "Toyota"}, "to": "acme/leads"}
    await world.rules("brand", rule, exclusivity_days=90)
    return world


@pytest.fixture
async def connection(market, database_url):
    """Have two leads routed and delivered, one that waits, and what a harness has noted of them."""
    connection = await asyncpg.connect(database_url)
    await invariants.prepare(connection)
    async with market.intake() as intake:
        for number in range(3):
            name = f"request-{number}"
            body = person(number, traffic_source=name, externalId=name)
            await intake.submit(market.submission(body))
    await connection.execute(DELIVERED)
    yield connection
    await connection.close()


async def broken(connection):
    return {name for name, found in (await invariants.check(connection)).items() if found}


async def test_all_invariants_hold_for_what_the_walk_leaves_behind(market, connection):
    assert await market.count("leads WHERE status = 'routed'") == 2
    assert await market.count("leads WHERE status = 'processed'") == 1
    assert await market.count("assignments") == 2
    assert await broken(connection) == set()


def test_every_invariant_has_its_case_here():
    assert list(BREAKS) == list(invariants.statements())


@pytest.mark.parametrize("name", BREAKS)
async def test_an_invariant_sees_what_breaks_it(connection, name):
    await connection.execute(BREAKS[name])
    assert name in await broken(connection)


async def test_what_breaks_an_invariant_is_counted_and_shown(connection):
    await connection.execute(BREAKS["promised_leads_are_there"])
    found = (await invariants.check(connection))["promised_leads_are_there"]
    assert found is not None
    assert found.rows == 1
    assert found.examples[0].startswith("request lost, workspace brand, lead_id ")


async def test_a_move_is_what_a_transaction_made_of_a_lead(connection):
    step = "UPDATE leads SET status = $1, routing_status = $2, routing_result = $3 WHERE id = $4"
    lead = await connection.fetchval("SELECT id FROM leads WHERE status = 'processed'")
    async with connection.transaction():
        await connection.execute(step, "review", "failed", "failed", lead)
        await connection.execute(step, "routed", "routed", "success", lead)
    moves = await connection.fetch("SELECT before, after FROM proof.moves WHERE lead_id = $1", lead)
    assert [tuple(move) for move in moves] == [("processed/pending/-", "routed/routed/success")]
