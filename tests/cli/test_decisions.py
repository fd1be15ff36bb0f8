"""`leadflow decisions verify`, and what would have made a rule win."""

import pytest
from msgspec.structs import replace

from leadflow.store import records
from tests.world import person


@pytest.fixture
async def lead(world):
    """Have a lead placed past a destination that is full; give its id."""
    await world.destination("acme/full", caps={"day": 0})
    await world.rules("brand", ("acme/full", 2), ("acme/leads", 1), ("acme/nowhere", 0))
    async with world.intake() as intake:
        return (await intake.submit(world.submission(person(1)))).answer.id


@pytest.fixture
async def nowhere(world):
    return await world.destination("acme/nowhere", assigns_agents=False, active=False)


async def test_stored_decisions_are_taken_again(shell, nowhere, lead):
    said = await shell("decisions", "verify")
    assert said.code == 0
    assert said.out.splitlines()[0].startswith("1 decision taken again, ")
    assert "1 came out the same" in said.out
    found = (await shell("decisions", "verify", "--json", "--lead", str(lead))).json
    assert (found["same"], found["by_hand"], found["differences"]) == (1, 0, [])
    assert (await shell("decisions", "verify", "--json", "--hours", "1")).json["same"] == 1
    other = await shell("decisions", "verify", "--json", "--workspace", "acme")
    assert other.json["same"] == 0


async def test_what_is_gone_and_what_a_person_chose_is_said(shell, world, nowhere, lead):
    await world.agent("brand/own")
    await world.route(lead, agent="brand/own", force=True)
    await world.execute("DELETE FROM lead_facts")
    said = await shell("decisions", "verify")
    assert said.code == 0
    assert "1 were a person's: there is nothing to decide again" in said.out
    assert "1 cannot be taken again: what the lead was like is no longer there" in said.out


async def test_a_difference_is_shown_and_fails(shell, world, nowhere, lead):
    row = await world.one("SELECT record FROM decisions")
    told = records.unpack(row["record"])
    forged = replace(told, sentence=told.sentence.replace("acme/leads", "acme/other"))
    await world.execute("UPDATE decisions SET record = $1", records.pack(forged))
    said = await shell("decisions", "verify")
    assert said.code == 1
    assert f"{lead}, " in said.out
    assert "1 decision came out differently" in said.err


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("to acme/full", "would have won the lead, if\n  its day cap were 1 and not 0."),
        ("to acme/leads", "has won the lead."),
    ],
)
async def test_what_would_have_made_a_rule_win_is_said(shell, nowhere, lead, rule, said):
    shown = await shell("leads", "explain", str(lead), "--rule", rule)
    assert shown.code == 0
    assert shown.out.strip() == f'The rule "{rule}" {said}'
    as_json = await shell("leads", "explain", str(lead), "--rule", rule, "--json")
    assert bool(as_json.json["changes"]) is ("would" in said)


async def test_where_nobody_could_take_the_lead_nothing_helps(shell, world):
    await world.workspace("empty", kind="partner")
    await world.destination("empty/web", assigns_agents=True)
    await world.rules("brand", "empty/web")
    async with world.intake() as intake:
        found = await intake.submit(world.submission(person(1)))
    shown = await shell("leads", "explain", str(found.answer.id), "--rule", "to empty/web")
    assert shown.out.startswith('Nothing would have made the rule "to empty/web" win')
