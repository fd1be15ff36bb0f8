"""Guard the speed: how far from the ceiling we may be, both measured in the same run."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from leadflow.bench import floors
from leadflow.bench.bed import Plan, bed
from leadflow.bench.program import Tell, saturate
from leadflow.bench.results import Generator, Load, share_of_ceiling

CONNECTIONS = (64,)  # both are saturated there
LEAST_SHARE = 0.10
"""Of what the prototype takes in. On two cores shared with others it was 0.16 to 0.19 by wrk, and
0.19 by our own generator: chance does not fail it.
"""


class Guarded(Struct, frozen=True, kw_only=True):
    """What the guard saw."""

    share_of_ceiling: float
    least_share: float
    loads: Sequence[Load]
    floors: Mapping[str, float]  # leads a second
    holds: bool


async def compare(
    generator: Generator, rounds: int, seconds: int, leads: int, tell: Tell
) -> Guarded:
    """Measure our saturation beside the prototype's and the floors.

    Raises:
        SetupError: something cannot be started.
        TemporaryError: the leads stored are not those that were answered.
    """
    plan = Plan(
        leads=leads, rounds=rounds, seconds=seconds, connections=CONNECTIONS, generator=generator
    )
    async with bed() as at:
        loads = await saturate(at, plan, tell)
        tell("the floors: the same rows written bare")
        share = share_of_ceiling(loads)
        return Guarded(
            share_of_ceiling=share,
            least_share=LEAST_SHARE,
            loads=loads,
            floors=await floors.measure(at.made.database),
            holds=share >= LEAST_SHARE,
        )
