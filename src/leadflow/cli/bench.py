"""`leadflow bench`: what this machine carries, beside what it could at most."""

from pathlib import Path
from typing import Any, Literal

from cyclopts import App
from cyclopts.types import PositiveInt

from leadflow.cli.output import remark, say_json

app = App(name="bench")

Scenario = Literal["normal", "spike", "sustained"]
Driver = Literal["wrk", "asyncio"]


@app.default
def measure(
    *,
    leads: PositiveInt = 4000,
    rounds: PositiveInt = 3,
    seconds: PositiveInt = 10,
    connections: tuple[PositiveInt, ...] = (1, 16, 64, 256),
    generator: Driver | None = None,
    out: Path | None = None,
    picture: Path | None = None,
    json: bool = False,
) -> None:
    """Measure a whole installation, beside a bare prototype and the same rows written bare.

    It starts its own: PostgreSQL with fsync on, in a folder that is removed, the API, and the
    prototype, which take turns. First leads come as fast as they are answered; that is driven by
    wrk where it is installed. Then they come at a pace of their own, and what waits is counted as
    waiting; then in files. All leads are of different people. Some five minutes.

    Args:
        leads: how many in each run of files, and of our own generator as fast as they are answered.
        rounds: how often each load is sent that has no pace; the median is shown.
        seconds: how long each run of wrk takes, and each load that has a pace.
        connections: how many send leads as fast as they are answered.
        generator: what sends these; without it wrk, where it is installed.
        out: also write everything there, as JSON.
        picture: also draw latency against load there, as SVG.
        json: print JSON.
    """
    from leadflow.bench import program
    from leadflow.bench.bed import Plan
    from leadflow.bench.picture import draw
    from leadflow.cli.bench_report import say_results
    from leadflow.cli.opening import run

    _see_folder("--out", out)
    _see_folder("--picture", picture)
    plan = Plan(
        leads=leads,
        rounds=rounds,
        seconds=seconds,
        connections=connections,
        generator=_generator(generator),
    )
    results = run(program.measure(plan, remark))
    _write(out, results)
    if picture is not None:
        picture.write_text(draw(results), encoding="utf-8")
    if json:
        say_json(results)
    else:
        say_results(results)


@app.command
def scenario(
    name: Scenario,
    /,
    *,
    shorten: PositiveInt = 30,
    full: bool = False,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Send the leads of a scenario at their pace, and see whether what is expected of it holds.

    normal: 10 leads/s for 5 minutes, spike: 100 for 1 minute, sustained: 50 for 30 minutes. It
    starts its own PostgreSQL, API and worker, and a receiver that takes what is delivered. Exit
    code 1 when something does not hold.

    Args:
        name: of the scenario.
        shorten: by how much; the pace and what is expected stay as they are.
        full: as long as the scenario says.
        out: also write everything there, as JSON.
        json: print JSON.
    """
    from leadflow.bench.play import play
    from leadflow.bench.scenarios import SCENARIOS
    from leadflow.cli.bench_report import say_played
    from leadflow.cli.opening import run

    _see_folder("--out", out)
    lasts = SCENARIOS[name].lasts / (1 if full else shorten)
    remark(f"{name}: {SCENARIOS[name].a_second:g} leads a second for {lasts.total_seconds():g} s")
    played = run(play(name, lasts))
    _write(out, played)
    if json:
        say_json(played)
    else:
        say_played(played)
    return 0 if played.holds else 1


@app.command
def growth(
    *,
    stored: tuple[PositiveInt, ...] = (10_000, 1_000_000),
    leads: PositiveInt = 4000,
    rounds: PositiveInt = 5,
    out: Path | None = None,
    json: bool = False,
) -> None:
    """Measure what a lead costs when many are stored already.

    Leads that came through the walk are copied, with all their rows, until there are so many; they
    have come in the 90 days before. A million takes some three minutes and 8 GB of disk.

    Args:
        stored: how many; each once, the fewest first.
        leads: how many are then sent, over 64 connections, in each round.
        rounds: how often; the median is shown.
        out: also write everything there, as JSON.
        json: print JSON.
    """
    from leadflow.bench.growth import measure as grow
    from leadflow.cli.bench_report import say_growth
    from leadflow.cli.opening import run

    _see_folder("--out", out)
    stages = run(grow(stored, leads, rounds, remark))
    _write(out, stages)
    if json:
        say_json(stages)
    else:
        say_growth(stages)


@app.command
def guard(
    *,
    rounds: PositiveInt = 3,
    seconds: PositiveInt = 3,
    leads: PositiveInt = 2000,
    generator: Driver | None = None,
    json: bool = False,
) -> int:
    """See that leadflow takes in no less of what the bare prototype does than it has to.

    Both are measured in the same run, so that it holds on machines of any speed: exit code 1 when
    the share is too small.

    Args:
        rounds: how often both are measured; the median counts.
        seconds: how long each run of wrk takes.
        leads: how many in each run of our own generator.
        generator: what sends them; without it wrk, where it is installed.
        json: print JSON.
    """
    from leadflow.bench.guard import compare
    from leadflow.cli.bench_report import say_guarded
    from leadflow.cli.opening import run

    guarded = run(compare(_generator(generator), rounds, seconds, leads, remark))
    if json:
        say_json(guarded)
    else:
        say_guarded(guarded)
    return 0 if guarded.holds else 1


def _generator(wanted: Driver | None) -> Driver:
    """Choose what drives closed loops, and say so where it is not the better one."""
    from leadflow.bench import wrk

    if wanted is not None:
        return wanted
    if wrk.program() is not None:
        return "wrk"
    remark("wrk is not installed: our own generator takes processor time from what it measures")
    return "asyncio"


def _see_folder(option: str, file: Path | None) -> None:
    """See that a file can be written, before minutes of measuring."""
    from leadflow.cli.usage import unfit

    if file is not None and not file.absolute().parent.is_dir():
        raise unfit(option, f"there is no folder {file.parent}", "a file in a folder that is there")


def _write(out: Path | None, found: Any) -> None:
    import msgspec

    if out is not None:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
