"""The world of a run: brands whose rules compete for the same people, and partners who run full."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from msgspec import Struct

from proofs.client import Client

BRANDS = ("bluebird", "magpie", "starling")
AGENTS, CAPACITY = 4, 6
MAKES = {"Toyota": 25, "Nissan": 20, "Honda": 22, "Ford": 23, "Subaru": 4, "Kia": 2, "Mazda": 4}
"""Which cars people have, in percent. Nobody takes a Mazda, and nobody is there for a Kia."""

CONTESTED = "Nissan"
"""With it each brand goes to another partner, who wants the person alone."""

# To whom each brand's leads go, by make; a number is the rule's priority.
DOORS: Mapping[str, Mapping[str, Mapping[str, int]]] = {
    "bluebird": {
        "Toyota": {"north/web": 20, "south/web": 20, "east/web": 10},
        "Nissan": {"north/web": 20},
        "Honda": {"desk/web": 20},
        "Ford": {"east/web": 20, "west/web": 20},
        "Subaru": {"full/web": 20},
        "Kia": {"bare/web": 20},
    },
    "magpie": {
        "Toyota": {"south/web": 20, "north/web": 10},
        "Nissan": {"coast/web": 20},
        "Honda": {"desk/web": 20},
        "Ford": {"west/web": 20, "north/web": 10},
        "Subaru": {"full/web": 20},
    },
    "starling": {
        "Toyota": {"east/web": 20, "north/web": 10},
        "Nissan": {"hills/web": 20},
        "Honda": {"desk/web": 20, "west/web": 10},
        "Ford": {"north/web": 20, "west/web": 20},
        "Subaru": {"full/web": 20, "south/web": 10},
    },
}


class World(Struct):
    """Who there is, by name. Caps and capacities only ever grow: what was sold stays below them."""

    destinations: dict[str, str]  # `partner/web` -> id
    capacity: dict[str, int]  # of each agent, by id
    caps: dict[str, dict[str, int]]


def partners(leads: int) -> dict[str, dict[str, Any]]:
    """Say on what terms each partner takes leads, in a run of so many."""
    return {
        "north": {"weight": 3},
        "south": {"caps": {"day": leads // 12, "total": leads // 8}},
        "east": {"max_owners": 3, "caps": {"week": leads // 10}},
        "west": {"max_owners": 2, "weight": 2, "pause_after_errors": 3},
        "coast": {},
        "hills": {},
        "desk": {"assigns_agents": True, "accept_within_minutes": 600},
        "full": {"caps": {"hour": 2 + leads // 200, "month": 2 + leads // 100}},
        "bare": {"assigns_agents": True},
    }


ZONES = {"south": "America/New_York", "east": "Asia/Kolkata", "full": "Australia/Adelaide"}


async def set_up(client: Client, door: str, leads: int) -> World:
    """Make everybody, through the API. `door` is the receiver's address."""
    terms = partners(leads)
    for brand in BRANDS:
        await _make(client, "workspaces", slug=brand, name=brand, kind="standard")
    for partner in terms:
        zone = {"time_zone": ZONES[partner]} if partner in ZONES else {}
        await _make(client, "workspaces", slug=partner, name=partner, kind="partner", **zone)
    made = {
        partner: await _make(
            client,
            f"destinations?workspace={partner}",
            name="web",
            url=door,
            **{"pause_after_errors": None, **given},
        )
        for partner, given in terms.items()
    }
    agents = [
        await _make(client, "agents?workspace=desk", name=f"Agent {number}", capacity=CAPACITY)
        for number in range(AGENTS)
    ]
    for brand in BRANDS:
        await put_rules(client, brand, Random(brand))
    return World(
        destinations={f"{partner}/web": one["id"] for partner, one in made.items()},
        capacity={agent["id"]: CAPACITY for agent in agents},
        caps={f"{partner}/web": dict(one["caps"]) for partner, one in made.items() if one["caps"]},
    )


async def put_rules(client: Client, brand: str, chances: Random) -> None:
    """Put another version of a brand's rules in force."""
    answer = await client.insist(
        "PUT", f"/api/v1/workspaces/{brand}/rulebook", rules(brand, chances)
    )
    if answer.status != 200:
        raise RuntimeError(f"the rules of {brand} answered {answer.status}: {answer.document}")


def rules(brand: str, chances: Random) -> dict[str, Any]:
    """Write a version of a brand's rules: who comes first changes, and who takes part."""
    return {
        "default": chances.choice(("stay", "review")),
        "exclusivity_days": chances.choice((30, 60, 90)),
        "rules": [
            {
                "name": f"{make} to {door}",
                "priority": chances.choice((priority, 10)),
                "enabled": priority == 20 or chances.random() < 0.8,
                "if": {"data.make": make},
                "to": door,
            }
            for make, doors in DOORS[brand].items()
            for door, priority in doors.items()
        ],
    }


def people(chances: Random) -> Iterator[dict[str, Any]]:
    """Make bodies without end, each of somebody else."""
    number = 0
    while True:
        number += 1
        [make] = chances.choices(list(MAKES), list(MAKES.values()))
        yield {
            "vertical": "AUTO",
            "contact_info": {
                "firstName": "Robin",
                "lastName": f"Example{number}",
                "email": f"robin.{number}@prove.example",
                "phone": f"+1916{2_000_000 + number}",
                "address": {"street": f"{number} Main St", "state": "CA", "zip": "95814"},
            },
            "vertical_data": {"vehicleYear": 2020, "make": make, "model": "Any"},
        }


def with_make(body: dict[str, Any], make: str) -> dict[str, Any]:
    """Give a person another car."""
    return {**body, "vertical_data": {**body["vertical_data"], "make": make}}


async def _make(client: Client, what: str, **body: object) -> Any:
    answer = await client.insist("POST", f"/api/v1/{what}", body)
    if answer.status != 201:
        raise RuntimeError(f"{what} answered {answer.status}: {answer.document}")
    return answer.document
