"""Imports of real size: real rows, many rows, and rows that were on their way at a kill."""

import asyncio
import hashlib
import io
import json
import random
import signal
from pathlib import Path

import aiohttp
import pytest

from tests.cli.installations import kill, up
from tests.cli.shells import ended, until
from tests.world import person

REAL = Path(__file__).parents[3] / "shared" / "data" / "lead_scoring" / "x_education.csv.gz"
FINAL = ("routed", "duplicate", "review", "rejected", "expired")
SUMS = ("accepted", "replayed", "duplicate", "conflict", "rejected")

MAPPING = """
vertical: B2B
map:
  Prospect ID: external_id
  Lead Source: traffic_source
  What is your current occupation: title
  Lead Number: "-"
set:
  company: X Education
absent: [Select]
"""


@pytest.fixture
async def world(world):
    """Have an agent who may take every lead, so that each ends at once."""
    await world.execute("UPDATE agents SET licensed_states = '{}'")
    return world


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the data is not here")
async def test_real_rows_without_any_contact_are_all_taken(shell, world, tmp_path):
    (tmp_path / "map.yaml").write_text(MAPPING)
    said = await shell(
        *("leads", "import", REAL, "--workspace", "brand", "--map-file", "map.yaml", "--json")
    )
    assert said.code == 0
    assert (said.json["rows"], said.json["accepted"]) == (6465, 6465)
    assert said.json["report"] is None
    assert await world.count("leads WHERE vertical = 'B2B' AND external_id IS NOT NULL") == 6465
    assert await world.count("leads WHERE status <> ALL ($1)", list(FINAL)) == 0


def mixed(rows, seed=7):
    """Make rows of three kinds: new people, people who were there before, and no leads."""
    dice = random.Random(seed)
    for number in range(rows):
        kind = dice.random()
        if kind < 0.05:
            yield dice.choice(
                ('{"vertical": "AUTO"', '"text"', '{"vertical": "BOAT"}', '{"vertical": "HEALTH"}')
            )
        elif kind < 0.15 and number > 10:
            yield json.dumps(person(dice.randrange(number)))
        else:
            yield json.dumps(person(number))


def write_mixed(path, rows):
    with path.open("w") as file:
        file.writelines(f"{line}\n" for line in mixed(rows))
    return path


def reported(summary):
    """Count what the report says of each row, and see that it names no row twice."""
    with Path(summary["report"]).open("rb") as file:
        lines = [json.loads(line) for line in file]
    assert len({line["row"] for line in lines}) == len(lines)
    assert all(line["problems"] for line in lines if line["result"] == "rejected")
    return lines


@pytest.mark.slow
async def test_memory_does_not_grow_with_the_file(shell, world, tmp_path):
    """The process that takes ten times the rows has the same peak, give or take a tenth."""
    peaks = []
    for rows in (1_500, 15_000):
        file = write_mixed(tmp_path / f"{rows}.ndjson", rows)
        said = await shell.ran("leads", "import", file, "--workspace", "brand", "--json")
        assert said.code == 0
        summary = said.json
        assert summary["rows"] == rows == sum(summary[name] for name in SUMS)
        refused = reported(summary) if summary["report"] else []
        assert len(refused) == summary["duplicate"] + summary["conflict"] + summary["rejected"]
        peaks.append(summary["peak_rss_mb"])
    assert await world.count("leads") == await world.count("lead_contacts")
    assert peaks[1] < peaks[0] * 1.1 + 10


async def settled(world, least):
    return await world.count("leads") >= least


async def assert_everybody_once(world, people):
    """Every person of the file is there exactly once, in a final state."""
    assert await world.count("leads") == people
    assert await world.count("leads WHERE status <> ALL ($1)", list(FINAL)) == 0
    assert await world.count("submission_keys WHERE kind = 'row'") in (0, people)


@pytest.mark.slow
async def test_an_import_that_was_killed_goes_on_where_it_was(shell, world, tmp_path):
    """Rows without an id of any kind are known by the file's hash and their number."""
    rows = 6_000
    file = tmp_path / "leads.ndjson"
    nameless = ({"vertical": "HEALTH", "externalId": f"x{number}"} for number in range(rows))
    with file.open("w") as out:
        for number, row in enumerate(nameless):
            out.write(json.dumps(person(number) if number % 2 else row) + "\n")
    words = ("leads", "import", file, "--workspace", "brand", "--json")
    async with shell.started(*words) as process:
        await until(lambda: settled(world, 600), "rows on their way")
        process.kill()
        await process.wait()
    taken = await world.count("leads")
    assert 600 <= taken < rows
    said = await shell.ran(*words)
    assert said.code == 0
    assert (said.json["accepted"], said.json["replayed"]) == (rows - taken, taken)
    await assert_everybody_once(world, rows)


@pytest.mark.slow
async def test_a_server_that_was_killed_in_the_midst_of_a_batch_is_sent_it_again(
    shell, world, tmp_path
):
    """All of `leadflow up` is killed while rows stream in; with the same key none comes twice."""
    rows = 6_000
    data = "".join(json.dumps(person(number)) + "\n" for number in range(rows)).encode()
    key = (await shell("keys", "create", "test", "--workspace", "brand", "--no-limit")).out.strip()
    async with up(shell) as server:
        pids = [server.process.pid, *server.children]
        sending = asyncio.create_task(send(server, key, data))
        await until(lambda: settled(world, 600), "rows on their way")
        for pid in pids:
            kill(pid)
        with pytest.raises(aiohttp.ClientError):
            await sending
    taken = await world.count("leads")
    assert 600 <= taken < rows
    async with up(shell) as server:
        summary = await send(server, key, data)
        assert (summary["accepted"], summary["replayed"]) == (rows - taken, taken)
        assert summary["stopped"] is None
    await assert_everybody_once(world, rows)


async def send(server, key, data):
    """Stream NDJSON to the batch door; give the summary that ends the answer."""
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/x-ndjson",
        "Idempotency-Key": hashlib.sha256(data).hexdigest(),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{server.address}/api/v1/leads/batch", data=io.BytesIO(data), headers=headers
        ) as response,
    ):
        assert response.status == 200
        return json.loads((await response.read()).splitlines()[-1])["summary"]


@pytest.mark.slow
async def test_ctrl_c_lets_rows_that_are_on_their_way_arrive(shell, world, tmp_path):
    file = write_mixed(tmp_path / "leads.ndjson", 15_000)
    async with shell.started("leads", "import", file, "--workspace", "brand", "--json") as process:
        await until(lambda: settled(world, 600), "rows on their way")
        process.send_signal(signal.SIGINT)
        said = await ended(process)
    assert said.code == 130
    assert said.json["interrupted"]
    assert said.json["accepted"] == await world.count("leads")
    assert sum(said.json[name] for name in SUMS) == said.json["rows"] < 15_000
    assert "import the same file again" in said.err
