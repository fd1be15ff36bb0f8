"""A bare prototype of the walk: what this machine carries when hardly anything is done.

It is the ceiling to compare with. It takes the same requests over the same server, tells people
apart, keeps to caps and commits in groups, and leaves out everything else: checks, scores, rules,
tenants, sealing, explanations, metrics, delivery.
"""

import asyncio
import gc
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from importlib.resources import files
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from msgspec import Struct

from leadflow.store.ids import new_id
from leadflow.store.queries import split

GROUP = 200  # leads at most, as the walk groups them
AGENTS = 5  # of each partner, taking turns
PARTNERS = {"Toyota": 0, "Honda": 1, "Ford": 2, "Subaru": 3}
HEADERS = [(b"content-type", b"application/json")]
SQL = split("prototype", (files("leadflow.bench") / "prototype.sql").read_text(encoding="utf-8"))


class _Contact(Struct):
    email: str
    phone: str


class _Vehicle(Struct):
    make: str


class _Submission(Struct):
    contact_info: _Contact
    vertical_data: _Vehicle


class _Lead(Struct):
    id: UUID
    owner: int
    digests: tuple[bytes, bytes]
    body: bytes
    answer: "asyncio.Future[str]"  # its status


class _Answer(Struct):
    id: UUID
    status: str
    owner: int


class Groups:
    """Commits leads in groups: while one is written, the next gathers."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._waiting: list[_Lead] = []
        self._writing: asyncio.Task[None] | None = None

    async def place(self, lead: _Lead) -> str:
        """Write a lead, and give its status once that is committed."""
        self._waiting.append(lead)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await lead.answer

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            try:
                placed = await self._write_group(group)
            except asyncpg.PostgresError as error:
                for lead in _asked_for(group):
                    lead.answer.set_exception(error)
                continue
            for lead in _asked_for(group):
                lead.answer.set_result("routed" if lead.id in placed else "refused")
        self._writing = None

    async def _write_group(self, group: Sequence[_Lead]) -> set[UUID]:
        async with self._connection.transaction():
            digests = [digest for lead in group for digest in lead.digests]
            whose = [lead.id for lead in group for _ in lead.digests]
            written = await self._connection.fetch(SQL["identify"], digests, whose)
            new = Counter(row["lead_id"] for row in written)
            fresh = [lead for lead in group if new[lead.id] == len(lead.digests)]
            asked = sorted(Counter(lead.owner for lead in fresh).items())
            taken = await self._connection.fetch(
                SQL["take_capacity"], [owner for owner, _ in asked], [leads for _, leads in asked]
            )
            room = {row["owner"] for row in taken}
            placed = [lead for lead in fresh if lead.owner in room]
            await self._connection.execute(
                SQL["place"],
                [lead.id for lead in placed],
                [lead.owner for lead in placed],
                [lead.body for lead in placed],
            )
        return {lead.id for lead in placed}


class Prototype:
    """The ASGI application: any POST is a lead."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._groups: Groups | None = None
        self._turn = count()
        self._read = msgspec.json.Decoder(_Submission).decode
        self._write = msgspec.json.Encoder().encode

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, or open and close what answers them."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        status, answer = 200, b"{}"
        if scope["method"] == "POST" and self._groups is not None:
            status, answer = await self._take(self._groups, await _body(receive))
        await send({"type": "http.response.start", "status": status, "headers": HEADERS})
        await send({"type": "http.response.body", "body": answer})

    async def _take(self, groups: Groups, body: bytes) -> tuple[int, bytes]:
        submission = self._read(body)
        person = submission.contact_info
        lead = _Lead(
            id=new_id(),
            owner=PARTNERS[submission.vertical_data.make] * AGENTS + next(self._turn) % AGENTS,
            digests=(_digest(person.email), _digest(person.phone)),
            body=body,
            answer=asyncio.get_running_loop().create_future(),
        )
        status = await groups.place(lead)
        return 201 if status == "routed" else 409, self._write(_Answer(lead.id, status, lead.owner))

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        connection = await asyncpg.connect(self._database)
        self._groups = Groups(connection)
        gc.freeze()  # as the product's server does
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await connection.close()
        await send({"type": "lifespan.shutdown.complete"})


def _asked_for(group: Sequence[_Lead]) -> Iterator[_Lead]:
    """Leave out those whose senders have gone."""
    return (lead for lead in group if not lead.answer.done())


async def _body(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)


def _digest(value: str) -> bytes:
    return blake2b(value.encode(), digest_size=16).digest()


def application() -> Prototype:
    """Make the application. Granian calls it in its process."""
    return Prototype(os.environ["DATABASE_URL"])


def serve_forever(port: int) -> None:
    """Serve as the product is served, in one process, until SIGTERM."""
    multiprocessing.set_start_method("spawn", force=True)
    Granian(
        "leadflow.bench.prototype:application",
        factory=True,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    serve_forever(int(os.environ["PORT"]))
