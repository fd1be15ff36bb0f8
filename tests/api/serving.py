"""The service as it runs, on a free port of this machine."""

import asyncio
import base64
import os
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

LEADFLOW = Path(sys.executable).with_name("leadflow")
KEY = base64.b64encode(bytes(32)).decode()
"""The key of the tests' vault."""


@asynccontextmanager
async def serving(database_url, state, **environment):
    """Serve a database, and give the address."""
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        LEADFLOW,
        "serve",
        env={
            **os.environ,
            "DATABASE_URL": database_url,
            "ENCRYPTION_KEY": KEY,
            "LEADFLOW_STATE": str(state),
            "LOG_LEVEL": "error",
            "PORT": str(port),
            **environment,
        },
    )
    try:
        url = f"http://127.0.0.1:{port}"
        await answering(url, server)
        yield url
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


async def answering(url, server):
    """Return when the service answers."""
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            assert server.returncode is None, "the service has ended"
            try:
                if (await client.get(f"{url}/health/ready")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)  # it does not listen yet; nothing tells when it does


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
