"""A file that is imported, while people send leads one by one."""

import asyncio
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from leadflow.bench import load
from leadflow.bench.installation import Installation, leadflow
from leadflow.bench.leads import People
from leadflow.bench.load import Outcome

ROWS_A_SECOND = 4000  # of the file, for each second that it shall take
PACE = 50  # leads a second that come one by one meanwhile


class Imported(Struct, frozen=True, kw_only=True):
    """What an import came to, and what the others noticed of it."""

    rows: int
    rows_per_second: float  # from the first to the last: `leads import` says it itself
    peak_rss_mb: float  # of its process
    beside: Outcome  # of leads that came one by one meanwhile, at `PACE`


class _Said(Struct):
    rows: int
    accepted: int
    rows_per_second: float
    peak_rss_mb: float


async def measure(made: Installation, people: People, seconds: int) -> Imported:
    """Import a file that takes some `seconds`, with `leadflow leads import`.

    Raises:
        SetupError: a row was not accepted.
    """
    one_by_one = people.leads(PACE * seconds)
    with tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder:
        file = Path(folder) / "leads.ndjson"
        file.write_bytes(b"\n".join(people.leads(ROWS_A_SECOND * seconds)))
        target = made.target
        async with asyncio.TaskGroup() as both:
            importing = both.create_task(_import(made, file))
            beside = both.create_task(load.post_paced(target.url, target.key, one_by_one, PACE))
    said = importing.result()
    return Imported(
        rows=said.rows,
        rows_per_second=said.rows_per_second,
        peak_rss_mb=said.peak_rss_mb,
        beside=beside.result(),
    )


async def _import(made: Installation, file: Path) -> _Said:
    words = ("leads", "import", str(file), "--workspace", "source", "--json")
    return msgspec.json.decode(await leadflow(made.environment, *words), type=_Said)
