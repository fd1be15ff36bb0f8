"""Parts: what competes stays together, and nothing else has to."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from leadflow.store.configuration import DirectoryCache
from leadflow.work.parts import apart, stakes
from tests.core.builders import profile

STAKES = st.lists(st.frozensets(st.integers(0, 30), max_size=3), max_size=40)


@given(STAKES, st.integers(1, 8))
def test_no_two_parts_share_a_stake(at_stake, most):
    parts = apart(range(len(at_stake)), at_stake, most)
    assert len(parts) <= most
    wanted = [set(chain.from_iterable(at_stake[item] for item in part)) for part in parts]
    assert all(one.isdisjoint(other) for one, other in combinations(wanted, 2))


@given(STAKES, st.integers(1, 8))
def test_every_item_is_in_one_part_in_its_order(at_stake, most):
    parts = apart(range(len(at_stake)), at_stake, most)
    assert sorted(chain.from_iterable(parts)) == list(range(len(at_stake)))
    assert all(part and part == sorted(part) for part in parts)


@pytest.mark.parametrize(
    ("at_stake", "most", "sizes"),
    [
        ([], 4, []),
        ([{"a"}, {"b"}, {"a"}, {"c"}], 4, [2, 1, 1]),
        ([{"a"}, {"b"}, {"a", "b"}, {"c"}], 4, [3, 1]),  # what wants both keeps both together
        ([set(), set(), set()], 2, [2, 1]),  # who competes for nothing goes anywhere
        ([{"a"}, {"a"}, {"a"}, {"b"}, {"c"}, {"d"}], 2, [3, 3]),  # about as large
    ],
)
def test_parts_are_as_many_and_as_large_as_can_be(at_stake, most, sizes):
    parts = apart(range(len(at_stake)), at_stake, most)
    assert sorted(map(len, parts), reverse=True) == sizes


async def test_a_lead_competes_for_who_may_receive_it_and_for_its_person(world):
    await world.destination("acme/leads")
    await world.destination("acme/more")
    await world.destination("other/leads")
    await world.rules("brand", "acme/leads", "acme/more")
    async with world.database.service() as connection:
        directory = await DirectoryCache().current(connection)
    lead = replace(profile(identity=(b"mail", b"phone")), workspace_id=world.ids["brand"])
    persons = {(b"mail", lead.vertical), (b"phone", lead.vertical)}
    assert stakes(directory, lead) == {world.ids["acme"], *persons}
