"""What a benchmark has found: every load as it was measured, and what follows from all of them."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from leadflow.bench.importing import Imported
from leadflow.bench.load import Outcome
from leadflow.bench.target import Name
from leadflow.bench.usage import Used

Generator = Literal["wrk", "asyncio"]
Shape = Literal["closed", "paced", "files"]


class Load(Struct, frozen=True, kw_only=True):
    """One load, as it was measured."""

    target: Name
    shape: Shape
    generator: Generator = "asyncio"
    round: int = 1  # loads of a round were measured one after the other
    connections: int  # in a closed loop: each sends its next lead on an answer
    offered: float | None = None  # leads a second, of a paced load
    outcome: Outcome
    used: Used


class Machine(Struct, frozen=True, kw_only=True):
    """What was measured on."""

    cores: int
    memory_mb: int
    python: str
    postgres: str
    leadflow: str


class Saturation(Struct, frozen=True, kw_only=True):
    """The most that a server took in."""

    connections: int  # at which it did
    leads_per_second: float  # median of the rounds


class Results(Struct, frozen=True, kw_only=True):
    """All of one run."""

    machine: Machine
    loads: Sequence[Load]
    imported: Imported
    saturation: Mapping[Name, Saturation]
    share_of_ceiling: float  # what leadflow takes in, of what the prototype does
    rows_per_lead: Mapping[Name, float]  # written by PostgreSQL's own count, indexes left out
    floors: Mapping[str, float]  # leads a second, by how the same rows were written bare


def closed(loads: Iterable[Load], target: Name) -> list[Load]:
    """Pick the closed loops of one server."""
    return [load for load in loads if load.shape == "closed" and load.target == target]


def middle(loads: Sequence[Load]) -> Load:
    """Pick the load whose throughput is in the middle."""
    ordered = sorted(loads, key=_speed)
    return ordered[(len(ordered) - 1) // 2]


def middles(loads: Iterable[Load]) -> list[Load]:
    """Pick of the rounds of each load the one in the middle."""
    rounds = defaultdict(list)
    for load in loads:
        rounds[load.target, load.shape, load.connections, load.offered].append(load)
    return [middle(same) for same in rounds.values()]


def saturation(loads: Iterable[Load], target: Name) -> Saturation:
    """Find at how many connections a server took in most."""
    best = max(middles(closed(loads, target)), key=_speed)
    return Saturation(connections=best.connections, leads_per_second=_speed(best))


def share_of_ceiling(loads: Sequence[Load]) -> float:
    """Compare our best with the prototype's best of the same round; the median of the rounds.

    What else the machine does meets both of a round alike.
    """
    ours, ceiling = (_best_by_round(closed(loads, name)) for name in ("leadflow", "prototype"))
    return statistics.median(ours[number] / ceiling[number] for number in ours)


def _best_by_round(loads: Iterable[Load]) -> dict[int, float]:
    best: dict[int, float] = {}
    for load in loads:
        best[load.round] = max(best.get(load.round, 0), _speed(load))
    return best


def _speed(load: Load) -> float:
    return load.outcome.leads_per_second
