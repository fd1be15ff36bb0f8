"""`leadflow bench`, with few leads: it measures all it should, and its code says what holds."""

import asyncio
from datetime import timedelta
from xml.etree import ElementTree

import msgspec
import pytest
from msgspec.structs import replace

from leadflow.bench import wrk
from leadflow.bench.guard import LEAST_SHARE
from leadflow.bench.results import Results
from leadflow.bench.scenarios import SCENARIOS

pytestmark = [pytest.mark.slow, pytest.mark.database]

PATIENCE_S = 240  # PostgreSQL hands over counts 10 s late, twice
FEW = ("--rounds", "1", "--leads", "40")


async def bench(shell, *words):
    """Run it to its end, which takes longer than other commands do."""
    async with asyncio.timeout(PATIENCE_S), shell.started("bench", *words) as process:
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_whole_run_measures_every_load_beside_its_floor(bare, tmp_path):
    out, picture = tmp_path / "results.json", tmp_path / "latency.svg"
    words = ("--seconds", "1", "--connections", "4", "--generator", "asyncio")
    code, told, err = await bench(bare, *FEW, *words, "--out", out, "--picture", picture)
    assert code == 0, err
    found = msgspec.json.decode(out.read_bytes(), type=Results)
    shapes = [(load.target, load.shape) for load in found.loads]
    assert shapes[:2] == [("leadflow", "closed"), ("prototype", "closed")]
    assert [shape for _, shape in shapes[2:]] == ["paced"] * (len(shapes) - 3) + ["files"]
    for load in found.loads:
        assert load.outcome.leads > 0
        assert load.outcome.errors == 0
        assert 0 < load.outcome.p50_ms <= load.outcome.p95_ms <= load.outcome.p999_ms
        assert load.used.wal_bytes > 0
        assert load.used.server_peak_mb > 0
    assert found.imported.rows == 4_000
    assert found.imported.rows_per_second > 0
    assert found.imported.beside.errors == 0
    assert found.rows_per_lead["prototype"] == 7
    assert found.rows_per_lead["leadflow"] > 10
    assert all(speed > 0 for speed in found.floors.values())
    assert 0 < found.share_of_ceiling < 2
    assert "floor: the same rows, one transaction a lead" in told
    ElementTree.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314  # our own


async def test_growth_measures_at_every_size(bare):
    words = ("--stored", "1500", "--stored", "1100", "--leads", "40", "--rounds", "1", "--json")
    code, told, err = await bench(bare, "growth", *words)
    assert code == 0, err
    stages = msgspec.json.decode(told)
    assert [stage["stored"] for stage in stages] == [1_100, 1_500]
    for stage in stages:
        assert [outcome["leads"] for outcome in stage["outcomes"]] == [40]
        assert [outcome["errors"] for outcome in stage["outcomes"]] == [0]


@pytest.mark.skipif(wrk.program() is None, reason="wrk is not installed")
async def test_wrk_sends_leads_that_are_all_taken(bare):
    words = ("--rounds", "1", "--seconds", "1", "--generator", "wrk", "--json")
    _, told, err = await bench(bare, "guard", *words)
    loads = msgspec.json.decode(told)["loads"]
    assert [(load["target"], load["generator"]) for load in loads] == [
        ("leadflow", "wrk"),
        ("prototype", "wrk"),
    ], err
    assert [load["outcome"]["errors"] for load in loads] == [0, 0]


async def test_the_guard_ends_with_what_it_found(bare):
    code, told, _ = await bench(bare, "guard", *FEW, "--generator", "asyncio", "--json")
    found = msgspec.json.decode(told)
    assert found["least_share"] == LEAST_SHARE
    assert found["holds"] == (found["share_of_ceiling"] >= LEAST_SHARE)
    assert code == (0 if found["holds"] else 1)


async def test_a_scenario_shows_what_is_expected_and_that_it_holds(bare):
    code, told, err = await bench(bare, "scenario", "normal", "--shorten", "150", "--json")
    assert code == 0, err
    found = msgspec.json.decode(told)
    assert found["seconds"] == 2
    assert found["outcome"]["leads"] == 20
    assert [each["what"] for each in found["expectations"]] == [
        "leads taken",
        "p95",
        "lock timeouts",
        "retry queue, at most",
        "queues as before the load",
    ]


async def test_a_scenario_of_which_something_does_not_hold_fails(bare, monkeypatch):
    impossible = replace(SCENARIOS["normal"], p95_below=timedelta(0))
    monkeypatch.setitem(SCENARIOS, "normal", impossible)
    said = await bare("bench", "scenario", "normal", "--shorten", "300")
    assert said.code == 1
    assert [line.split()[-1] for line in said.out.splitlines() if line.startswith("p95")] == ["NO"]
