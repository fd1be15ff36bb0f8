"""Leads go the ways that `lifecycle.WAYS` names: all of them, and no others."""

from datetime import timedelta

import asyncpg
import pytest

from leadflow.core.lifecycle import STATES, WAYS, State
from leadflow.work import again
from leadflow.work.again import Reopening
from tests.world import World, person

# Outside of transactions nobody sees more than the first and the last state of a lead in each.
RECORDING = """
CREATE TABLE moves (transaction xid8, lead_id uuid, before text[], after text[],
  PRIMARY KEY (transaction, lead_id));
CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO public.moves VALUES (
    pg_current_xact_id(), NEW.id,
    CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[OLD.status, OLD.routing_status, OLD.routing_result] END,
    ARRAY[NEW.status, NEW.routing_status, NEW.routing_result]
  )
  ON CONFLICT (transaction, lead_id) DO UPDATE SET after = excluded.after;
  RETURN NULL;
END $$;
CREATE TRIGGER note_move AFTER INSERT OR UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION note_move();
"""


@pytest.fixture
async def world(database, database_url):
    """Have brands whose leads end in every way, over a database that notes where leads go."""
    owner = await asyncpg.connect(database_url)
    await owner.execute(RECORDING)
    await owner.close()
    world = World(database)
    await world.workspace("brand")
    for slug in ("lost", "shut", "rival", "empty"):
        await world.workspace(slug)
    await world.destination("acme/leads", assigns_agents=True)
    await world.agent("acme/ann", capacity=1000)
    await world.agent("acme/bob", capacity=1000)
    await world.destination("shut/leads", active=False)
    await world.destination("empty/leads", assigns_agents=True)
    await world.rules("brand", "acme/leads")
    await world.rules("rival", "acme/leads")
    await world.rules("shut", "shut/leads")
    await world.rules("empty", "empty/leads")
    await world.rules("lost")
    return world


async def take(world, number, *, of="brand"):
    async with world.intake() as intake:
        outcome = await intake.submit(world.submission(person(number), of=of))
    return outcome.answer.id


async def go_on(world, owner="worker"):
    async with world.routing(owner) as routing:
        await routing.run_once()


async def reopen(world, lead):
    asked = Reopening(lead_id=lead, workspace_id=None, actor="key:test")
    await again.reopen(world.database, asked, world.tries, world.clock)


async def taken_in_and_decided(world):
    """Have leads come in while routing is on, and while it is off."""
    placed, _ = await take(world, 1), await take(world, 1, of="rival")
    await take(world, 2, of="shut")
    reviewed = await take(world, 3, of="lost")
    await world.flag("enableAutoRouting", False)
    received = [
        await take(world, 11),
        await take(world, 1, of="lost"),
        await take(world, 12, of="shut"),
    ]
    held = await take(world, 11, of="rival")
    by_hand = await take(world, 13)
    await world.route(by_hand, agent="acme/ann")
    await world.execute("UPDATE flags SET enabled = true")
    await go_on(world)
    return placed, reviewed, received, held


async def by_hand(world, reviewed, held):
    """Route by hand from wherever a lead may be stuck."""
    await world.route(reviewed, agent="acme/ann")
    await world.route(reviewed, agent="acme/bob", force=True)
    waiting = await take(world, 21, of="shut")
    await world.route(waiting, agent="acme/ann")
    stuck = await take(world, 22, of="shut")
    await in_hand(world, stuck)
    await world.route(stuck, agent="acme/ann", force=True)
    await world.execute("UPDATE placement_keys SET holders = '[]', revision = revision + 1")
    await world.route(held, agent="acme/ann")


async def in_hand(world, lead):
    """Have a worker die with a lead in hand."""
    await world.execute(
        "UPDATE leads SET routing_status = 'routing', routing_locked_at = $2, "
        "routing_locked_by = 'gone' WHERE id = $1",
        *(lead, world.clock()),
    )


async def test_leads_go_all_the_ways_there_are_and_no_others(world, database_url):
    placed, reviewed, _, held = await taken_in_and_decided(world)
    await by_hand(world, reviewed, held)
    await world.decline(placed)
    again_reviewed = await take(world, 31, of="lost")
    await reopen(world, again_reviewed)
    await go_on(world)
    first, duplicate = await take(world, 32), await take(world, 32, of="rival")
    assert first != duplicate
    await reopen(world, duplicate)
    await in_hand(world, await take(world, 33, of="shut"))
    world.clock.move(minutes=6)
    await go_on(world, "another")
    await world.execute("UPDATE flags SET enabled = false")
    await take(world, 35)
    await take(world, 36, of="lost")
    world.clock.now += timedelta(days=91)
    await world.upkeep().run_once()
    owner = await asyncpg.connect(database_url)
    rows = await owner.fetch("SELECT DISTINCT before, after FROM moves")
    await owner.close()
    seen = {
        (None if row["before"] is None else State(*row["before"]), State(*row["after"]))
        for row in rows
    }
    names = {state: name for name, state in STATES.items()} | {None: "-"}
    expected = {(way.before, way.after) for way in WAYS}
    named = {(names[before], names[after]) for before, after in seen}
    assert named == {(names[before], names[after]) for before, after in expected}
