"""What loads are sent to: an installation and the prototype, side by side."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from leadflow.bench import load
from leadflow.bench.ceiling import prototype
from leadflow.bench.installation import Installation, installation
from leadflow.bench.leads import People
from leadflow.bench.results import Generator
from leadflow.bench.target import Name, Target

WARM_UP = 500  # leads that are not counted: connections open, plans and caches are made
WARM_UP_CONNECTIONS = 16


class Plan(Struct, frozen=True, kw_only=True):
    """How much is measured."""

    leads: int  # of each load of our own generator that has no pace, and of each run of files
    rounds: int
    seconds: int  # of each load of wrk, and of each paced one
    connections: Sequence[int]
    generator: Generator


class Bed(Struct, frozen=True):
    """What loads are sent to, and who has been sent already."""

    made: Installation
    targets: Sequence[Target]  # ours, and the prototype
    people: Mapping[Name, People]


@asynccontextmanager
async def bed() -> AsyncIterator[Bed]:
    """Have an installation and the prototype run, both warm, for as long as the block lasts.

    Raises:
        SetupError: one of them cannot be started.
    """
    async with installation() as made, prototype(made) as ceiling:
        targets = (made.target, ceiling)
        people = {target.name: People() for target in targets}
        for target in targets:
            leads = people[target.name].leads(WARM_UP)
            await load.post_each(target.url, target.key, leads, WARM_UP_CONNECTIONS)
        yield Bed(made, targets, people)
