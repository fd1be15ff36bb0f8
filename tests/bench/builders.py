"""Loads as if they had been measured."""

from leadflow.bench.importing import Imported
from leadflow.bench.load import Outcome
from leadflow.bench.results import Load, Machine, Results, saturation, share_of_ceiling
from leadflow.bench.target import Name
from leadflow.bench.usage import Used

USED = Used(server_us=500, postgres_us=200, generator_us=40, wal_bytes=9_000, server_peak_mb=230)
MACHINE = Machine(cores=2, memory_mb=8_000, python="3.11.7", postgres="18.6", leadflow="0.1.0")


IMPORTED = Imported(
    rows=1_000,
    rows_per_second=3_000.0,
    peak_rss_mb=140.0,
    beside=Outcome(
        leads=100,
        errors=0,
        leads_per_second=50,
        p50_ms=20,
        p95_ms=40,
        p99_ms=60,
        p999_ms=80,
    ),
)


def load(speed, *, target="leadflow", shape="closed", connections=64, p50_ms=10.0, **fields):
    outcome = Outcome(
        leads=1_000,
        errors=0,
        leads_per_second=speed,
        p50_ms=p50_ms,
        p95_ms=2 * p50_ms,
        p99_ms=3 * p50_ms,
        p999_ms=5 * p50_ms,
    )
    return Load(
        target=target, shape=shape, connections=connections, outcome=outcome, used=USED, **fields
    )


def results(*loads):
    names: tuple[Name, ...] = ("leadflow", "prototype")
    return Results(
        machine=MACHINE,
        loads=loads,
        imported=IMPORTED,
        saturation={name: saturation(loads, name) for name in names},
        share_of_ceiling=share_of_ceiling(loads),
        rows_per_lead={"leadflow": 19.3, "prototype": 7.0},
        floors={"one transaction a lead": 900.0},
    )
