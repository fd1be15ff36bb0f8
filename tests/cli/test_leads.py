"""`leadflow leads list|show|explain|route`."""

import pytest

from leadflow.store.ids import new_id
from tests.world import person


@pytest.fixture
async def taken(world):
    """Have two leads placed and one in review; give their ids."""
    async with world.intake() as intake:
        placed = await intake.submit(world.submission(person(1)))
        warm = await intake.submit(world.submission(person(2, vertical="HOME")))
        await world.rules("brand")
        left = await intake.submit(world.submission(person(3)))
    return [str(outcome.answer.id) for outcome in (placed, warm, left)]


async def test_leads_are_listed_newest_first_with_their_contacts_covered(shell, world, taken):
    found = (await shell("leads", "list", "--json")).json
    assert [row["id"] for row in found] == taken[::-1]
    assert [row["status"] for row in found] == ["review", "routed", "routed"]
    said = await shell("leads", "list")
    assert said.code == 0
    for secret in ("Quackenbush1", "zeb1@wheelwright.example", "+14152000001"):
        assert secret not in said.out


@pytest.mark.parametrize(
    ("words", "which"),
    [
        (["--vertical", "home"], [1]),
        (["--status", "review"], [2]),
        (["--routing-status", "routed"], [1, 0]),
        (["--owner", "acme"], [1, 0]),
        (["--workspace", "brand"], [2, 1, 0]),
        (["--workspace", "acme"], [1, 0]),
        (["--source", "nowhere"], []),
        (["--min-score", "100"], []),
        (["--max-score", "0"], []),
        (["--limit", "1"], [2]),
    ],
)
async def test_the_list_is_narrowed(shell, world, taken, words, which):
    found = (await shell("leads", "list", *words, "--json")).json
    assert [row["id"] for row in found] == [taken[each] for each in which]


async def test_the_list_goes_on_where_it_ended(shell, world, taken):
    [newest] = (await shell("leads", "list", "--limit", "1", "--json")).json
    rest = (await shell("leads", "list", "--before", newest["id"], "--json")).json
    assert [row["id"] for row in rest] == taken[1::-1]


async def test_leads_of_one_agent_are_listed(shell, world, taken):
    found = (await shell("leads", "list", "--agent", world.ids["acme/ann"], "--json")).json
    assert [row["agent"] for row in found] == ["ann", "ann"]


async def test_a_lead_is_shown_with_all_there_is(shell, world, taken):
    said = await shell("leads", "show", taken[0])
    assert said.code == 0
    for part in (
        *(f"{taken[0]}  AUTO  routed / routed / success", "owner acme, agent ann"),
        *("first_name: Zebulon", "address.state: CA", "make: ", "Score", "Timeline", "lead.routed"),
    ):
        assert part in said.out


async def test_a_lead_that_waits_for_a_person_says_so(shell, world, taken):
    assert "a person has to look, since" in (await shell("leads", "show", taken[2])).out


async def test_a_lead_that_waits_says_until_when(shell, world):
    await world.execute("UPDATE agents SET capacity = 0")
    async with world.intake() as intake:
        waiting = await intake.submit(world.submission(person(1)))
    said = await shell("leads", "show", waiting.answer.id)
    assert "waits, and is tried again" in said.out


async def test_a_lead_is_shown_to_scripts(shell, world, taken):
    seen = (await shell("leads", "show", taken[0], "--json")).json
    assert seen["row"]["id"] == taken[0]
    assert seen["personal"]["contact"]["email"] == "zeb1@wheelwright.example"
    assert [entry["name"] for entry in seen["timeline"]][-1] == "lead.routed"


async def test_a_decision_is_explained_with_everybody_considered(shell, world, taken):
    said = await shell("leads", "explain", taken[0])
    assert said.code == 0
    for part in ("Rules that matched", "to acme/leads (priority 0) -> acme/leads", "Agents", "ann"):
        assert part in said.out
    [decision] = (await shell("leads", "explain", taken[0], "--json")).json
    assert decision["words"]["sentence"] in said.out


async def test_a_lead_that_nobody_has_decided_on_says_so(shell, world):
    await world.flag("enableAutoRouting", enabled=False)
    async with world.intake() as intake:
        left = await intake.submit(world.submission(person(1)))
    said = await shell("leads", "explain", left.answer.id)
    assert "Nothing has been decided yet." in said.out


async def test_a_lead_is_routed_by_hand(shell, world, taken):
    said = await shell("leads", "route", taken[2], "--agent", world.ids["acme/ann"])
    assert said.code == 0
    assert "(agent ann)" in said.out
    assert await world.state(taken[2]) == "routed/routed/success"


async def test_a_lead_with_an_owner_is_taken_from_it_only_by_force(shell, world, taken):
    await world.agent("acme/bob")
    bob = world.ids["acme/bob"]
    said = await shell("leads", "route", taken[0], "--agent", bob)
    assert (said.code, said.out) == (1, "")
    assert "error: " in said.err
    said = await shell("leads", "route", taken[0], "--agent", bob, "--force", "--json")
    assert said.json["agent"]["name"] == "bob"


@pytest.mark.parametrize("command", ["show", "explain", "route"])
async def test_a_lead_that_is_not_there_is_a_failure(shell, world, command):
    said = await shell("leads", command, new_id())
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: ")
    assert len(said.err.splitlines()) == 1


async def test_a_key_that_opens_nothing_is_a_matter_of_setting_up(shell, world, taken, monkeypatch):
    monkeypatch.setenv("ENCRYPTION_KEY", "A" * 43 + "=")
    said = await shell("leads", "show", taken[0])
    assert (said.code, said.out) == (2, "")


async def test_what_became_of_a_lead_is_said_and_shown(shell, world, taken):
    said = await shell("leads", "outcome", taken[0], "converted")
    assert said.code == 0
    assert said.out.startswith("converted since ")
    assert (await shell("leads", "outcome", taken[0], "converted", "--json")).json["outcome"] == (
        "converted"
    )
    assert "converted since " in (await shell("leads", "show", taken[0])).out


async def test_what_became_of_a_lead_that_nobody_has_cannot_be_said(shell, world, taken):
    said = await shell("leads", "outcome", taken[2], "lost")
    assert (said.code, said.out) == (1, "")
    assert "nobody has the lead" in said.err


async def test_a_lead_is_accepted_and_says_so(shell, world, taken):
    said = await shell("leads", "accept", taken[0])
    assert (said.code, said.out.split(" ")[:2]) == (0, ["accepted", "since"])
    assert "\naccepted " in (await shell("leads", "show", taken[0])).out
    refused = await shell("leads", "decline", taken[0])
    assert (refused.code, refused.out) == (1, "")
    assert "the lead was accepted" in refused.err


async def test_a_lead_that_is_to_be_accepted_says_until_when(shell, world, taken):
    await world.execute("UPDATE placements SET return_at = '2026-12-24 18:00:00+00'")
    assert "\ncomes back 2026-12-24 18:00:00 unless" in (await shell("leads", "show", taken[0])).out


async def test_a_lead_is_declined_and_waits(shell, world, taken):
    said = await shell("leads", "decline", taken[0], "--reason", "busy", "--json")
    assert (said.json["reason"], said.json["detail"]) == ("declined", "busy")
    assert (await shell("leads", "show", taken[0], "--json")).json["row"]["status"] == "processed"
    said = await shell("leads", "decline", taken[1])
    assert said.out == "It came back, and waits for the next owner.\n"


async def test_a_lead_in_review_is_re_opened(shell, world, taken):
    said = await shell("leads", "reopen", taken[2])
    assert said.out == "It waits for an owner again.\n"
    refused = await shell("leads", "reopen", taken[2], "--json")
    assert (refused.code, refused.out) == (1, "")
    assert "the lead is in the automated flow" in refused.err
