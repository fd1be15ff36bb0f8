"""An installation as readers of the documentation have it: by command, with a small world in it."""

import os
import shutil
import socket
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.world import person

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands use curl")

CARS = {
    "name": "Cars in the West",
    "priority": 100,
    "if": {"vertical": "AUTO", "state": ["CA", "NV"]},
    "to": "summit/auto",
}


class Installation:
    """One that is up, with a key to everything."""

    def __init__(self, folder, environment, key):
        self.folder = folder
        self.environment = environment
        self.key = key
        self.address = f"http://127.0.0.1:{environment['PORT']}"
        self.ids = {}
        self._people = 0

    async def furnish(self, receiver):
        """Make a brand, a partner with an agent, and a rule about cars."""
        await self.post("workspaces", slug="quotes", name="Quotes")
        await self.post("workspaces", slug="summit", name="Summit", kind="partner")
        destination = await self.post("destinations", workspace="summit", name="auto",
                                      url=receiver, assigns_agents=True,
                                      pause_after_errors=None)  # fmt: skip
        agent = await self.post("agents", workspace="summit", name="Ada", capacity=1000)
        await self.put("workspaces/quotes/rulebook", default="review", rules=[CARS])
        self.ids |= {"DESTINATION": destination["id"], "AGENT": agent["id"]}

    async def lead(self, vertical):
        """Send a lead by somebody new: an `AUTO` one has an owner, a `HOME` one is in review."""
        self._people += 1
        body = person(self._people, vertical=vertical)
        return (await self.post("leads", workspace="quotes", **body))["id"]

    async def review_of(self, lead_id):
        found = await self.get("reviews?open=true&limit=200")
        return next(each["id"] for each in found["items"] if each["lead_id"] == lead_id)

    async def attempted(self, lead_id):
        """Return when the lead's delivery has been tried, and waits for its next attempt."""
        while True:
            [delivery] = (await self.get(f"leads/{lead_id}"))["deliveries"]
            if delivery["attempts"] and delivery["state"] == "pending":
                return

    async def newest(self):
        """Name the newest lead; nothing where there is none."""
        return "".join(lead["id"] for lead in (await self.get("leads?limit=1"))["items"])

    async def open(self, destination_id):
        """Let a destination take leads at any time, as many as there are, and keep them."""
        await self._call(
            "PATCH",
            f"destinations/{destination_id}",
            {"hours": None, "caps": {}, "accept_within_minutes": None},
        )

    async def get(self, path):
        return await self._call("GET", path)

    async def post(self, path, **body):
        return await self._call("POST", path, body)

    async def put(self, path, **body):
        return await self._call("PUT", path, body)

    async def _call(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{self.address}/api/v1/{path}", json=body) as response,
        ):
            assert response.status < 300, await response.text()
            return await response.json()


@contextmanager
def new_folder():
    made = Path(tempfile.mkdtemp(prefix="leadflow-docs-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree((made / "state" / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(made)


def new_environment(folder):
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": programs, "HOME": str(folder), "LANG": "C.UTF-8"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
