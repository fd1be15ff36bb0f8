"""`leadflow routing` and `leadflow flags`."""

import pytest

from leadflow.core.controls import FLAGS
from leadflow.store.configuration import DirectoryCache
from leadflow.store.ids import new_id
from tests.world import person


async def take(world, priority="cold", number=1):
    async with world.intake() as intake:
        body = person(number, priority=priority)
        return (await intake.submit(world.submission(body))).answer.id


@pytest.fixture
async def queued(world):
    """Have two leads wait for an agent; give their ids."""
    await world.execute("UPDATE agents SET capacity = 0")
    return [await take(world, "cold", 1), await take(world, "hot", 2)]


async def test_routing_is_paused_and_resumed(shell, world):
    said = await shell("routing", "pause", "--below", "hot")
    assert said.code == 0
    assert said.out.startswith("routing is paused for leads below hot, since ")
    assert said.out.endswith(", by cli\n")
    lead = await take(world)
    assert await world.state(lead) == "received/pending/-"
    why = await shell("leads", "explain", lead)
    assert "Routing of cold leads is paused." in why.out
    again = await shell("routing", "pause", "--below", "hot", "--json")
    assert (again.json["below"], again.json["paused_by"]) == ("hot", "cli")
    assert (await shell("routing", "resume")).out == "leads of every priority are routed\n"
    assert (await shell("routing", "resume")).out == "routing was not paused\n"
    assert (await shell("routing", "resume", "--json")).json == {"ended": None}
    async with world.routing() as routing:
        assert await routing.run_once() == 1
    assert await world.state(lead) == "routed/routed/success"
    rows = await world.fetch("SELECT action, actor FROM audit_log ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("routing.paused", "cli"),
        ("routing.resumed", "cli"),
    ]


@pytest.mark.parametrize("words", [(), ("--below", "cold"), ("--below", "x")])
async def test_a_pause_says_below_what(shell, world, words):
    said = await shell("routing", "pause", *words)
    assert (said.code, said.out) == (2, "")
    assert await world.count("routing_pause") == 0


async def test_routing_is_switched_off_and_on(shell, world):
    assert (await shell("routing", "off")).out == "enableAutoRouting is off\n"
    lead = await take(world)
    assert await world.state(lead) == "received/pending/-"
    status = await shell("routing", "status")
    assert status.out.startswith("routing is off: no lead is routed automatically\n")
    assert (await shell("routing", "on", "--json")).json["enabled"] is True
    async with world.routing() as routing:
        assert await routing.run_once() == 1


async def test_leads_of_the_queue_are_tried_now(shell, world, queued):
    said = await shell("routing", "retry", "--lead", queued[1])
    assert said.out == "1 lead is to be tried now, 0 were so already\n"
    said = await shell("routing", "retry", "--workspace", "brand", "--json")
    assert said.json == {"made_due": 1, "due_already": 1}
    said = await shell("routing", "retry")
    assert (said.out, said.err) == ("0 leads are to be tried now, 2 were so already\n", "")
    other = await shell("routing", "retry", "--workspace", "acme", "--json")
    assert other.json == {"made_due": 0, "due_already": 0}


async def test_who_retries_while_routing_is_paused_is_told(shell, world, queued):
    await shell("routing", "pause", "--below", "hot")
    said = await shell("routing", "retry")
    assert said.out.startswith("2 leads are to be tried now")
    assert "routing is paused for leads below hot" in said.err
    await shell("routing", "off")
    assert "routing is off" in (await shell("routing", "retry")).err


async def test_a_lead_or_a_workspace_that_is_not_there_is_not_retried(shell, world):
    assert "Lead not found" in (await shell("routing", "retry", "--lead", new_id())).err
    assert (await shell("routing", "retry", "--workspace", "nobody")).code == 1
    lead = await take(world)
    said = await shell("routing", "retry", "--lead", lead)
    assert said.code == 1
    assert "not in the queue" in said.err


async def test_how_routing_stands_is_shown(shell, world, queued):
    said = await shell("routing", "status")
    assert said.out.startswith("routing is on, for leads of every priority\n")
    assert [line.split()[0] for line in said.out.splitlines()[2:]] == ["workspace", "all"]
    await shell("routing", "pause", "--below", "hot")
    await shell("routing", "retry", "--lead", queued[0])
    said = await shell("routing", "status", "--by-workspace")
    assert "routing is paused for leads below hot" in said.out
    assert [line.split()[0] for line in said.out.splitlines()[2:]] == ["workspace", "all", "brand"]
    state = (await shell("routing", "status", "--json")).json
    assert (state["enabled"], state["pause"]["below"], state["workspaces"]) == (True, "hot", None)
    assert (state["leads"]["due"], state["leads"]["not_due"], state["leads"]["stopped"]) == (
        1,
        1,
        1,
    )
    state = (await shell("routing", "status", "--by-workspace", "--json")).json
    assert [each["workspace"] for each in state["workspaces"]] == ["brand"]


async def test_flags_are_listed_and_set(shell, world):
    listed = (await shell("flags", "list", "--json")).json
    assert [each["name"] for each in listed] == list(FLAGS)
    assert all(each["enabled"] for each in listed)
    assert (await shell("flags", "set", "enableWebhooks", "off")).out == "enableWebhooks is off\n"
    rows = {line.split()[0]: line.split()[1] for line in (await shell("flags")).out.splitlines()}
    assert (rows["enableWebhooks"], rows["enableAutoRouting"]) == ("off", "on")
    async with world.database.service() as connection:
        directory = await DirectoryCache().current(connection)
    assert not directory.enabled("enableWebhooks")


@pytest.mark.parametrize("words", [("enableMagic", "on"), ("enableWebhooks", "maybe"), ()])
async def test_a_flag_that_is_not_there_is_not_made(shell, world, words):
    assert (await shell("flags", "set", *words)).code == 2
    assert await world.count("flags") == 0
