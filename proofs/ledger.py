"""What senders were promised and receivers have seen, until the database judges it."""

import asyncio
from collections import Counter
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple

from leadflow.store.database import Connection


class Noted(Struct, frozen=True, kw_only=True):
    """An answer that a sender got."""

    request: str
    workspace: str
    status: int
    code: str | None
    lead_id: UUID | None


class Arrival(Struct, frozen=True, kw_only=True):
    """A request that came to a receiver."""

    delivery_id: UUID
    lead_id: UUID
    destination_id: UUID
    took: bool


class Ledger:
    """Grows while leads are sent, and tells whoever waits how far they are."""

    def __init__(self) -> None:
        self.answers: list[Noted] = []
        self.outcomes: list[tuple[UUID, str]] = []
        self.accepted: list[tuple[UUID, UUID]] = []  # lead and placement
        self.declined: list[tuple[UUID, UUID]] = []
        self.arrivals: list[Arrival] = []
        self.lost = 0  # requests that nobody answered
        self.done: Counter[str] = Counter()  # what was done to the installation
        self.changed = asyncio.Condition()
        self._promised: set[UUID] = set()

    @property
    def leads(self) -> int:
        """Count the leads that were promised."""
        return len(self._promised)

    async def note(self, answer: Noted) -> None:
        """Take down an answer."""
        self.answers.append(answer)
        if answer.status == 201 and answer.lead_id is not None:
            self._promised.add(answer.lead_id)
        async with self.changed:
            self.changed.notify_all()

    async def reaches(self, leads: int) -> None:
        """Wait until so many leads have been promised."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.leads >= leads)

    async def store(self, connection: Connection) -> None:
        """Write everything down where invariants read it."""
        tables = {
            "answers": [astuple(each) for each in self.answers],
            "outcomes": self.outcomes,
            "accepted": self.accepted,
            "declined": self.declined,
            "arrivals": [astuple(each) for each in self.arrivals],
        }
        for table, rows in tables.items():
            await connection.copy_records_to_table(table, records=rows, schema_name="proof")
