"""The generator's own connections: kept, opened anew when the server closed them, and bounded."""

import asyncio

import pytest

from leadflow.bench.connections import Connections

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers each request, and says how many connections it was asked over."""

    def __init__(self, answer=ANSWER):
        self.answer = answer
        self.connections = 0
        self.bodies = []
        self.open = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}/leads?workspace=source"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self.hang_up()
        await self._server.wait_closed()

    async def hang_up(self):
        for writer in self.open:
            writer.close()
            await writer.wait_closed()
        self.open.clear()

    async def _serve(self, reader, writer):
        self.connections += 1
        self.open.append(writer)
        try:
            while True:
                self.head = await reader.readuntil(b"\r\n\r\n")
                length = int(self.head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
                self.bodies.append(await reader.readexactly(length))
                writer.write(self.answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return


async def test_a_lead_is_posted_as_the_api_wants_it():
    async with Server() as server, Connections(server.url, "secret", 2) as connections:
        assert await connections.post(b'{"a":1}') == 201
    assert server.head.startswith(b"POST /leads?workspace=source HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer secret\r\n" in server.head
    assert server.bodies == [b'{"a":1}']


async def test_a_connection_is_used_again():
    async with Server() as server, Connections(server.url, "k", 2) as connections:
        for _ in range(3):
            await connections.post(b"{}")
        assert server.connections == 1


async def test_no_more_are_opened_than_may_be():
    async with Server() as server, Connections(server.url, "k", 2) as connections:
        statuses = await asyncio.gather(*(connections.post(b"{}") for _ in range(20)))
        assert statuses == [201] * 20
        assert server.connections == 2


async def test_a_connection_that_the_server_closed_is_replaced():
    async with Server() as server, Connections(server.url, "k", 2) as connections:
        await connections.post(b"{}")
        await server.hang_up()
        for _ in range(10):  # turns of the loop, in which the end arrives
            await asyncio.sleep(0)
        assert await connections.post(b"{}") == 201
        assert server.connections == 2


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 201 Created\r\n\r\n"])
async def test_what_is_no_answer_is_an_error(answer):
    async with Server(answer) as server, Connections(server.url, "k", 1) as connections:
        with pytest.raises(ConnectionError):
            await connections.post(b"{}")
