"""What a group's transaction writes: gathered while deciding, written together in lock order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from leadflow.errors import ContendedError
from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("walk")

# Rows that others may want come first, in the one order everybody takes them in; counters are
# locked between persons and what follows them.
ORDER = (
    "write_identities",
    "write_submission_keys",
    "write_placement_keys",
    "write_counters",
    "write_credit",
    "write_contents",
    "write_placements",
    "write_returns",
    "write_logs",
    "close_queue_rows",
    "write_queue",
    "close_reviews",
    "open_reviews",
    "write_decisions",
    "write_events",
    "write_leads",
    "finish_leads",
)
SORTED = {
    "write_identities": itemgetter(0, 1, 2),
    "write_submission_keys": itemgetter(0, 1, 2, 3),
    "write_placement_keys": itemgetter(0, 1),
}
"""Statements whose rows others may insert at the same moment, with what is unique of them."""

TIMED = {
    "write_submission_keys",
    "write_identities",
    "write_counters",
    "write_placements",
    "write_logs",
    "close_queue_rows",
    "write_decisions",
    "write_events",
}
"""Statements that take the time of the decision as their last parameter."""

LAST = {"write_leads", "finish_leads"}
"""Statements that take the time just before the commit as their last parameter."""

OPTIONAL = {"close_queue_rows", "close_reviews"}
"""Statements that may find less to change than they were asked to."""


_NAME = itemgetter(1)  # of an event


class Writes:
    """Rows to write, by statement.

    A row that does not go in means that another transaction was faster, or that a lease was lost:
    then nothing may be written, and whoever decided must look again.

    Args:
        now: when it was decided what to write; the time of events, placements and log rows.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._constants: dict[str, tuple[Any, ...]] = {}
        self._events: Counter[str] = Counter()

    def add(self, statement: str, *row: Any) -> None:
        """Add one row to what `statement` will write, as its row type has it."""
        self._rows[statement].append(row)

    def given(self, statement: str, *constants: Any) -> None:
        """Set what follows the rows among the statement's parameters."""
        self._constants[statement] = constants

    def events(self) -> Counter[str]:
        """Count the events that were written, by name."""
        return self._events

    async def flush(self, connection: Connection, clock: Callable[[], datetime]) -> None:
        """Write all rows added so far, the leads last: the clock then tells their `updated_at`.

        Args:
            connection: whose transaction it is.
            clock: tells the time, in UTC.

        Raises:
            ContendedError: some row did not go in.
        """
        for statement in ORDER:
            if rows := self._rows.pop(statement, None):
                constants = self._constants.get(statement, ())
                if statement in TIMED:
                    constants += (self.now,)
                if statement in LAST:
                    constants += (clock(),)
                await _write(connection, statement, rows, constants)
                if statement == "write_events":
                    self._events.update(map(_NAME, rows))


async def _write(
    connection: Connection,
    statement: str,
    rows: Sequence[tuple[Any, ...]],
    constants: tuple[Any, ...],
) -> None:
    if key := SORTED.get(statement):
        rows = sorted(rows, key=key)
    status = await connection.execute(SQL[statement], rows, *constants)
    written = int(status.rpartition(" ")[2])
    if written != len(rows) and statement not in OPTIONAL:
        raise ContendedError(f"{statement}: {written} of {len(rows)} rows went in")
