"""Nothing that fits the document, and nothing that does not, is answered by what it leaves out."""

import asyncio
import json
import os
import sys
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import made
from tests.api.serving import serving
from tests.world import person

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
ROOT = Path(__file__).parents[2]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
    "ignored_auth",
)
# Longer runs by hand, with pytest's own limit out of the way:
# LEADFLOW_FUZZ="--seed 7 --max-examples 200 --max-time 900" pytest -o faulthandler_timeout=0 ...
OPTIONS = os.environ.get("LEADFLOW_FUZZ", "--seed 1 --max-examples 3 --max-time 60").split()


@pytest.fixture
async def there(api, world):
    """Have one of everything: its ids, by the names that paths have for them."""
    destination = await world.destination(of="brand", assigns_agents=True)
    agent = await world.agent(of="brand")
    await world.rules({"to": "brand/leads", "if": {"vertical": "AUTO"}})
    made(await api.post("/api/v1/leads", json=person(1)))
    lead = made(await api.post("/api/v1/leads", json=person(2, vertical="HOME")))
    key = made(await api.post("/api/v1/keys", json={"name": "site", "scopes": ["leads:read"]}))

    async def first(what):
        return made(await api.get(f"/api/v1/{what}"), 200)["items"][0]["id"]

    return {
        "lead_id": lead["id"],
        "agent_id": agent["id"],
        "destination_id": destination["id"],
        "source_id": await first("sources"),
        "review_id": await first("reviews"),
        "rule_id": await first("rules"),
        "key_id": key["id"],
        "slug": "brand",
        "version": 1,
    }


@pytest.mark.slow
async def test_every_answer_is_one_that_the_document_names(world, there, database_url, tmp_path):
    async with serving(database_url, tmp_path) as url:
        fuzzer = await asyncio.create_subprocess_exec(
            SCHEMATHESIS,
            "run",
            f"{url}/openapi.json",
            *("--header", f"Authorization: Bearer {world.key}"),
            *("--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            # With threads it falls over its own feet before Python 3.11.8: python/cpython#106905.
            *("--workers", "1", "--warnings", "off", "--continue-on-failure"),
            *OPTIONS,
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
                "LEADFLOW_THERE": json.dumps(there),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        report, _ = await fuzzer.communicate()
        assert fuzzer.returncode == 0, report.decode()
        # What was asked has harmed nothing: the service is well, and the key still opens it.
        async with httpx.AsyncClient(base_url=url) as client:
            headers = {"Authorization": f"Bearer {world.key}"}
            made(await client.get("/health"), 200)
            made(await client.get("/api/v1/leads", headers=headers), 200)
