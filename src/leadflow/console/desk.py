"""What all pages of a process share."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from leadflow.app import App, utc_now
from leadflow.store import console, counts
from leadflow.store.console import InHand
from leadflow.store.counts import Counts

WINDOW = timedelta(hours=24)
ARRIVAL_MINUTES = 60
FRESH_S = 1.0  # pages ask every two seconds; however many are open, one of them counts
REST = 20  # times what counting took: it never keeps the database busy for more than a twentieth


class Figures(Struct, frozen=True, kw_only=True):
    """How much there is of what."""

    at: datetime
    counts: Counts  # of `WINDOW`
    in_hand: InHand
    expired: int  # leads whose lifetime ended within `WINDOW`
    arrivals: Sequence[int]  # leads in each of the last minutes, the oldest first


class Desk:
    """Holds what the doors work with, and the latest figures."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._figures: Figures | None = None
        self._good_until = 0.0
        self._counting = asyncio.Lock()

    async def figures(self) -> Figures:
        """Count, now or a moment ago.

        Raises:
            TemporaryError: the database is away.
        """
        async with self._counting:
            if self._figures is None or monotonic() > self._good_until:
                started = monotonic()
                self._figures = await self._count(utc_now())
                ended = monotonic()
                self._good_until = ended + max(FRESH_S, REST * (ended - started))
            return self._figures

    async def _count(self, now: datetime) -> Figures:
        lifetime = self.app.settings.lead_lifetime
        async with self.app.database.service() as connection:
            return Figures(
                at=now,
                counts=await counts.count(connection, now - WINDOW, now),
                in_hand=await console.in_hand(connection, now),
                expired=await console.expired(connection, now - WINDOW, now, lifetime),
                arrivals=await console.arrivals(connection, now, ARRIVAL_MINUTES),
            )


FromDesk = NamedDependency[SkipValidation[Desk]]
"""How a handler asks for it."""
