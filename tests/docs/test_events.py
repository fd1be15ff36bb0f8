"""The reference of events names every event that is written, with the data it carries."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

import leadflow
from leadflow.destinations.webhook import Webhook, open_session
from leadflow.work import again, outcomes
from leadflow.work.again import Reopening
from leadflow.work.deliver import Delivery
from leadflow.work.outcomes import Said
from tests.contracts.receiver import receiving
from tests.docs.pages import code, rows, text
from tests.world import World, person

SOURCE = Path(leadflow.__file__).parent
EVENT = re.compile(r"lead\.[a-z_]+")


def told():
    """Give the sets of data that each event may carry, as the page says."""
    found = defaultdict(list)
    for name, _, data in rows(text("reference/events.md"), table=1):
        found[code(name)[0]].append(set(code(data)))
    return found


def written_in_code():
    """Find the names that the shell and the store write into `events`."""
    found = set()
    for path in [*(SOURCE / "work").glob("*.py"), SOURCE / "store" / "deliveries.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                # `event(writes, NAME, ...)`, or a row of the table: (id, NAME, ...).
                case ast.Call(func=ast.Name(id="event"), args=[_, ast.Constant(value=name), *_]):
                    found.add(name)
                case ast.Call(args=[ast.Constant(value="write_events"), _, name, *_]):
                    found |= {name.value} if isinstance(name, ast.Constant) else set()
                case ast.Tuple(elts=[ast.Call(), ast.Constant(value=str(name)), *_]):
                    found |= {name} if EVENT.fullmatch(name) else set()
                case _:
                    pass
    return found


def test_the_page_names_the_events_that_are_written():
    assert set(told()) == written_in_code()


@pytest.fixture
async def world(database):
    """Make a brand whose leads can end in every way."""
    world = World(database)
    await world.workspace("brand")
    await world.workspace("other")
    await world.workspace("keeper")
    await world.destination("acme/cars", assigns_agents=True)
    await world.agent("acme/ann")
    await world.rules("brand", {"name": "cars", "priority": 0, "if": {"vertical": "AUTO"},
                                "to": "acme/cars"})  # fmt: skip
    await world.rules("other", "acme/cars")
    await world.rules("keeper", default="stay")
    return world


async def test_events_carry_the_data_that_the_page_says(world):
    async with world.intake() as intake:
        for body, of in (
            (person(1), "brand"),  # routed
            (person(1), "other"),  # a duplicate
            (person(2), "keeper"),  # kept
            (person(3, vertical="HOME"), "brand"),  # in review, and then expired
        ):
            await intake.submit(world.submission(body, of=of))
    await deliver(world)
    await world.accept(await with_an_agent(world))
    await world.decline(await with_an_agent(world, 4))
    await tell_the_outcome(world)
    await again.reopen(
        world.database,
        Reopening(lead_id=await in_review(world), workspace_id=None, actor="key:test"),
        world.tries,
        world.clock,
    )
    world.clock.move(days=91)
    await world.upkeep().run_once()
    seen = defaultdict(set)
    for row in await world.fetch("SELECT name, data FROM events"):
        seen[row["name"]].add(frozenset(row["data"]))
    assert seen == {name: set(map(frozenset, data)) for name, data in told().items()}


async def with_an_agent(world, number=None):
    """Give the lead that an agent has, or have another one placed."""
    if number is None:
        return await world.value("SELECT lead_id FROM assignments")
    async with world.intake() as intake:
        outcome = await intake.submit(world.submission(person(number)))
    return outcome.answer.id


async def in_review(world):
    return await world.value("SELECT id FROM leads WHERE status = 'review'")


async def tell_the_outcome(world):
    lead = await world.value("SELECT lead_id FROM assignments")
    said = Said(lead_id=lead, outcome="converted", workspace_id=None, actor="key:test")
    await outcomes.record(world.database, said, world.clock())


async def deliver(world):
    """Send what is due to a receiver that takes it."""
    async with receiving() as receiver, open_session(private_addresses=True) as session:
        await world.execute("UPDATE destinations SET url = $1", f"{receiver.url}/200")
        await world.execute(
            "UPDATE destinations SET secret = $1", await sealed(world, b"whsec_" + b"A" * 44)
        )
        adapter = Webhook(session, world.clock)
        delivery = Delivery(
            world.database, world.vault, {"webhook": adapter}, "worker", world.clock
        )
        delivery.start()
        await delivery.run_once()
        await delivery.close()


async def sealed(world, secret):
    return world.vault.seal_text(world.ids["acme/cars"], secret)
