"""A chart drawn where the page is made, so that it needs no script."""

from collections.abc import Sequence

from msgspec import Struct

WIDTH, HEIGHT = 600, 80  # units of the drawing; the page stretches it
BASE = HEIGHT - 2  # half of the stroke's width stays inside


class Sparkline(Struct, frozen=True, kw_only=True):
    """A line and the area below it, as points of an SVG."""

    line: str
    area: str
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(values: Sequence[int]) -> Sparkline:
    """Draw values from left to right, the highest one at the top.

    Args:
        values: from 0 up, at least two.
    """
    highest = max(*values, 1)
    step = WIDTH / (len(values) - 1)
    line = " ".join(
        f"{position * step:.1f},{BASE - (BASE - 2) * value / highest:.1f}"
        for position, value in enumerate(values)
    )
    return Sparkline(line=line, area=f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}")
