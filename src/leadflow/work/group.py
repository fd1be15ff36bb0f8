"""Group commit: while one transaction is on its way, the next group gathers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from functools import partial
from typing import Generic, TypeVar

from leadflow.errors import ContendedError, TemporaryError
from leadflow.telemetry.logs import log

Item = TypeVar("Item")
Result = TypeVar("Result")

RETRIES = 4  # of what lost a race; each retry sees what the winner committed


class GroupCommit(Generic[Item, Result]):
    """Let concurrent callers share transactions, without a timer and without a wait when idle.

    `run` takes a group and answers in its order, all in one transaction. When it fails for a
    reason of its own, the group is halved until the offender stands alone and gets the error;
    the others commit. Every caller waits for its own commit.

    Bulk items fill the places that interactive ones leave: an import never stands in front of a
    person who waits.

    Args:
        run: one transaction over a group. What it raises after the commit is taken for a failure,
            so that it does nothing then.
        committed: told each result, once it is on disk, in the context of the item's caller,
            who may have gone. What it raises goes to the loop, and costs nobody their answer.
        most: items in a group, at most; 2 or more.
        bulk_share: the part of a group that bulk items may fill while interactive ones wait.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        committed: Callable[[Result], None],
        *,
        most: int = 200,
        bulk_share: float = 0.25,
    ) -> None:
        self._run = run
        self._committed = committed
        self._most = most
        self._bulk_most = max(1, int(most * bulk_share))
        self._interactive: deque[_Waiting[Item, Result]] = deque()
        self._bulk: deque[_Waiting[Item, Result]] = deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._lane: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take items. Call it in the running loop."""
        self._lane = asyncio.create_task(self._drive(), name="group-commit")

    async def close(self) -> None:
        """Take no more items, and return when those already taken have been answered.

        To cancel it is to stop at once: whoever still waits is told to come again.
        """
        self._closing = True
        self._arrived.set()
        if self._lane is not None:
            await self._lane

    async def submit(self, item: Item, *, bulk: bool = False) -> Result:
        """Have an item handled in the next group, and wait for its commit.

        Raises:
            TemporaryError: we are stopping, or the database is away.
            LeadflowError: whatever `run` raises for this item alone.
        """
        return await self.hand_in(item, bulk=bulk)

    def hand_in(self, item: Item, *, bulk: bool = False) -> asyncio.Future[Result]:
        """Have an item handled in the next group; the future is done once it is on disk.

        It fails with what `submit` raises.
        """
        waiting: _Waiting[Item, Result] = _Waiting(item)
        if self._closing or self._lane is None:
            waiting.fail(_stopping())
        else:
            (self._bulk if bulk else self._interactive).append(waiting)
            self._arrived.set()
        return waiting.answer

    @property
    def depth(self) -> int:
        """How many items wait for a group."""
        return len(self._interactive) + len(self._bulk)

    async def _drive(self) -> None:
        group: list[_Waiting[Item, Result]] = []
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while group := self._gather():
                    await self._settle(group)
                if self._closing:
                    return
        finally:
            # However the lane ends, nobody waits for ever.
            self._closing = True
            for waiting in (*group, *self._interactive, *self._bulk):
                waiting.fail(_stopping())

    def _gather(self) -> "list[_Waiting[Item, Result]]":
        """Take the next group; callers that have gone meanwhile are left out."""
        bulk_most = self._bulk_most if self._interactive else self._most
        group = _take(self._interactive, self._most - min(len(self._bulk), bulk_most))
        group += _take(self._bulk, min(bulk_most, self._most - len(group)))
        group += _take(self._interactive, self._most - len(group))
        return group

    async def _settle(self, group: "list[_Waiting[Item, Result]]") -> None:
        try:
            results = await patiently(partial(self._run, [waiting.item for waiting in group]))
            answered = list(zip(group, results, strict=True))
        except TemporaryError as error:
            for waiting in group:
                waiting.fail(error)
        except Exception as error:  # noqa: BLE001  # one bad item must not cost the others theirs
            if len(group) == 1:
                group[0].fail(error)
                return
            log.warning("group.split", leads=len(group), exc_info=error)
            middle = len(group) // 2
            await self._settle(group[:middle])
            await self._settle(group[middle:])
        else:
            for waiting, result in answered:
                waiting.tell(self._committed, result)
                waiting.succeed(result)


class _Waiting(Generic[Item, Result]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._context = copy_context()

    def tell(self, committed: Callable[[Result], None], result: Result) -> None:
        self.answer.get_loop().call_soon(committed, result, context=self._context)

    def succeed(self, result: Result) -> None:
        if not self.answer.done():  # its caller may have gone
            self.answer.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


async def patiently(run: Callable[[], Awaitable[Result]]) -> Result:
    """Run a transaction, and again when somebody else was faster: that is over in no time.

    Raises: what `run` raises; ContendedError after the last retry.
    """
    for _ in range(RETRIES):
        try:
            return await run()
        except ContendedError:
            continue
    return await run()


def _take(queue: "deque[_Waiting[Item, Result]]", most: int) -> "list[_Waiting[Item, Result]]":
    taken: list[_Waiting[Item, Result]] = []
    while queue and len(taken) < most:
        waiting = queue.popleft()
        if not waiting.answer.cancelled():
            taken.append(waiting)
    return taken


def _stopping() -> TemporaryError:
    return TemporaryError("leadflow is stopping")
