"""Owners: they accept leads of their agents or decline them, and say what became of them."""

import asyncio
from uuid import UUID

from proofs.client import Client
from proofs.ledger import Ledger
from proofs.plan import dice
from proofs.receiver import Assigned, Receiver

CLOSING = ("converted", "lost")
LEFT_OPEN = 0.04  # of the leads: their agents have one less to take, and some run full
DECLINED = 0.20
ACCEPTED = 0.05  # and left open, too


class Owners:
    """Close or decline most leads of agents, some of them twice at the same moment.

    Args:
        client: to the API processes.
        ledger: where they take down what they were told is written.
        receiver: hands them the leads that came with an agent.
        seed: what they say follows from it, and from the request that brought the lead.
    """

    def __init__(self, client: Client, ledger: Ledger, receiver: Receiver, seed: int) -> None:
        self._client = client
        self._ledger = ledger
        self._receiver = receiver
        self._seed = seed

    async def run(self) -> None:
        """Take what comes until `stop`, and say what has been begun to its end."""
        async with asyncio.TaskGroup() as calls:
            while (assigned := await self._receiver.assigned.get()) is not None:
                chances = dice(self._seed, f"owner/{assigned.request}/{assigned.placement_id}")
                kind = chances.random()
                first = chances.randrange(8)
                for turn in range(chances.choice((1, 1, 2))):
                    if kind < LEFT_OPEN:
                        break
                    if kind < LEFT_OPEN + ACCEPTED:
                        calls.create_task(self._answer(assigned, "accept", first + turn))
                    elif kind < LEFT_OPEN + ACCEPTED + DECLINED:
                        calls.create_task(self._answer(assigned, "decline", first + turn))
                    else:
                        outcome = chances.choice(CLOSING)
                        calls.create_task(self._say(assigned.lead_id, outcome, first + turn))

    def stop(self) -> None:
        """Have `run` take no more."""
        self._receiver.assigned.put_nowait(None)

    async def _answer(self, assigned: Assigned, answer: str, api: int) -> None:
        """Accept or decline. Whose answer came too late hears so."""
        path = f"/api/v1/leads/{assigned.lead_id}/{answer}"
        body = {"placement_id": str(assigned.placement_id)}
        said = await self._client.insist("POST", path, body, api=api)
        if said.status == 200:
            kept = self._ledger.accepted if answer == "accept" else self._ledger.declined
            kept.append((assigned.lead_id, assigned.placement_id))

    async def _say(self, lead_id: UUID, outcome: str, api: int) -> None:
        path = f"/api/v1/leads/{lead_id}/outcome"
        answer = await self._client.insist("POST", path, {"outcome": outcome}, api=api)
        if answer.status == 200:
            self._ledger.outcomes.append((lead_id, outcome))
