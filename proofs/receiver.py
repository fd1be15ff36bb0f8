"""The partners' doors: they take leads, say no, say not now, or hang up."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from uuid import UUID

from aiohttp import web
from msgspec import Struct

from proofs.ledger import Arrival, Ledger
from proofs.plan import dice

TURNS = 2  # bad answers to one delivery at most, so that its waits stay short
MOODS = {
    "takes": 74,
    "takes slowly": 10,
    "refuses": 3,
    "is not ready": 4,  # 503 with Retry-After: certainly not taken
    "is confused": 3,  # 503 without: nobody knows
    "hangs up": 3,
    "takes and hangs up": 3,
}


class Assigned(Struct, frozen=True):
    """A lead that came with an agent."""

    lead_id: UUID
    placement_id: UUID
    request: str  # that brought it


class Receiver:
    """All partners' systems in one. It keeps to the webhook's rules: one key, one lead, one answer.

    Args:
        ledger: where arrivals are taken down.
        seed: how it behaves follows from it, and from the request that brought the lead.
    """

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self._ledger = ledger
        self._seed = seed
        self._turns = Counter[str]()  # bad answers to each delivery
        self._taken: set[str] = set()
        self.assigned = asyncio.Queue[Assigned | None]()  # leads that came with an agent
        self.calm = False  # whether it has only good days now
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen on loopback."""
        app = web.Application()
        app.router.add_post("/leads", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}/leads".format(*runner.addresses[0])
        try:
            yield
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        told = await request.json()
        key, lead = request.headers["Idempotency-Key"], told["data"]["lead"]
        chances = dice(self._seed, f"receiver/{lead['traffic_source']}")
        mood = self._mood(key, chances)
        took = key in self._taken or mood.startswith("takes")
        self._note(key, told["data"], took=took)
        if mood == "takes slowly":
            await asyncio.sleep(chances.uniform(0.2, 0.8))  # time enough to be killed in
        return _answer(request, mood)

    def _mood(self, key: str, chances: Random) -> str:
        """Choose what to do. Who has taken a lead says so; who refuses one goes on to."""
        [mood] = chances.choices(list(MOODS), list(MOODS.values()))
        turns = chances.randint(1, TURNS)
        if key in self._taken:
            return "takes"
        self._turns[key] += 1
        if mood == "refuses":
            return mood
        return "takes" if self.calm or self._turns[key] > turns else mood

    def _note(self, key: str, told: dict[str, Any], *, took: bool) -> None:
        lead_id = UUID(told["lead"]["id"])
        self._ledger.arrivals.append(
            Arrival(
                delivery_id=UUID(key),
                lead_id=lead_id,
                destination_id=UUID(told["destination"]["id"]),
                took=took,
            )
        )
        if took and key not in self._taken:
            self._taken.add(key)
            if told["agent"] is not None:
                placement_id = UUID(told["assignment"]["placement_id"])
                request = told["lead"]["traffic_source"]
                self.assigned.put_nowait(Assigned(lead_id, placement_id, request))


def _answer(request: web.Request, mood: str) -> web.StreamResponse:
    match mood:
        case "refuses":
            return web.Response(status=422)
        case "is not ready":
            return web.Response(status=503, headers={"Retry-After": "1"})
        case "is confused":
            return web.Response(status=503)
        case "hangs up" | "takes and hangs up":
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        case _:
            return web.Response()
