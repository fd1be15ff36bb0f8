"""The picture of latency against load."""

from xml.etree import ElementTree

import pytest

from leadflow.bench.picture import draw
from tests.bench.builders import load, results

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*paces, ours=1_300, ceiling=9_000):
    found = results(
        load(ours),
        load(ceiling, target="prototype"),
        *(load(pace, shape="paced", offered=pace, p50_ms=ms) for pace, ms in paces),
    )
    return ElementTree.fromstring(draw(found))  # noqa: S314  # our own


def points(picture):
    for line in picture.iter(f"{SVG}polyline"):
        yield [tuple(map(float, each.split(","))) for each in line.get("points").split()]


def test_it_has_a_line_for_each_percentile_and_a_mark_for_each_server():
    picture = drawn((130, 5), (650, 9), (1_000, 14))
    texts = [each.text for each in picture.iter(f"{SVG}text")]
    assert [len(line) for line in points(picture)] == [3, 3, 3]
    assert {"p50", "p95", "p99"} <= set(texts)
    assert "saturation of leadflow: 1,300/s" in texts
    assert "saturation of prototype: 9,000/s" in texts


@pytest.mark.parametrize(
    "paces", [[(1_000, 5)], [(2, 0.4), (3, 4_000)], [(100, 5), (100_000, 5)]], ids=str
)
def test_everything_is_inside(paces):
    picture = drawn(*paces)
    _, _, width, height = map(float, picture.get("viewBox").split())
    inside = [0 < x < width and 0 < y < height for line in points(picture) for x, y in line]
    assert all(inside)


def test_more_load_is_further_right_and_more_latency_further_up():
    for line in points(drawn((1_000, 14), (130, 5), (650, 9))):
        assert [x for x, _ in line] == sorted(x for x, _ in line)
        assert [y for _, y in line] == sorted((y for _, y in line), reverse=True)
