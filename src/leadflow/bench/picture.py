"""Draw latency against load, as SVG."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files

import jinja2
from msgspec import Struct

from leadflow.bench.load import Outcome
from leadflow.bench.results import Load, Results

LEFT, RIGHT, TOP, BOTTOM = 64, 776, 92, 376  # of the plot, in units of the picture
STEPS = (1, 2, 5)  # between powers of ten
APART = 15  # units between the baselines of two labels, at least
ROOM = 1.15  # beside the first and the last load, as a factor
PERCENTILES: dict[str, Callable[[Outcome], float]] = {
    "p50": lambda outcome: outcome.p50_ms,
    "p95": lambda outcome: outcome.p95_ms,
    "p99": lambda outcome: outcome.p99_ms,
}


class Tick(Struct, frozen=True):
    """A place on an axis."""

    at: float
    text: str


class Line(Struct, frozen=True, kw_only=True):
    """One percentile over all loads."""

    name: str
    points: Sequence[tuple[float, float]]
    label_at: float  # height of its name, beside its last point


class Mark(Struct, frozen=True, kw_only=True):
    """Where a server takes in no more."""

    at: float
    name: str
    text: str
    text_at: float  # height: each has a line of its own
    anchor: str  # `start`, or `end` where the text would leave the picture


def draw(results: Results) -> str:
    """Draw the loads that came at a pace, and where both servers are saturated."""
    loads = sorted((load for load in results.loads if load.offered), key=_offered)
    most = [each.leads_per_second for each in results.saturation.values()]
    slowest, fastest = min(map(_offered, loads)), max([*most, *map(_offered, loads)])
    left, right = _widened(slowest / ROOM, fastest * ROOM)
    across = _logarithmic(left, right, LEFT, RIGHT)
    latencies = [read(load.outcome) for load in loads for read in PERCENTILES.values()]
    low, high = _widened(min(latencies), max(latencies))
    up = _logarithmic(low, high, BOTTOM, TOP)
    template = _templates().get_template("picture.svg.jinja")
    return template.render(
        left=LEFT,
        right=RIGHT,
        top=TOP,
        bottom=BOTTOM,
        across=[Tick(across(value), f"{value:,.0f}") for value in _steps(left, right)],
        up=[Tick(up(value), f"{value:g}") for value in _steps(low, high)],
        lines=list(_lines(loads, across, up)),
        marks=list(_marks(results, across)),
        machine=results.machine,
    )


def _lines(
    loads: Sequence[Load], across: Callable[[float], float], up: Callable[[float], float]
) -> Iterator[Line]:
    lowest = math.inf
    for name, read in PERCENTILES.items():
        points = [(across(_offered(load)), up(read(load.outcome))) for load in loads]
        lowest = min(points[-1][1], lowest - APART)
        yield Line(name=name, points=points, label_at=lowest)


def _marks(results: Results, across: Callable[[float], float]) -> Iterator[Mark]:
    for row, (name, most) in enumerate(results.saturation.items(), start=1):
        at = across(most.leads_per_second)
        yield Mark(
            at=at,
            name=name,
            text=f"{name}: {most.leads_per_second:,.0f}/s",
            text_at=TOP - row * APART,
            anchor="end" if at > (LEFT + RIGHT) / 2 else "start",
        )


def _offered(load: Load) -> float:
    return load.offered or 0


def _logarithmic(low: float, high: float, begin: float, end: float) -> Callable[[float], float]:
    span = math.log10(high / low)
    return lambda value: begin + (end - begin) * math.log10(value / low) / span


def _widened(low: float, high: float) -> tuple[float, float]:
    """Widen a range to the next of `_steps`."""
    below, above = (10.0 ** math.floor(math.log10(each)) for each in (low, high))
    first = max(below * step for step in STEPS if below * step <= low)
    last = min(above * step for step in (*STEPS, 10) if above * step > high)
    return first, last


def _steps(low: float, high: float) -> Iterator[float]:
    power = math.floor(math.log10(low))
    while 10.0**power <= high:
        yield from (v for step in STEPS if low <= (v := step * 10.0**power) <= high * 1.001)
        power += 1


@cache
def _templates() -> jinja2.Environment:
    def load(name: str) -> str:
        return (files("leadflow.bench") / name).read_text(encoding="utf-8")

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(load), autoescape=True, undefined=jinja2.StrictUndefined
    )
