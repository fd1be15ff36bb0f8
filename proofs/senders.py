"""Senders: they repeat what was not answered, come twice at once, and know the same people."""

import asyncio
from collections import deque
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from proofs import world
from proofs.client import AWAY, CALM_S, Client
from proofs.ledger import Ledger, Noted
from proofs.plan import Plan, dice
from proofs.world import BRANDS

KEPT = 500  # requests that may be repeated, or whose people may come again


class Request(Struct, frozen=True):
    """One submission, which is sent as often as it takes."""

    name: str
    brand: str
    body: dict[str, Any]


class Senders:
    """Send leads until enough have been taken in, and nobody wants more.

    Args:
        client: to the API processes.
        ledger: where answers are taken down.
        plan: how many.
        enough: set when no more are wanted.
    """

    def __init__(self, client: Client, ledger: Ledger, plan: Plan, enough: asyncio.Event) -> None:
        self._client = client
        self._ledger = ledger
        self._plan = plan
        self._enough = enough
        self._bodies = world.people(dice(plan.seed, "people"))
        self._numbers = count()
        self._sent = deque[Request](maxlen=KEPT)

    async def run(self) -> None:
        """Have all senders send, each with its own chances."""
        async with asyncio.TaskGroup() as senders:
            for number in range(self._plan.senders):
                senders.create_task(self._send(dice(self._plan.seed, f"sender {number}")))

    async def duel(self) -> None:
        """Have brands compete for people with nothing else going on.

        Groups that share a destination wait for each other. Alone, nothing but the person's own row
        stands between two brands whose leads go to different partners.
        """
        chances = dice(self._plan.seed, "duels")
        for _ in range(self._plan.duels):
            await self._twins(chances, world.with_make(next(self._bodies), world.CONTESTED))

    async def _send(self, chances: Random) -> None:
        while self._ledger.leads < self._plan.leads or not self._enough.is_set():
            await self._one(chances)

    async def _one(self, chances: Random) -> None:
        kind = chances.random()
        if kind < 0.30:
            await self._twins(chances, next(self._bodies))
        elif kind < 0.45:
            await self._echo(self._request(chances, next(self._bodies)), chances)
        elif kind < 0.52 and self._sent:
            await self._until_answered(chances.choice(self._sent), chances.randrange(8))
        elif kind < 0.60 and self._sent:
            await self._again(chances.choice(self._sent), chances)
        else:
            request = self._request(chances, next(self._bodies))
            await self._until_answered(request, chances.randrange(8))

    async def _twins(self, chances: Random, body: dict[str, Any]) -> None:
        """Send one person through several brands at the same moment, to different processes."""
        first = chances.randrange(8)
        brands = chances.sample(BRANDS, chances.choice((2, 3)))
        requests = [self._named(brand, body) for brand in brands]
        await asyncio.gather(
            *(self._until_answered(each, first + turn) for turn, each in enumerate(requests))
        )

    async def _echo(self, request: Request, chances: Random) -> None:
        """Send one request to two processes at the same moment."""
        first = chances.randrange(8)
        await asyncio.gather(*(self._until_answered(request, first + turn) for turn in (0, 1)))

    async def _again(self, earlier: Request, chances: Random) -> None:
        """Send a person who came before, perhaps through another brand."""
        request = self._named(chances.choice(BRANDS), earlier.body)
        await self._until_answered(request, chances.randrange(8))

    def _request(self, chances: Random, body: dict[str, Any]) -> Request:
        return self._named(chances.choice(BRANDS), body)

    def _named(self, brand: str, body: dict[str, Any]) -> Request:
        name = f"request-{next(self._numbers)}"
        return Request(name, brand, {**body, "traffic_source": name, "externalId": name})

    async def _until_answered(self, request: Request, api: int) -> None:
        """Send a request until an answer settles it. Each answer is taken down."""
        path = f"/api/v1/leads?workspace={request.brand}"
        headers = {"Idempotency-Key": request.name}
        while True:
            answer = await self._client.once(api, "POST", path, request.body, headers)
            if answer is None:
                self._ledger.lost += 1
            else:
                await self._ledger.note(_noted(request, answer.status, answer.document))
                if answer.status not in AWAY:
                    break
            api += 1
            await asyncio.sleep(CALM_S)
        self._sent.append(request)


def _noted(request: Request, status: int, document: Any) -> Noted:
    error = document.get("error", {})
    lead_id = document.get("id") if status == 201 else error.get("lead_id")
    return Noted(
        request=request.name,
        workspace=request.brand,
        status=status,
        code=error.get("code"),
        lead_id=None if lead_id is None else msgspec.convert(lead_id, UUID),
    )
