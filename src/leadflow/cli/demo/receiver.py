"""The partners' side of the demo: an HTTP server that takes what is delivered, and checks it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec
from aiohttp import web
from msgspec import Struct

from leadflow.core.signature import read_secret, verify

BUSY_ONE_IN = 40  # deliveries that are first told to come again
ONE_AT_A_TIME = 2**24  # bytes


class _Lead(Struct):
    id: str


class _Data(Struct):
    lead: _Lead


class _Message(Struct):
    data: _Data


class Receiver:
    """Answers as a partner would: 200 once, the same again, 401 for what is not signed for it."""

    def __init__(self) -> None:
        self.address = ""  # `http://127.0.0.1:40123`
        self.secrets: dict[str, str] = {}  # by `workspace/destination`
        self.taken: dict[str, str] = {}  # Idempotency-Key -> lead
        self.forged = 0  # requests without a right signature
        self.put_off = 0  # requests that were told to come again
        self._seen = 0
        self._busy_for = set[str]()

    @property
    def sold_twice(self) -> list[str]:
        """Leads that came under more than one key."""
        leads = list(self.taken.values())
        return sorted({lead for lead in leads if leads.count(lead) > 1})

    async def take(self, request: web.Request) -> web.Response:
        """Answer one delivery."""
        body = await request.read()
        destination = f"{request.match_info['workspace']}/{request.match_info['destination']}"
        if not self._is_genuine(destination, request.headers, body):
            self.forged += 1
            return web.Response(status=401)
        key = request.headers["Idempotency-Key"]
        if self._is_busy(key):
            self.put_off += 1
            return web.Response(status=503, headers={"Retry-After": "2"})
        self.taken.setdefault(key, msgspec.json.decode(body, type=_Message).data.lead.id)
        return web.Response()

    def _is_genuine(self, destination: str, headers: Mapping[str, str], body: bytes) -> bool:
        if destination not in self.secrets:
            return False
        key = read_secret(self.secrets[destination])
        return verify([key], headers, body, datetime.now(UTC)) == "valid"

    def _is_busy(self, key: str) -> bool:
        """Be busy at the first sight of some deliveries, as servers are."""
        if key in self.taken or key in self._busy_for:
            return False
        self._seen += 1
        if self._seen % BUSY_ONE_IN:
            return False
        self._busy_for.add(key)
        return True


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Have a receiver listen on loopback for as long as the block lasts."""
    receiver = Receiver()
    application = web.Application(client_max_size=ONE_AT_A_TIME)
    application.router.add_post("/{workspace}/{destination}", receiver.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        receiver.address = f"http://{host}:{port}"
        yield receiver
    finally:
        await runner.cleanup()
