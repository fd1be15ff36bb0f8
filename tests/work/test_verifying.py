"""Stored decisions are taken again and come out as they did."""

import pytest
from msgspec.structs import replace

from leadflow.errors import ConflictError, NotFoundError
from leadflow.store import records
from leadflow.work import verifying
from leadflow.work.verifying import Which, nearest_miss, verify
from tests.world import hours, people, person


@pytest.fixture
async def decided(world):
    """Have leads of all kinds decided: placed, waiting and retried, by a worker and by hand."""
    await world.destination("acme/first", caps={"day": 3}, price_minor=100)
    await world.destination("acme/second", hours=hours(18, 20), assigns_agents=True)
    await world.agent("acme/ann", capacity=3, licensed_states=["CA"])
    await world.rules("brand", ("acme/first", 2), ("acme/second", 1))
    async with world.intake() as intake, world.routing() as routing:
        found = [(await intake.submit(world.submission(body))).answer.id for body in people(6)]
        world.clock.move(hours=2)
        while await routing.run_once():
            pass
        await world.rules("brand")
        found.append((await intake.submit(world.submission(person(7)))).answer.id)
    return found


async def test_decisions_of_all_kinds_come_out_the_same(world, decided):
    verified = await verify(world.database, Which())
    assert (verified.differences, verified.inputs_gone) == ((), {})
    assert verified.same == await world.count("decisions") > len(decided)


async def test_only_what_is_asked_for_is_taken_again(world, decided, monkeypatch):
    monkeypatch.setattr(verifying, "BATCHES", 2)
    of_lead = await verify(world.database, Which(lead_id=decided[4]))
    assert of_lead.same == await world.count("decisions WHERE lead_id = $1", decided[4]) > 1
    assert (await verify(world.database, Which(workspace_id=world.ids["acme"]))).same == 0
    everybody = await verify(world.database, Which(workspace_id=world.ids["brand"]))
    assert everybody.same == await world.count("decisions")
    assert (await verify(world.database, Which(since=world.clock()))).same == await world.count(
        "decisions WHERE decided_at >= $1", world.clock()
    )


async def test_a_person_s_choice_is_counted_apart(world, decided):
    await world.agent("brand/own")
    await world.route(decided[-1], agent="brand/own")
    assert (await verify(world.database, Which())).by_hand == 1
    with pytest.raises(ConflictError, match="a person placed the lead"):
        await nearest_miss(world.database, decided[-1], "to acme/first")


async def test_a_record_that_was_changed_is_found(world, decided):
    row = await world.one("SELECT * FROM decisions WHERE lead_id = $1", decided[0])
    told = records.unpack(row["record"])
    forged = replace(told, sentence=told.sentence.replace("acme/first", "acme/other"))
    await world.execute(
        "UPDATE decisions SET record = $2 WHERE lead_id = $1", decided[0], records.pack(forged)
    )
    [found] = (await verify(world.database, Which())).differences
    assert found.lead_id == decided[0]
    assert "acme/other" in found.what
    assert found.what.endswith("when it is decided again")


async def test_what_was_erased_is_said(world, decided):
    await world.execute("DELETE FROM lead_facts WHERE lead_id = $1", decided[0])
    verified = await verify(world.database, Which())
    assert verified.differences == ()
    assert verified.inputs_gone == {"what the lead was like": 1}
    with pytest.raises(ConflictError, match="no longer there"):
        await nearest_miss(world.database, decided[0], "to acme/first")


async def test_rules_that_name_what_is_gone_cannot_be_read_again(world, decided):
    await world.execute("UPDATE workspaces SET slug = 'renamed' WHERE slug = 'acme'")
    verified = await verify(world.database, Which())
    assert verified.inputs_gone.keys() == {"version 1 of the rules"}


async def test_a_lead_without_rules_is_verified_as_well(world):
    async with world.intake() as intake:
        await intake.submit(world.submission(person(1)))
    assert (await verify(world.database, Which())).same == 1


async def test_the_nearest_miss_of_a_rule_is_what_would_have_made_it_win(world, decided):
    missed = await nearest_miss(world.database, decided[5], "to acme/first")
    assert missed is not None
    assert missed.changes == ("its day cap were 4 and not 3",)
    with pytest.raises(NotFoundError, match="has no rule named"):
        await nearest_miss(world.database, decided[5], "to nowhere")
    with pytest.raises(NotFoundError, match="Nothing has been decided"):
        await nearest_miss(world.database, world.ids["brand"], "to acme/first")
