"""A run follows from its seed, and its parts are what they are said to be."""

from itertools import islice
from random import Random

import pytest

from proofs import plan, world
from proofs.plan import acts

LANES = ("kill", "freeze", "cut", "crash", "change")


@pytest.mark.parametrize("lane", LANES)
def test_the_same_seed_does_the_same_at_the_same_time(lane):
    assert acts(plan.long(5), lane) == acts(plan.long(5), lane)
    assert acts(plan.long(5), lane) != acts(plan.long(6), lane)


@pytest.mark.parametrize("lane", LANES)
def test_acts_come_in_order_while_leads_come_in(lane):
    times = [act.at for act in acts(plan.long(5), lane)]
    assert times == sorted(times)
    assert times[-1] < plan.long(5).leads


def test_a_long_run_is_long():
    long = plan.long(1)
    assert long.leads >= 10_000
    assert len(acts(long, "kill")) >= 200


def test_people_are_all_different_and_the_same_again():
    people = list(islice(world.people(Random(3)), 500))
    assert people == list(islice(world.people(Random(3)), 500))
    assert len({person["contact_info"]["email"] for person in people}) == 500


def test_rules_lead_to_partners_that_are_there():
    doors = {f"{partner}/web" for partner in world.partners(1000)}
    for brand in world.BRANDS:
        assert {rule["to"] for rule in world.rules(brand, Random(1))["rules"]} <= doors


def test_everybody_competes_for_the_contested():
    terms = world.partners(1000)
    doors = [world.DOORS[brand][world.CONTESTED] for brand in world.BRANDS]
    assert len({door for one in doors for door in one}) == len(world.BRANDS)
    assert not any("max_owners" in terms[door.partition("/")[0]] for one in doors for door in one)
