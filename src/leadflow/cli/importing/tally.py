"""What became of a file's rows: counted, and those that made no lead written down."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, assert_never
from uuid import UUID

import msgspec
from msgspec import Struct

from leadflow.cli.usage import unfit
from leadflow.core.outcome import Accepted, DuplicateLead, KeyConflict, Outcome, Refused, Replayed
from leadflow.errors import Problem
from leadflow.sources import Row

Result = Literal["accepted", "replayed", "duplicate", "conflict", "rejected"]


class Summary(Struct, frozen=True, kw_only=True):
    """Every row of a file, accounted for: the five results add up to `rows`."""

    file: str
    sha256: str
    rows: int
    accepted: int  # new leads
    replayed: int  # there already, from an earlier import of the same file or the same external id
    duplicate: int  # the person is known in this workspace and vertical
    conflict: int  # the external id is there, with another content
    rejected: int  # no leads
    statuses: dict[str, int]  # of the new leads
    warnings: dict[str, int]  # codes of what was odd about new leads
    report: str | None  # the file with the rows that made no lead; None: there are none
    interrupted: bool  # somebody stopped it; imported again, the file goes on where it was
    seconds: float
    rows_per_second: int
    peak_rss_mb: int  # the most memory that this process has had

    @property
    def complete(self) -> bool:
        """Whether every row is accounted for."""
        parts = (self.accepted, self.replayed, self.duplicate, self.conflict, self.rejected)
        return sum(parts) == self.rows


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the report: a row that made no lead, and why."""

    row: int
    line: int  # on which it begins in the file
    result: Result
    problems: Sequence[Problem] = ()
    lead_id: UUID | None = None  # the lead that is there already
    data: str  # the row itself; what is not UTF-8 in it is replaced


class Report:
    """A file of rows that made no lead, one JSON object a line. Without any, it is not there.

    It is opened first of all, so that a folder nobody may write to is no surprise in the midst.

    Args:
        path: where it is written, over that of an earlier import.

    Raises:
        UsageError: it cannot be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        try:
            self._file = path.open("wb")
        except OSError as error:
            reason = f"{path} cannot be written: {error.strerror}"
            raise unfit("--rejects", reason, "a file in a folder that may be written to") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if not self.lines:
            self.path.unlink()

    def add(self, line: Line) -> None:
        """Write one row down."""
        self._file.write(msgspec.json.encode(line) + b"\n")
        self.lines += 1


class Tally:
    """Counts rows by what became of them."""

    def __init__(self, report: Report) -> None:
        self.rows = 0  # read
        self.results = Counter[Result]()
        self.statuses = Counter[str]()
        self.warnings = Counter[str]()
        self._report = report

    def count(self, row: Row, outcome: Outcome) -> None:
        """Count a row, and write it down if it made no lead and is not there already."""
        self.rows += 1
        match outcome:
            case Accepted(answer=answer):
                self.results["accepted"] += 1
                self.statuses[answer.status] += 1
                self.warnings.update({warned.code for warned in answer.warnings})
            case Replayed():
                self.results["replayed"] += 1
            case DuplicateLead(lead_id=lead_id):
                self.results["duplicate"] += 1
                self._note(row, "duplicate", lead_id=lead_id)
            case KeyConflict(lead_id=lead_id):
                self.results["conflict"] += 1
                self._note(row, "conflict", lead_id=lead_id)
            case Refused(problems=problems):
                self.results["rejected"] += 1
                self._note(row, "rejected", problems=problems)
            case _ as never:
                assert_never(never)

    def _note(
        self,
        row: Row,
        result: Result,
        *,
        problems: Sequence[Problem] = (),
        lead_id: UUID | None = None,
    ) -> None:
        self._report.add(
            Line(
                row=row.number,
                line=row.line,
                result=result,
                problems=problems,
                lead_id=lead_id,
                data=row.raw.decode(errors="replace"),
            )
        )
