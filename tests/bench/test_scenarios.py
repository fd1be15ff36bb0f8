"""What is expected under each scenario, and when it does not hold."""

import pytest
from msgspec.structs import replace

from leadflow.bench.scenarios import SCENARIOS, Seen, expectations

FINE = Seen(
    sent=1_000,
    taken=1_000,
    p95_ms=40,
    lock_timeouts=0,
    retry_queue_before=0,
    retry_queue_most=0,
    retry_queue_after=0,
    pools_most=0.5,
    recovered_s=1.5,
)


def broken(name, **seen):
    """Name what does not hold."""
    found = expectations(SCENARIOS[name], replace(FINE, **seen))
    return [each.what for each in found if not each.holds]


@pytest.mark.parametrize("name", SCENARIOS)
def test_all_holds_where_nothing_went_wrong(name):
    assert broken(name) == []


@pytest.mark.parametrize(
    ("name", "seen", "what"),
    [
        ("normal", {"taken": 989}, "leads taken"),
        ("normal", {"p95_ms": 2_000}, "p95"),
        ("normal", {"lock_timeouts": 1}, "lock timeouts"),
        ("normal", {"retry_queue_most": 50}, "retry queue, at most"),
        ("spike", {"taken": 949}, "leads taken"),
        ("spike", {"p95_ms": 5_000}, "p95"),
        ("spike", {"retry_queue_most": 200}, "retry queue, at most"),
        ("spike", {"recovered_s": None}, "queues as before the load"),
        ("spike", {"recovered_s": 300.1}, "queues as before the load"),
        ("sustained", {"taken": 979}, "leads taken"),
        ("sustained", {"p95_ms": 3_000}, "p95"),
        ("sustained", {"retry_queue_after": 1}, "retry queue, at the end"),
        ("sustained", {"pools_most": 0.8}, "connections in use, at most"),
    ],
)
def test_what_does_not_hold_is_named(name, seen, what):
    assert broken(name, **seen) == [what]


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("normal", {"taken": 990, "p95_ms": 1_999, "retry_queue_most": 49}),
        ("spike", {"taken": 950, "p95_ms": 4_999, "retry_queue_most": 199, "recovered_s": 300}),
        ("sustained", {"taken": 980, "p95_ms": 2_999, "pools_most": 0.79}),
        ("sustained", {"retry_queue_before": 3, "retry_queue_most": 900, "retry_queue_after": 3}),
        ("spike", {"lock_timeouts": 5, "pools_most": 1.0}),  # not asked for there
    ],
)
def test_limits_are_where_they_are_said_to_be(name, seen):
    assert broken(name, **seen) == []
