"""What follows from loads that were measured."""

import pytest

from leadflow.bench.program import FIXED_PACE, paces
from leadflow.bench.results import Saturation, middles, saturation, share_of_ceiling
from tests.bench.builders import load


def test_of_the_rounds_of_a_load_the_middle_one_counts():
    speeds = {1: 900, 2: 1_200, 3: 1_000}
    rounds = [load(speed, round=number) for number, speed in speeds.items()]
    [middle] = middles(rounds)
    assert middle.outcome.leads_per_second == 1_000


def test_loads_that_differ_are_kept_apart():
    different = [
        load(1_000),
        load(1_000, connections=16),
        load(1_000, target="prototype"),
        load(100, shape="paced", offered=100),
        load(200, shape="paced", offered=200),
    ]
    assert middles(different) == different


def test_saturation_is_where_most_was_taken_in():
    loads = [load(300, connections=1), load(1_300, connections=64), load(1_200, connections=256)]
    assert saturation(loads, "leadflow") == Saturation(connections=64, leads_per_second=1_300)


def test_saturation_is_not_found_in_files():
    loads = [load(1_300), load(3_000, shape="files", connections=1)]
    assert saturation(loads, "leadflow").leads_per_second == 1_300


def test_the_share_compares_the_best_of_each_round():
    loads = [
        *(load(speed, round=1, connections=number) for number, speed in ((1, 100), (64, 1_000))),
        *(load(2_000, round=1, target="prototype", connections=number) for number in (1, 64)),
        load(600, round=2),  # something else kept the machine busy, and meets both
        load(1_000, round=2, target="prototype"),
        load(1_000, round=3),
        load(1_000, round=3, target="prototype"),
    ]
    assert share_of_ceiling(loads) == pytest.approx(0.6)


def test_paces_are_shares_of_saturation_and_one_that_is_the_same_everywhere():
    assert paces(2_000) == [200, 500, FIXED_PACE, 1_600]
