"""Several processes count; whoever is asked shows the sum."""

import os
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

PARENT = """
import sys
from pathlib import Path
from subprocess import PIPE, Popen
from leadflow.telemetry import processes

folder = Path(sys.argv[1])
processes.prepare(folder)
children = [
    Popen([sys.executable, "-c", sys.argv[2]], stdin=PIPE, stdout=PIPE)
    for _ in range(3)
]
for child in children:
    child.stdout.readline()

from leadflow.telemetry import exposition, metrics
metrics.ROUTING_LEADS_ROUTED.inc()
metrics.DATABASE_POOL_CONNECTIONS.labels("service", "busy").set(1)
running = exposition.render(None)[0].decode()
for child in children:
    child.stdin.close()
    child.wait()
    processes.forget(child.pid)
print(running, "---", exposition.render(None)[0].decode(), sep="\\n")
"""
CHILD = """
import sys
from leadflow.telemetry import metrics
metrics.ROUTING_LEADS_ROUTED.inc(10)
metrics.LEADS_PROCESSED.labels("AUTO", "routed").inc(2)
metrics.ROUTING_LATENCY.observe(42)
metrics.DATABASE_POOL_CONNECTIONS.labels("service", "busy").set(5)
print("counted", flush=True)
sys.stdin.read()
"""


def run(program, *arguments):
    """Run a program in a process of its own, where nothing is imported yet."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"
    }
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
    )


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Show what one process says of itself and three others, while they run and after."""
    ran = run(PARENT, tmp_path_factory.mktemp("metrics"), CHILD)
    assert ran.returncode == 0, ran.stderr
    return [samples(text) for text in ran.stdout.split("---\n")]


def test_what_all_processes_have_counted_is_added_up(shown):
    running, _ = shown
    assert running["routing_leads_routed_total",] == 31
    assert running["leads_processed_total", ("status", "routed"), ("vertical", "AUTO")] == 6
    assert running["routing_latency_bucket", ("le", "50.0")] == 3
    assert running["routing_latency_count",] == 3
    assert running["routing_latency_sum",] == 126


def test_names_are_the_same_as_in_a_single_process(shown):
    running, _ = shown
    assert {"routing_logs_total", "routing_logs_failed_total", "routing_lock_acquired_total"} <= {
        name for name, *_ in running
    }


def test_what_is_asked_for_at_a_scrape_is_there_once(shown):
    running, _ = shown
    assert running["database_up",] == 0
    assert len([name for name, *_ in running if name == "leadflow_build_info"]) == 1


def test_a_process_that_ended_leaves_the_gauges_and_stays_in_the_counters(shown):
    running, after = shown
    gauge = ("database_pool_connections", ("pool", "service"), ("state", "busy"))
    assert running[gauge] == 16
    assert after[gauge] == 1
    assert after["routing_leads_routed_total",] == 31


def test_a_new_start_forgets_the_old_counts_and_leaves_other_files_alone(tmp_path):
    (tmp_path / "counter_1.db").write_bytes(b"left over")
    (tmp_path / "notes.txt").write_text("mine")
    program = (
        "import sys; from pathlib import Path; from leadflow.telemetry import processes;"
        "processes.prepare(Path(sys.argv[1]) / sys.argv[2])"
    )
    assert run(program, tmp_path, ".").returncode == 0
    assert run(program, tmp_path, "made/when/missing").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "made"}


def test_to_prepare_too_late_is_an_error(tmp_path):
    ran = run(
        "from pathlib import Path; import sys, prometheus_client;"
        "from leadflow.telemetry import processes; processes.prepare(Path(sys.argv[1]))",
        tmp_path,
    )
    assert "RuntimeError: prepare() comes too late" in ran.stderr


def test_a_process_on_its_own_has_nothing_to_forget():
    ran = run("from leadflow.telemetry import processes; processes.forget(1)")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("module", ["leadflow.telemetry.processes", "leadflow.telemetry.logs"])
def test_what_comes_before_prepare_does_not_load_the_metrics(module):
    program = f"import sys, {module}; sys.exit('prometheus_client' in sys.modules)"
    assert run(program).returncode == 0
