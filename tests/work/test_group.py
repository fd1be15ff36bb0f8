"""Group commit: who shares a transaction with whom, and who pays for whose mistakes."""

import asyncio
from contextvars import ContextVar

import pytest

from leadflow.errors import ContendedError, PermanentError, TemporaryError
from leadflow.work.group import RETRIES, GroupCommit

CALLER = ContextVar("caller", default="nobody")


class Store:
    """Stands for the database: keeps each group it was given, and fails when it is told to."""

    def __init__(self):
        self.groups = []
        self.bad = set()
        self.failures = []  # what the next runs raise, first come first
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.told = []

    async def run(self, group):
        self.groups.append(list(group))
        self.entered.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        if offenders := self.bad.intersection(group):
            raise PermanentError(f"refused {min(offenders)}")
        return [f"done {item}" for item in group]

    def committed(self, result):
        self.told.append((result, CALLER.get()))


@pytest.fixture
def store():
    return Store()


@pytest.fixture
async def group(store):
    group = GroupCommit(store.run, store.committed)
    group.start()
    yield group
    store.gate.set()
    await group.close()


async def submit_all(group, items, **options):
    submissions = (group.submit(item, **options) for item in items)
    return await asyncio.gather(*submissions, return_exceptions=True)


async def hold(store, group, item="first"):
    """Have one item on its way, so that what comes next gathers."""
    store.gate.clear()
    store.entered.clear()
    first = asyncio.create_task(group.submit(item))
    await store.entered.wait()
    return first


async def gathered(group, depth):
    for _ in range(3):  # turns of the loop: a task for all begins, then a task for each
        await asyncio.sleep(0)
    assert group.depth == depth


async def test_an_item_goes_at_once_when_nothing_is_on_its_way(store, group):
    assert await group.submit("a") == "done a"
    assert store.groups == [["a"]]


async def test_while_one_group_is_on_its_way_the_next_gathers(store, group):
    first = await hold(store, group)
    rest = asyncio.create_task(submit_all(group, range(5)))
    await gathered(group, 5)
    store.gate.set()
    assert await first == "done first"
    assert await rest == [f"done {n}" for n in range(5)]
    assert store.groups == [["first"], [0, 1, 2, 3, 4]]


async def test_a_group_holds_no_more_than_it_may(store):
    group = GroupCommit(store.run, store.committed, most=4)
    group.start()
    await submit_all(group, range(10))
    await group.close()
    assert [len(each) for each in store.groups] == [4, 4, 2]


async def test_one_offender_in_two_hundred_gets_its_error_alone(store, group):
    store.bad = {117}
    answers = await submit_all(group, range(200))
    assert [n for n, answer in enumerate(answers) if isinstance(answer, PermanentError)] == [117]
    assert str(answers[117]) == "refused 117"
    assert [answer for n, answer in enumerate(answers) if n != 117] == [
        f"done {n}" for n in range(200) if n != 117
    ]


async def test_halving_keeps_the_order_in_which_items_came(store, group):
    store.bad = {2}
    await submit_all(group, range(8))
    committed = [each for each in store.groups if not store.bad.intersection(each)]
    assert [item for each in committed for item in each] == [0, 1, 3, 4, 5, 6, 7]


async def test_halving_costs_two_runs_for_each_doubling_of_the_group(store, group):
    store.bad = {0}
    await submit_all(group, range(128))
    assert len(store.groups) == 1 + 2 * 7


async def test_a_group_that_lost_a_race_is_tried_again(store, group):
    store.failures = [ContendedError("held")] * RETRIES
    assert await group.submit("a") == "done a"
    assert len(store.groups) == RETRIES + 1


async def test_a_race_that_is_lost_every_time_is_told_to_all_and_nothing_is_halved(store, group):
    store.failures = [ContendedError("held")] * (RETRIES + 1)
    answers = await submit_all(group, range(3))
    assert [type(answer) for answer in answers] == [ContendedError] * 3
    assert store.groups == [[0, 1, 2]] * (RETRIES + 1)


async def test_a_database_that_is_away_is_told_to_all_at_once(store, group):
    store.failures = [TemporaryError("away")]
    answers = await submit_all(group, range(3))
    assert [str(answer) for answer in answers] == ["away"] * 3
    assert store.groups == [[0, 1, 2]]
    assert await group.submit("later") == "done later"


async def test_a_wrong_number_of_answers_is_the_fault_of_the_run_and_stops_nobody_else(store):
    async def forgetful(group):
        return [] if "a" in group else list(group)

    group = GroupCommit(forgetful, store.committed)
    group.start()
    with pytest.raises(ValueError, match="zip"):
        await group.submit("a")
    assert await group.submit("b") == "b"
    await group.close()


async def test_a_caller_that_has_gone_before_its_group_is_left_out(store, group):
    first = await hold(store, group)
    waiting = [asyncio.create_task(group.submit(item)) for item in ("gone", "stays")]
    await gathered(group, 2)
    waiting[0].cancel()
    store.gate.set()
    assert await waiting[1] == "done stays"
    assert await first == "done first"
    assert store.groups == [["first"], ["stays"]]


async def test_a_caller_that_goes_while_its_group_is_on_its_way_costs_the_others_nothing(
    store, group
):
    first = await hold(store, group)
    waiting = [asyncio.create_task(group.submit(item)) for item in ("goes", "stays")]
    await gathered(group, 2)
    store.entered.clear()
    store.gate.set()
    await first
    store.gate.clear()
    await store.entered.wait()
    waiting[0].cancel()
    store.gate.set()
    assert await waiting[1] == "done stays"
    assert store.groups[-1] == ["goes", "stays"]
    assert ("done goes", "nobody") in store.told  # it is on disk, whoever has gone


async def test_a_result_is_told_in_the_context_of_whoever_sent_the_item(store, group):
    async def call(name):
        CALLER.set(name)
        await group.submit(f"item of {name}")

    await asyncio.gather(call("ann"), call("bob"))
    assert store.told == [("done item of ann", "ann"), ("done item of bob", "bob")]


async def test_a_result_is_told_before_its_caller_goes_on(store, group):
    await group.submit("a")
    assert store.told == [("done a", "nobody")]


async def test_what_fails_after_the_commit_costs_nobody_their_answer(store):
    def broken(_):
        raise OSError("nobody reads our log any more")

    seen = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: seen.append(context["exception"]))
    group = GroupCommit(store.run, broken)
    group.start()
    try:
        assert await submit_all(group, range(3)) == [f"done {n}" for n in range(3)]
        await group.close()
    finally:
        loop.set_exception_handler(None)
    assert store.groups == [[0, 1, 2]]  # run once: what is committed is not tried again
    assert len(seen) == 3


async def test_an_import_never_stands_in_front_of_a_person(store):
    group = GroupCommit(store.run, store.committed, most=8, bulk_share=0.25)
    group.start()
    first = await hold(store, group)
    bulk = asyncio.create_task(submit_all(group, [f"b{n}" for n in range(20)], bulk=True))
    await gathered(group, 20)
    people = asyncio.create_task(submit_all(group, [f"p{n}" for n in range(6)]))
    await gathered(group, 26)
    store.gate.set()
    await asyncio.gather(first, bulk, people)
    await group.close()
    assert store.groups[1] == ["p0", "p1", "p2", "p3", "p4", "p5", "b0", "b1"]
    assert [len(each) for each in store.groups[2:]] == [8, 8, 2]


async def test_people_leave_an_import_its_share(store):
    group = GroupCommit(store.run, store.committed, most=8, bulk_share=0.25)
    group.start()
    first = await hold(store, group)
    people = asyncio.create_task(submit_all(group, [f"p{n}" for n in range(16)]))
    await gathered(group, 16)
    bulk = asyncio.create_task(submit_all(group, [f"b{n}" for n in range(3)], bulk=True))
    await gathered(group, 19)
    store.gate.set()
    await asyncio.gather(first, bulk, people)
    await group.close()
    shares = [sum(item.startswith("b") for item in each) for each in store.groups[1:]]
    assert shares == [2, 1, 0]
    assert [len(each) for each in store.groups[1:]] == [8, 8, 3]


async def test_to_close_is_to_answer_all_that_were_taken(store, group):
    first = await hold(store, group)
    rest = asyncio.create_task(submit_all(group, range(3)))
    await gathered(group, 3)
    closing = asyncio.create_task(group.close())
    await asyncio.sleep(0)
    with pytest.raises(TemporaryError, match="stopping"):
        await group.submit("late")
    store.gate.set()
    await closing
    assert await first == "done first"
    assert await rest == ["done 0", "done 1", "done 2"]


async def test_nobody_waits_for_ever_when_closing_is_cut_short(store):
    group = GroupCommit(store.run, store.committed)
    group.start()
    first = await hold(store, group)
    rest = asyncio.create_task(submit_all(group, range(3)))
    await gathered(group, 3)
    closing = asyncio.create_task(group.close())
    await asyncio.sleep(0)
    closing.cancel()
    answers = [*(await asyncio.gather(first, return_exceptions=True)), *(await rest)]
    assert [str(answer) for answer in answers] == ["leadflow is stopping"] * 4
    await asyncio.gather(closing, return_exceptions=True)


async def test_what_was_not_started_takes_nothing(store):
    with pytest.raises(TemporaryError):
        await GroupCommit(store.run, store.committed).submit("a")
