"""Hand leads to their owners: claim, send, and write down what came of it.

An attempt is committed as `sending` before anything is sent, and what came of it is committed
afterwards: a crash in between leaves a lease that runs out, and an attempt nobody knows about.
No transaction is open while a receiver is waited for.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import compress
from typing import assert_never
from uuid import UUID

from msgspec import Struct
from opentelemetry.trace import SpanKind

from leadflow.core.deliver import Attempt, Done, Patience, Wait, next_move
from leadflow.errors import LeadflowError, PermanentError, SetupError, TemporaryError
from leadflow.ports import Destination, Receipt
from leadflow.store import deliveries, health
from leadflow.store.database import Connection, Database
from leadflow.store.deliveries import Closing, Lease, Parcel
from leadflow.store.health import Turn
from leadflow.store.seal import Vault
from leadflow.telemetry import traces
from leadflow.telemetry.logs import log
from leadflow.work.delivery_log import (
    Ended,
    names,
    report_crash,
    report_turns,
    report_unwritten,
    report_written,
)
from leadflow.work.group import GroupCommit
from leadflow.work.loop import AWAY, Loop
from leadflow.work.unpack import unpack

LEASE_MARGIN = timedelta(seconds=30)  # to write down the outcome; a database restarts in 10
OVERTIME = timedelta(seconds=5)  # for an adapter that does not keep time
LAPSED_AT_ONCE = 100  # rows a transaction
GONE = Receipt(outcome="refused", error="the lead, its destination or its placement is gone")
LOST = Receipt(outcome="unknown", error="the worker was lost while it was sending")


class Limits(Struct, frozen=True, kw_only=True):
    """How much is sent at once, and how long anything is waited for."""

    at_once: int = 64  # sends under way in this process
    per_destination: int = 8  # of them, to one: a receiver that hangs holds up no more than these
    timeout: timedelta = timedelta(seconds=10)  # of one attempt
    margin: timedelta = LEASE_MARGIN  # after it, until an attempt counts as lost
    grace: timedelta = timedelta(seconds=10)  # for sends under way when we are told to stop


class Delivery:
    """A worker's hand on the deliveries that are due.

    Args:
        database: where the deliveries are.
        vault: opens contacts and secrets.
        destinations: the adapter for each kind of destination.
        owner: names this worker; no two may share a name.
        clock: tells the time, in UTC.
        patience: how often and how long deliveries are tried.
        limits: how much at once.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        destinations: Mapping[str, Destination],
        owner: str,
        clock: Callable[[], datetime],
        *,
        patience: Patience | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._destinations = destinations
        self._owner = owner
        self._clock = clock
        self._patience = patience or Patience()
        self._limits = limits or Limits()
        self._endings = GroupCommit[Ended, tuple[Ended, bool]](self._close, _report)
        self._claiming = asyncio.Lock()
        self._busy: Counter[UUID] = Counter()  # sends under way, by destination
        self._scopes: set[asyncio.Timeout] = set()  # of sends under way
        self._stop_at: float | None = None  # the loop's time at which sends are cut off
        self._loop: Loop | None = None

    def start(self) -> None:
        """Begin to take outcomes. Call it in the running loop."""
        self._endings.start()

    async def close(self) -> None:
        """Return when every outcome is written, or nobody is there to write it."""
        self._stop_at = self._stop_at or asyncio.get_running_loop().time()
        await self._endings.close()

    def call(self) -> None:
        """Say that a delivery is due now."""
        if self._loop is not None:
            self._loop.call()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver what is due until `stop`, never waiting for one receiver before the next.

        Sends under way at `stop` have the grace to finish. What is cut off then is written down
        as unknown, and its lease given back.
        """
        async with asyncio.TaskGroup() as sends:
            self._loop = Loop("deliver", partial(self._begin, sends), self.next_due, self._clock)
            await self._loop.run(stop)
            self._hasten()

    async def run_once(self) -> int:
        """Send what is due now, as far as there is room, and say how many attempts that were.

        Raises:
            TemporaryError: the database is away; nothing was sent.
        """
        async with asyncio.TaskGroup() as sends:
            return await self._begin(sends)

    async def next_due(self) -> datetime | None:
        """Tell when there will be more to do, where there is room for it; None: not known."""
        if not self._room:
            return None
        full = [id_ for id_, sends in self._busy.items() if sends >= self._limits.per_destination]
        async with self._database.service() as connection:
            return await deliveries.next_due(connection, full)

    @property
    def _room(self) -> int:
        return max(0, self._limits.at_once - self._busy.total())

    async def _begin(self, sends: asyncio.TaskGroup) -> int:
        async with self._claiming:  # two rounds at once would both fill the same room
            if not self._room:
                return 0
            now = self._clock()
            async with self._database.service() as connection:
                lost = await self._write_off(connection, now)
                claimed = await self._claim(connection, now)
            self._busy.update(lease.destination_id for lease, _ in claimed)
            for lease, parcel in claimed:
                sends.create_task(self._carry(lease, parcel))
        for closing in lost:
            report_written(Ended(closing=closing))
        return len(claimed)

    async def _claim(
        self, connection: Connection, now: datetime
    ) -> list[tuple[Lease, Parcel | None]]:
        share = self._limits.per_destination
        return await deliveries.claim(
            connection,
            owner=self._owner,
            now=now,
            lease_until=now + self._limits.timeout + self._limits.margin,
            most=self._room,
            share=share,
            room={id_: max(0, share - sends) for id_, sends in self._busy.items()},
        )

    async def _write_off(self, connection: Connection, now: datetime) -> list[Closing]:
        """Close the attempts whose leases ran out: their workers will not."""
        lapsed = await deliveries.lapsed(connection, now, LAPSED_AT_ONCE)
        closings = [self._closing(lease, LOST, now) for lease in lapsed]
        if closings:
            await deliveries.close(connection, closings)
        return closings

    async def _carry(self, lease: Lease, parcel: Parcel | None) -> None:
        started_at = self._clock()
        kind = None if parcel is None else parcel.kind
        with traces.joined("delivery.attempt", {}, kind=SpanKind.CONSUMER, **names(lease)):
            try:
                receipt = GONE if parcel is None else await self._send(lease, parcel)
                ended_at = self._clock()
                closing = self._closing(lease, receipt, ended_at)
                await self._record(Ended(closing=closing, kind=kind, took=ended_at - started_at))
            finally:
                self._busy -= Counter((lease.destination_id,))
                self.call()

    async def _send(self, lease: Lease, parcel: Parcel) -> Receipt:
        try:
            adapter = self._adapter(parcel.kind)
            endpoint, message = unpack(self._vault, lease, parcel)
            async with self._deadline():
                return await adapter.send(endpoint, message, self._limits.timeout)
        except TimeoutError:
            return Receipt(outcome="unknown", error="cut off before an answer came")
        except LeadflowError as error:
            return Receipt(outcome="failed", error=error.message)
        except Exception as error:  # noqa: BLE001  # an adapter's mistake must not end others' sends
            report_crash(lease, error)
            return Receipt(outcome="unknown", error=f"the adapter broke ({type(error).__name__})")

    def _adapter(self, kind: str) -> Destination:
        if kind not in self._destinations:
            raise SetupError(f"there is no adapter for destinations of the kind {kind}")
        return self._destinations[kind]

    @asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        """Bound a send, also by the moment we have to be gone."""
        overdue = self._limits.timeout + OVERTIME
        at = asyncio.get_running_loop().time() + overdue.total_seconds()
        async with asyncio.timeout_at(min(at, self._stop_at or at)) as scope:
            self._scopes.add(scope)
            try:
                yield
            finally:
                self._scopes.discard(scope)

    def _hasten(self) -> None:
        """Have the sends under way end within the grace."""
        stop_at = asyncio.get_running_loop().time() + self._limits.grace.total_seconds()
        self._stop_at = stop_at
        for scope in self._scopes:
            if not scope.expired():
                scope.reschedule(min(stop_at, scope.when() or stop_at))

    def _closing(self, lease: Lease, receipt: Receipt, now: datetime) -> Closing:
        attempts = [*map(Attempt, lease.earlier), Attempt(receipt.outcome, receipt.retry_after)]
        move = next_move(attempts, self._patience, now, seed=lease.delivery_id.int)
        closing = partial(
            Closing,
            lease=lease,
            outcome=receipt.outcome,
            ended_at=now,
            state=move.state,
            status_code=receipt.status_code,
            error=receipt.error,
        )
        match move:
            case Wait(until=until):
                return closing(next_attempt_at=until)
            case Done(state="delivered"):
                return closing()
            case Done(reason=reason):
                return closing(review=f"Delivery: {reason} ({receipt.error}).")
            case _ as never:
                assert_never(never)

    async def _record(self, ended: Ended) -> None:
        """Write an outcome down, however long the database is away, unless we must be gone.

        What is not written is written off when its lease runs out.
        """
        while True:
            try:
                await self._endings.submit(ended)
                return
            except TemporaryError as error:
                if self._stop_at is not None:
                    report_unwritten(ended)
                    return
                log.warning(
                    "database.unavailable", component="deliver", error_message=error.message
                )
                await asyncio.sleep(AWAY.total_seconds())
            except PermanentError as error:
                report_crash(ended.closing.lease, error)
                return

    async def _close(self, endings: Sequence[Ended]) -> Sequence[tuple[Ended, bool]]:
        closings = [ended.closing for ended in endings]
        async with self._database.service() as connection:
            ours = await deliveries.close(connection, closings)
            turns = await self._note(connection, compress(closings, ours))
        report_turns(turns)
        return list(zip(endings, ours, strict=True))

    async def _note(self, connection: Connection, closed: Iterable[Closing]) -> list[Turn]:
        """Count what failed where; of receivers, an attempt whose worker was lost says nothing."""
        failed, took = Counter[UUID](), set[UUID]()
        for closing in closed:
            if closing.outcome == "delivered":
                took.add(closing.lease.destination_id)
            else:
                failed[closing.lease.destination_id] += 1
        now = self._clock()
        until = now + self._patience.pause
        return await health.note(connection, failed, took, now=now, until=until)


def _report(result: tuple[Ended, bool]) -> None:
    ended, ours = result
    if ours:
        report_written(ended)
    else:
        report_unwritten(ended)
