"""A closed loop driven by wrk, which is compiled and leaves the machine to what is measured."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from importlib.resources import as_file, files

import msgspec
from msgspec import Struct

from leadflow.bench import leads
from leadflow.bench.leads import People
from leadflow.bench.load import Outcome
from leadflow.bench.target import Target
from leadflow.errors import SetupError

FASTEST = 50_000  # leads a second that people are set aside for; two cores carry some 20,000
PATIENCE = "10s"  # then a request counts as an error


class _Summary(Struct, frozen=True):
    """What the script writes at its end."""

    requests: int  # that were answered
    duration_us: int
    refused: int  # of those answered, not taken
    broken: int  # connections that failed, and requests that took too long
    latencies_us: Sequence[float]  # p50, p95, p99, p99.9


def program() -> str | None:
    """Say where wrk is, if it is there."""
    return shutil.which("wrk")


async def post_each(target: Target, people: People, connections: int, seconds: int) -> Outcome:
    """Post leads one by one over so many connections, each sending its next on an answer.

    Raises:
        SetupError: wrk cannot run.
    """
    first = people.set_aside(seconds * FASTEST)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as told:
        told.write("\n".join([*map(str, leads.AREAS), *leads.templates(), ""]))
        told.flush()
        with as_file(files("leadflow.bench") / "wrk.lua") as script:
            command = [
                "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", PATIENCE,
                "-s", str(script), target.url, "--", str(first), target.key, told.name,
            ]  # fmt: skip
            return _outcome(await _run(command))


async def _run(command: Sequence[str]) -> _Summary:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    last = said.rstrip().rpartition(b"\n")[2]
    try:
        return msgspec.json.decode(last, type=_Summary)
    except msgspec.DecodeError as error:
        raise SetupError(f"wrk does not run: {said.decode(errors='replace')[-300:]}") from error


def _outcome(summary: _Summary) -> Outcome:
    taken = summary.requests - summary.refused
    p50_ms, p95_ms, p99_ms, p999_ms = (each / 1000 for each in summary.latencies_us)
    return Outcome(
        leads=taken,
        errors=summary.refused + summary.broken,
        leads_per_second=taken / (summary.duration_us / 1e6),
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        p999_ms=p999_ms,
    )
