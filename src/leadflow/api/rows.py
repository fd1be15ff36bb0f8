"""The rows of a batch: many on their way at once, their results in order."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Literal, assert_never, get_args
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from leadflow.api.call import Call
from leadflow.api.errors import wait_s
from leadflow.api.submit import KEYS, Sent, submission_of
from leadflow.core.lead import JSON
from leadflow.core.outcome import (
    Accepted,
    DuplicateLead,
    KeyConflict,
    Outcome,
    Refused,
    Replayed,
)
from leadflow.errors import ErrorCode, InputError, LeadflowError, Problem, TemporaryError
from leadflow.sources import Row
from leadflow.telemetry.logs import log

# Two groups of the walk: while one is being committed, the other gathers.
IN_FLIGHT = 400

RowStatus = Literal["accepted", "replayed", "duplicate", "conflict", "rejected", "failed"]


class RowResult(Struct, frozen=True, kw_only=True):
    """What became of one row."""

    row: Annotated[int, Meta(description="from 1, blank lines and the header not counted")]
    line: Annotated[int, Meta(description="from 1: where the row begins in what was sent")]
    status: RowStatus
    id: Annotated[UUID | UnsetType, Meta(description="the lead, if accepted or replayed")] = UNSET
    existing_id: Annotated[UUID | UnsetType, Meta(description="the lead that is there already")] = (
        UNSET
    )
    message: str | UnsetType = UNSET
    problems: tuple[Problem, ...] | UnsetType = UNSET


class Stopped(Struct, frozen=True, kw_only=True):
    """Why rows at the end were not taken, and from where to go on."""

    code: ErrorCode
    message: str
    next_row: Annotated[int, Meta(description="the first row that was not looked at")]
    retry_after_s: Annotated[int | None, Meta(description="null: to wait does not help")]


class Summary(Struct, frozen=True, kw_only=True):
    """How the rows fared; each is counted once."""

    rows: int
    accepted: int
    replayed: int
    duplicate: int
    conflict: int
    rejected: int
    failed: Annotated[int, Meta(description="through no fault of theirs: send them again")]
    stopped: Annotated[Stopped | None, Meta(description="null when every row was looked at")]


class Defaults(Struct, frozen=True):
    """What holds for rows that do not say it themselves."""

    vertical: str | None
    source: str | None
    idempotency_key: str | None


class Rows:
    """Takes rows through the walk."""

    def __init__(self, call: Call, defaults: Defaults) -> None:
        self._call = call
        self._defaults = defaults
        self._counts: Counter[RowStatus] = Counter()
        self._begun = 0  # the last row that was looked at
        self._away: TemporaryError | None = None
        self._waiting: deque[asyncio.Task[RowResult]] = deque()  # rows without a result, in order

    async def take(
        self, rows: AsyncGenerator[tuple[Row, datetime]], tell: Callable[[RowResult], None]
    ) -> Summary:
        """Take rows as they come, and tell their results in order, each as soon as it is there.

        What stops the rows from coming, or the database from taking them, ends the batch: the
        summary says where.

        Raises:
            LeadflowError: that, before there was any result.
        """
        try:
            stopped = await self._begin_all(rows, tell)
            while self._waiting:
                await self._first(tell)
        finally:
            for task in self._waiting:
                task.cancel()
            if self._waiting:
                await asyncio.wait(self._waiting)
        if stopped is not None and not self._counts:
            raise stopped
        return self._finish(stopped)

    async def _begin_all(
        self, rows: AsyncGenerator[tuple[Row, datetime]], tell: Callable[[RowResult], None]
    ) -> LeadflowError | None:
        """Begin every row, as many at once as may be; give what kept the rest from coming."""
        try:
            async with aclosing(rows):
                async for row, received_at in rows:
                    self._begun = row.number
                    task = asyncio.create_task(self._take_one(row, received_at))
                    task.add_done_callback(lambda _: self._tell_finished(tell))
                    self._waiting.append(task)
                    while len(self._waiting) >= IN_FLIGHT:
                        await self._first(tell)
                    if self._away is not None:
                        return self._away
        except LeadflowError as error:
            return error
        return None

    async def _first(self, tell: Callable[[RowResult], None]) -> None:
        """Wait until the first of the waiting rows has its result.

        Raises:
            TemporaryError: it failed, and nothing has been answered yet: the whole call says so.
        """
        first = self._waiting[0]
        result = await asyncio.shield(first)
        self._tell_finished(tell)
        if self._is_end(result) and self._away is not None:
            raise self._away

    def _tell_finished(self, tell: Callable[[RowResult], None]) -> None:
        """Tell the results that are there, up to the first row that has none."""
        while self._waiting and _succeeded(first := self._waiting[0]):
            result = first.result()
            if self._is_end(result):
                return
            self._waiting.popleft()
            self._counts[result.status] += 1
            tell(result)

    def _is_end(self, result: RowResult) -> bool:
        return not self._counts and result.status == "failed" and self._away is not None

    async def _take_one(self, row: Row, received_at: datetime) -> RowResult:
        try:
            outcome = await self._submit(row, received_at)
        except TemporaryError as error:
            self._away = error
            return _result(row, "failed", message=error.message)
        except InputError as error:
            return _result(row, "rejected", message=error.message, problems=error.problems)
        except LeadflowError as error:
            log.error("http.failed", exc_info=error, component="batch")
            return _result(row, "failed", message=error.message)
        return _result_of(row, outcome)

    async def _submit(self, row: Row, received_at: datetime) -> Outcome:
        if row.body is None:
            return Refused(row.problems)
        body = {**row.body, "vertical": row.body.get("vertical") or self._defaults.vertical}
        key = self._defaults.idempotency_key
        submission = await submission_of(
            self._call,
            Sent(body, row.raw, received_at),
            "batch",
            source=self._defaults.source,
            row_key=None if key is None or _has_id(row.body) else f"{key}:{row.number}",
        )
        return await self._call.app.intake.submit(submission, bulk=True)

    def _finish(self, stopped: LeadflowError | None) -> Summary:
        counts = {status: self._counts[status] for status in get_args(RowStatus)}
        log.info(
            "import.finished",
            channel="batch",
            rows=self._begun,
            accepted=counts["accepted"],
            duplicates=counts["duplicate"],
            refused=counts["rejected"],
        )
        return Summary(
            rows=sum(counts.values()),
            stopped=None if stopped is None else _stopped(stopped, self._begun + 1),
            **counts,
        )


def _succeeded(task: "asyncio.Task[RowResult]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _has_id(body: Mapping[str, JSON]) -> bool:
    return bool(body.get("external_id") or body.get("externalId"))


def _result_of(row: Row, outcome: Outcome) -> RowResult:
    match outcome:
        case Accepted(answer=answer):
            return _result(row, "accepted", id=answer.id)
        case Replayed(answer=answer):
            return _result(row, "replayed", id=answer.id)
        case DuplicateLead(lead_id=lead_id):
            return _result(row, "duplicate", existing_id=lead_id)
        case KeyConflict(kind=kind, lead_id=lead_id):
            message = f"{KEYS[kind]} came before, with another body"
            return _result(row, "conflict", existing_id=lead_id, message=message)
        case Refused(problems=problems):
            return _result(row, "rejected", problems=problems)
        case _ as never:
            assert_never(never)


def _result(row: Row, status: RowStatus, **said: Any) -> RowResult:
    return RowResult(row=row.number, line=row.line, status=status, **said)


def _stopped(error: LeadflowError, next_row: int) -> Stopped:
    return Stopped(
        code=error.code,
        message=error.message,
        next_row=next_row,
        retry_after_s=wait_s(error) if isinstance(error, TemporaryError) else None,
    )
