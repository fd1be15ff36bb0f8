"""A demo that has been run to its end, once for all tests about it."""

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from leadflow.cli.demo.people import Sending, feed
from leadflow.cli.demo.summary import Summary
from leadflow.store.embedded import EmbeddedPostgres
from tests.conftest import make_state

LEADFLOW = Path(sys.executable).with_name("leadflow")
LEADS, SEED = 250, 7


@dataclass
class Demo:
    """What a demo left behind."""

    state: Path
    environment: dict[str, str]
    sendings: list[Sending]
    summary: Summary
    said: str  # all that it printed, and its processes' log


@pytest.fixture(scope="session")
def demo():
    state = make_state()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "LEADFLOW_STATE": str(state / "demo"),
        "PORT": str(free_port()),
        "LOG_LEVEL": "debug",
    }
    ran = subprocess.run(
        [LEADFLOW, "demo", "--exit", "--json", "--leads", str(LEADS), "--seed", str(SEED)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    log = (state / "demo" / "demo.log").read_text(encoding="utf-8")
    yield Demo(
        state=state / "demo",
        environment=environment,
        sendings=feed(LEADS, SEED),
        summary=msgspec.json.decode(ran.stdout, type=Summary),
        said=ran.stdout + ran.stderr + log,
    )
    server = EmbeddedPostgres(state / "demo")
    server.stop(mode="immediate")
    shutil.rmtree(server.data.resolve())
    shutil.rmtree(state)


@dataclass
class Up:
    """An installation that runs over what the demo left behind."""

    address: str
    headers: dict[str, str]  # of an operator's requests


@pytest.fixture(scope="session")
def up(demo):
    ran = subprocess.run(
        [LEADFLOW, "keys", "create", "test", "--no-limit"],
        env=demo.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    with subprocess.Popen(
        [LEADFLOW, "up"], env=demo.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()  # it says where it is once it is there
            key = ran.stdout.strip()
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            yield Up(f"http://127.0.0.1:{demo.environment['PORT']}", headers)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
