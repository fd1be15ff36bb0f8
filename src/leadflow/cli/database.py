"""`leadflow db`: migrate the database, or look at it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from cyclopts import App, Parameter

from leadflow.cli.output import say, say_json

app = App(name="db")

Role = Literal["adf_ro", "adf_app", "leadflow_service"]


@app.command
def migrate() -> None:
    """Bring the database to this release's schema."""
    from leadflow.app import database_url
    from leadflow.cli.opening import read_settings, run
    from leadflow.store import migrate as migrations

    with database_url(read_settings()) as url:
        applied = run(migrations.migrate(url))
    for name in applied:
        say(f"applied {name}")
    if not applied:
        say("nothing to do: the schema is up to date")


@app.command
def status(*, json: bool = False) -> int:
    """Say whether the schema is this release's: exit code 1 when migrations are lacking.

    Args:
        json: print JSON.
    """
    from leadflow.app import database_url
    from leadflow.cli.opening import read_settings, run
    from leadflow.store import migrate as migrations

    settings = read_settings()
    with database_url(settings) as url:
        lacking = run(migrations.status(url))
    embedded = settings.database_url is None
    if json:
        say_json({"embedded": embedded, "up_to_date": not lacking, "lacking": lacking})
    else:
        say("server: our own" if embedded else "server: DATABASE_URL's")
        say(f"lacking: {', '.join(lacking)}" if lacking else "schema: up to date")
    return 1 if lacking else 0


@app.command
def url() -> None:
    """Print the database's address, with its password. Our own server has to run."""
    from leadflow.cli.opening import read_settings
    from leadflow.store.embedded import EmbeddedPostgres

    settings = read_settings()
    say(settings.database_url or EmbeddedPostgres(settings.state).url())


@app.command
def psql(
    *arguments: Annotated[str, Parameter(allow_leading_hyphen=True)], role: Role | None = None
) -> int:
    """Open psql on the database; what stands behind -- goes to psql.

    Args:
        arguments: psql's own: `leadflow db psql -- -c "SELECT 1"`.
        role: work as this role; adf_ro reads everything but personal data.
    """
    from leadflow.app import database_url
    from leadflow.cli.opening import read_settings
    from leadflow.store.embedded import EmbeddedPostgres

    settings = read_settings()
    with database_url(settings) as address, _interrupts_are_psqls():
        program = EmbeddedPostgres(settings.state).binary("psql")
        whereto, secrets = _without_password(address)
        environment = {**os.environ, **secrets}
        if role is not None:
            options = f"{environment.get('PGOPTIONS', '')} -c role={role}"
            environment["PGOPTIONS"] = options.strip()
        command = [str(program), whereto, *arguments]
        return subprocess.run(command, env=environment, check=False).returncode


@contextmanager
def _interrupts_are_psqls() -> Iterator[None]:
    """Leave Ctrl-C to psql, which stops a query by it: we only wait for psql to end."""
    before = signal.signal(signal.SIGINT, lambda *_: None)  # ignored, it would be ignored by psql
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _without_password(address: str) -> tuple[str, dict[str, str]]:
    """Take the password out of an address, for anybody may list what a process was started with."""
    parts = urlsplit(address)
    if parts.password is None:
        return address, {}
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{host}"
    return parts._replace(netloc=netloc).geturl(), {"PGPASSWORD": unquote(parts.password)}
