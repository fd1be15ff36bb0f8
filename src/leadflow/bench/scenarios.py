"""Three loads by name, and what is expected of an installation under each."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from msgspec import Struct

ScenarioName = Literal["normal", "spike", "sustained"]


class Scenario(Struct, frozen=True, kw_only=True):
    """A load, and what has to hold. What is None is not asked for."""

    a_second: float  # leads
    lasts: timedelta  # in full length
    least_success: float  # share of the leads that are taken, 0 to 1
    p95_below: timedelta
    most_lock_timeouts: int | None = None
    retry_queue_below: int | None = None  # rows at any time, due or not
    retry_queue_drained: bool = False  # no more rows when the load ends than when it began
    pools_below: float | None = None  # share of the connections allowed, at any time
    recovered_within: timedelta = timedelta(minutes=5)  # of the end, in any length


class Seen(Struct, frozen=True, kw_only=True):
    """What a scenario came to."""

    sent: int
    taken: int
    p95_ms: float
    lock_timeouts: int
    retry_queue_before: int
    retry_queue_most: int
    retry_queue_after: int  # when the load ended
    pools_most: float  # share of the connections allowed
    recovered_s: float | None  # until nothing waited that had not before; None: it did not end


class Expectation(Struct, frozen=True):
    """One thing that has to hold, and what was seen."""

    what: str
    wanted: str
    seen: str
    holds: bool


SCENARIOS: dict[ScenarioName, Scenario] = {
    "normal": Scenario(
        a_second=10,
        lasts=timedelta(minutes=5),
        least_success=0.99,
        p95_below=timedelta(seconds=2),
        most_lock_timeouts=0,
        retry_queue_below=50,
    ),
    "spike": Scenario(
        a_second=100,
        lasts=timedelta(minutes=1),
        least_success=0.95,
        p95_below=timedelta(seconds=5),
        retry_queue_below=200,
    ),
    "sustained": Scenario(
        a_second=50,
        lasts=timedelta(minutes=30),
        least_success=0.98,
        p95_below=timedelta(seconds=3),
        retry_queue_drained=True,
        pools_below=0.8,
    ),
}


def expectations(scenario: Scenario, seen: Seen) -> Iterator[Expectation]:
    """Hold what was seen against what is expected."""
    success = seen.taken / seen.sent
    yield Expectation(
        "leads taken",
        f"at least {scenario.least_success:.0%}",
        f"{success:.2%} of {seen.sent:,}",
        success >= scenario.least_success,
    )
    p95_s, limit_s = seen.p95_ms / 1000, scenario.p95_below.total_seconds()
    yield Expectation("p95", f"below {limit_s:g} s", f"{p95_s:.3f} s", p95_s < limit_s)
    if (most := scenario.most_lock_timeouts) is not None:
        timeouts = seen.lock_timeouts
        yield Expectation("lock timeouts", f"at most {most}", str(timeouts), timeouts <= most)
    yield from _retry_queue(scenario, seen)
    if (share := scenario.pools_below) is not None:
        used = seen.pools_most
        yield Expectation(
            "connections in use, at most", f"below {share:.0%}", f"{used:.0%}", used < share
        )
    yield _recovery(scenario.recovered_within, seen.recovered_s)


def _retry_queue(scenario: Scenario, seen: Seen) -> Iterator[Expectation]:
    if (limit := scenario.retry_queue_below) is not None:
        most = seen.retry_queue_most
        yield Expectation("retry queue, at most", f"below {limit}", str(most), most < limit)
    if scenario.retry_queue_drained:
        before, after = seen.retry_queue_before, seen.retry_queue_after
        yield Expectation(
            "retry queue, at the end", f"at most {before}, as before", str(after), after <= before
        )


def _recovery(limit: timedelta, recovered_s: float | None) -> Expectation:
    return Expectation(
        "queues as before the load",
        f"within {limit.total_seconds():g} s",
        "not by then" if recovered_s is None else f"after {recovered_s:.1f} s",
        recovered_s is not None and recovered_s <= limit.total_seconds(),
    )
