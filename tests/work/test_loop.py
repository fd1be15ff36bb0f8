"""Work in rounds: no call is lost, nothing spins, and a database that comes back is used again."""

import asyncio
from datetime import timedelta

import pytest

from leadflow.errors import PermanentError, TemporaryError
from leadflow.work.loop import AWAY, LONGEST_SLEEP, SHORTEST_SLEEP, Loop
from tests.world import NOW


class Work:
    """Rounds that answer what they are told to, and a loop that does not really sleep."""

    def __init__(self, *rounds, due=None):
        self.rounds = list(rounds)
        self.due = due
        self.done = 0
        self.slept = []
        self.stop = asyncio.Event()
        self.loop = Loop("test", self.run_once, self.next_due, lambda: NOW)
        self.loop._sleep = self.sleep  # type: ignore[method-assign]

    async def run_once(self):
        self.done += 1
        outcome = self.rounds.pop(0) if self.rounds else 0
        if isinstance(outcome, Exception):
            raise outcome
        if callable(outcome):
            return outcome()
        return outcome

    async def next_due(self):
        return self.due

    async def sleep(self, stop, pause):
        self.slept.append(pause)
        if not self.rounds:
            stop.set()

    async def run(self):
        async with asyncio.timeout(5):
            await self.loop.run(self.stop)
        return self.slept


async def test_it_works_on_while_there_is_something_to_do():
    work = Work(3, 1, 2, 0)
    assert await work.run() == [LONGEST_SLEEP]
    assert work.done == 4


@pytest.mark.parametrize(
    ("due", "pause"),
    [
        (None, LONGEST_SLEEP),
        (NOW + timedelta(seconds=2), timedelta(seconds=2)),
        (NOW + timedelta(hours=2), LONGEST_SLEEP),
        (NOW, SHORTEST_SLEEP),
        (NOW - timedelta(hours=1), SHORTEST_SLEEP),  # in somebody else's hands
    ],
)
async def test_it_sleeps_until_more_is_due_but_neither_spins_nor_oversleeps(due, pause):
    assert await Work(0, due=due).run() == [pause]


async def test_it_looks_after_a_database_that_is_away():
    work = Work(TemporaryError("away"), TemporaryError("away"), 1, 0)
    assert await work.run() == [AWAY, AWAY, LONGEST_SLEEP]


async def test_what_is_not_temporary_ends_it():
    with pytest.raises(PermanentError):
        await Work(PermanentError("broken")).run()


async def test_once_stopped_it_finishes_its_round_and_begins_no_other():
    work = Work(1, 1)

    def stopped():
        work.stop.set()
        return 5

    work.rounds = [stopped, 1, 1]
    await work.run()
    assert work.done == 1


def really(work):
    """Have it sleep in earnest."""
    del work.loop._sleep
    return work


async def test_a_call_ends_its_sleep():
    work = really(Work())
    running = asyncio.create_task(work.loop.run(work.stop))
    async with asyncio.timeout(5):
        while work.done < 5:  # each call is worth a round
            await asyncio.sleep(0)
            work.loop.call()
    work.stop.set()
    await running


async def test_a_call_during_a_round_is_not_lost():
    work = really(Work())
    calls = iter(range(3))

    def called_meanwhile():
        if next(calls, None) is not None:
            work.loop.call()
        else:
            work.stop.set()
        return 0

    work.rounds = [called_meanwhile] * 4
    async with asyncio.timeout(4):  # less than the one sleep that a lost call would cost
        await work.loop.run(work.stop)
    assert work.done == 4


async def test_to_stop_ends_its_sleep_and_leaves_nothing_behind():
    before = asyncio.all_tasks()
    work = really(Work())
    running = asyncio.create_task(work.loop.run(work.stop))
    await asyncio.sleep(0)
    work.stop.set()
    async with asyncio.timeout(1):
        await running
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


async def test_to_cancel_it_leaves_nothing_behind():
    before = asyncio.all_tasks()
    work = really(Work())
    running = asyncio.create_task(work.loop.run(work.stop))
    for _ in range(3):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before
