"""What a benchmark has found, as tables."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from leadflow.bench.growth import Stage
from leadflow.bench.guard import Guarded
from leadflow.bench.importing import PACE, Imported
from leadflow.bench.load import Outcome
from leadflow.bench.play import Played
from leadflow.bench.results import Load, Results, middles
from leadflow.bench.usage import Used
from leadflow.cli.output import plural, say, say_table

SPEED = ("load", "leads/s", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms", "errors")
USED = ("load", "server us", "PostgreSQL us", "generator us", "log bytes", "server MB")
CLOSED_LOOP = (
    "Latencies over so many connections are of a closed loop: who is slow is asked less often. "
    "Those at a pace count from when a lead was to be sent."
)


def say_results(results: Results) -> None:
    """Say what a whole run has found."""
    _say_loads(results.loads, results.floors)
    say("")
    _say_imported(results.imported)
    for name, most in results.saturation.items():
        where = f"at {plural(most.connections, 'connection')}"
        rows = f"{results.rows_per_lead[name]:.1f} rows a lead"
        say(f"{name} takes in {most.leads_per_second:,.0f} leads/s, {where}, {rows}")
    say(f"leadflow takes in {results.share_of_ceiling:.0%} of what the bare prototype does")
    say(CLOSED_LOOP)


def say_guarded(guarded: Guarded) -> None:
    """Say what the guard saw."""
    _say_loads(guarded.loads, guarded.floors)
    say("")
    say(f"leadflow takes in {guarded.share_of_ceiling:.1%} of what the bare prototype does")
    say(f"at least {guarded.least_share:.1%} is wanted: {'yes' if guarded.holds else 'NO'}")


def say_growth(stages: Sequence[Stage]) -> None:
    """Say what leads cost with how many stored, and how that compares with the fewest."""
    rows = []
    for stage in stages:
        cost = _cost(stage)
        times = cost / _cost(stages[0])
        speed = statistics.median(each.leads_per_second for each in stage.outcomes)
        p99_ms = statistics.median(each.p99_ms for each in stage.outcomes)
        wal = statistics.median(each.wal_bytes for each in stage.used)
        rows.append(
            (
                f"{stage.stored:,}",
                f"{stage.megabytes:,.0f}",
                f"{speed:,.0f}",
                f"{p99_ms:,.0f}",
                f"{cost:,.0f}",
                f"{times:.2f}",
                f"{wal:,.0f}",
            )
        )
    say_table(("stored", "MB", "leads/s", "p99 ms", "us a lead", "times", "log bytes"), rows)


def _cost(stage: Stage) -> float:
    """Give the processor time of a lead, in microseconds: the server's and PostgreSQL's."""
    return statistics.median(each.server_us + each.postgres_us for each in stage.used)


def say_played(played: Played) -> None:
    """Say what came of a scenario."""
    name = f"{played.scenario}, {played.a_second:g} leads/s for {played.seconds:g} s"
    say_table(SPEED, [(name, *_speed(played.outcome))])
    say("")
    say_table(USED, [(name, *_used(played.used))])
    say("")
    rows = [
        (each.what, each.wanted, each.seen, "yes" if each.holds else "NO")
        for each in played.expectations
    ]
    say_table(("expected", "wanted", "seen", "holds"), rows)


def _say_loads(measured: Sequence[Load], floors: Mapping[str, float]) -> None:
    loads = middles(measured)
    speeds = [(_name(load), *_speed(load.outcome)) for load in loads]
    say_table(SPEED, [*speeds, *_floors(floors)])
    say("")
    say("what a lead used up; and the server's peak of memory")
    say_table(USED, [(_name(load), *_used(load.used)) for load in loads])


def _say_imported(imported: Imported) -> None:
    beside = imported.beside
    say(
        f"`leads import` takes in {imported.rows_per_second:,.0f} rows/s with "
        f"{imported.peak_rss_mb:,.0f} MB at most; of {PACE} leads/s that came one by one "
        f"meanwhile, half were answered within {beside.p50_ms:,.0f} ms and 99 % within "
        f"{beside.p99_ms:,.0f} ms, {plural(beside.errors, 'error')}"
    )


def _name(load: Load) -> str:
    match load.shape:
        case "closed":
            return f"{load.target}, {plural(load.connections, 'connection')}, by {load.generator}"
        case "paced":
            return f"{load.target}, {load.offered:,.0f} leads/s, paced"
        case "files":
            return f"{load.target}, files"


def _speed(outcome: Outcome) -> tuple[str, ...]:
    speed = f"{outcome.leads_per_second:,.0f}"
    latencies = (outcome.p50_ms, outcome.p95_ms, outcome.p99_ms, outcome.p999_ms)
    return speed, *(f"{each:,.1f}" for each in latencies), f"{outcome.errors:,}"


def _used(used: Used) -> tuple[str, ...]:
    figures = (used.server_us, used.postgres_us, used.generator_us, used.wal_bytes)
    return *(f"{each:,.0f}" for each in figures), f"{used.server_peak_mb:,.0f}"


def _floors(floors: Mapping[str, float]) -> Iterator[tuple[str, ...]]:
    for how, speed in floors.items():
        yield (f"floor: the same rows, {how}", f"{speed:,.0f}", *[""] * (len(SPEED) - 2))
