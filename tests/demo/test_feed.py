"""What the demo is made of: invented people, and a world that the product takes as it is."""

from collections import Counter

import msgspec
import pytest

from leadflow.cli.demo.people import feed
from leadflow.cli.demo.world import plans
from leadflow.core import rulebook
from leadflow.core.rulebook import parse
from leadflow.core.verticals import REGISTRY
from tests.core.builders import uid


def test_the_same_seed_makes_the_same_requests():
    assert feed(100, seed=1) == feed(100, seed=1)
    assert feed(100, seed=1) != feed(100, seed=2)


@pytest.mark.parametrize("seed", range(5))
def test_every_vertical_and_every_ending_is_among_them(seed):
    sendings = feed(400, seed)
    assert {sending.vertical for sending in sendings} == set(REGISTRY)
    endings = Counter(sending.expected for sending in sendings)
    assert set(endings) == {"new", "known", "repeated", "refused"}
    assert endings["new"] > 300


def test_a_repeated_request_is_the_same_under_the_same_key():
    sendings = feed(400, seed=3)
    first = {each.idempotency_key: each for each in sendings if each.expected == "new"}
    for repeated in (each for each in sendings if each.expected == "repeated"):
        assert repeated.idempotency_key in first
        assert first[repeated.idempotency_key].body == repeated.body


def test_the_world_is_as_large_as_the_demo_says():
    agents = [agent["name"] for plan in plans() for agent in plan.agents]
    rules = [rule["name"] for plan in plans() if plan.rules for rule in plan.rules["rules"]]
    assert len(agents) == len(set(agents)) == 30
    assert len(rules) == 25
    assert Counter(plan.kind for plan in plans()) == {"standard": 3, "partner": 6, "dealership": 1}


def test_its_rules_have_no_problem():
    destinations = {
        f"{plan.slug}/{terms['name']}": uid(number)
        for number, (plan, terms) in enumerate(
            (plan, terms) for plan in plans() for terms in plan.destinations
        )
    }
    for number, plan in enumerate(plan for plan in plans() if plan.rules):
        document = rulebook.with_ids(msgspec.to_builtins(plan.rules), iter_ids(number))
        parse(document, workspace_id=uid(1), version=1, destinations=destinations)


def iter_ids(start):
    ids = (uid(1000 * (start + 1) + number) for number in range(1000))
    return lambda: next(ids)
