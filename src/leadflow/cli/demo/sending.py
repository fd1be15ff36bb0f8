"""Send the demo's leads, many at once, and count what becomes of them."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import aiohttp
import msgspec
from msgspec import Struct

from leadflow.app import utc_now
from leadflow.cli.demo.people import Expected, Sending
from leadflow.core.lead import Status
from leadflow.core.outcome import Answer

AT_ONCE = 16
LATEST = 12

Ending = Expected | str
"""How a request ended: as one of those that are expected, or `answered 503`."""


class Sent(Struct, frozen=True, kw_only=True):
    """A request and what came of it."""

    sending: Sending
    at: datetime
    ended: Ending
    answer: Answer | None  # of a new lead

    @property
    def lead_id(self) -> UUID | None:
        return None if self.answer is None else self.answer.id


class Tally:
    """Counts how requests ended, and keeps the latest of them."""

    def __init__(self) -> None:
        self.ended = Counter[Ending]()
        self.leads = Counter[Status]()  # new ones
        self.latest: deque[Sent] = deque(maxlen=LATEST)  # the newest first
        self.first_routed: Sent | None = None
        self.last_in_review: Sent | None = None

    def add(self, sent: Sent) -> None:
        """Count a request that has ended."""
        self.ended[sent.ended] += 1
        self.latest.appendleft(sent)
        if sent.answer is None:
            return
        self.leads[sent.answer.status] += 1
        if sent.answer.status == "routed" and self.first_routed is None:
            self.first_routed = sent
        if sent.answer.status == "review":
            self.last_in_review = sent


class Feed:
    """Sends requests.

    Args:
        session: over the API.
        keys: by the workspace that is sent to.
        tally: counts how they end.
        a_second: how many requests to begin in one, so that a person can watch; None: no limit.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        keys: Mapping[str, str],
        tally: Tally,
        a_second: float | None,
    ) -> None:
        self._session = session
        self._keys = keys
        self._tally = tally
        self._a_second = a_second

    async def send(self, sendings: Sequence[Sending], stop: asyncio.Event) -> None:
        """Send all, or as many as there are before `stop`."""
        todo = iter(enumerate(sendings))
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as senders:
            for _ in range(AT_ONCE):
                senders.create_task(self._send_from(todo, began, stop))

    async def _send_from(
        self, todo: Iterator[tuple[int, Sending]], began: float, stop: asyncio.Event
    ) -> None:
        for number, sending in todo:
            if self._a_second is not None:
                await _until(began + number / self._a_second, stop)
            if stop.is_set():
                return
            self._tally.add(await self._send(sending))

    async def _send(self, sending: Sending) -> Sent:
        headers = {
            "Authorization": f"Bearer {self._keys[sending.brand]}",
            "Content-Type": "application/json",
        }
        if sending.idempotency_key is not None:
            headers["Idempotency-Key"] = sending.idempotency_key
        try:
            async with self._session.post(
                "/api/v1/leads", data=sending.body, headers=headers
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            ended: Ending = f"failed: {type(error).__name__}"
            return Sent(sending=sending, at=utc_now(), ended=ended, answer=None)
        ended = _ending(response)
        answer = msgspec.json.decode(body, type=Answer) if ended == "new" else None
        return Sent(sending=sending, at=utc_now(), ended=ended, answer=answer)


def _ending(response: aiohttp.ClientResponse) -> Ending:
    match response.status:
        case 201:
            return "repeated" if "Idempotency-Replayed" in response.headers else "new"
        case 400:
            return "refused"
        case 409:
            return "known"
        case status:
            return f"answered {status}"


async def _until(moment: float, stop: asyncio.Event) -> None:
    """Wait for a moment of the loop's clock, or for `stop`."""
    try:
        async with asyncio.timeout_at(moment):
            await stop.wait()
    except TimeoutError:
        return
