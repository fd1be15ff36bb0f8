"""An audit of the settings: what they are, what is wrong with them, what they lead to."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from msgspec import Struct

from leadflow import settings
from leadflow.cli.opening import run
from leadflow.errors import LeadflowError, SetupError
from leadflow.settings import VARIABLES, Settings, Variable
from leadflow.store import migrate, seal
from leadflow.store.embedded import EmbeddedPostgres

MASK = "********"

# Names that operators of the systems before this one know. A later release reads them.
NOT_READ_YET = (
    "REDIS_URL",
    "KAFKA_BROKERS",
    "NATS_URL",
    "IMAP_HOST",
    "IMAP_PORT",
    "IMAP_USER",
    "IMAP_PASS",
    "EMAIL_PROVIDER",
    "SENDGRID_API_KEY",
    "SENDGRID_FROM_EMAIL",
    "SENDGRID_WEBHOOK_SECRET",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "OPENAI_API_KEY",
    "OPENAI_CACHE_TTL",
    "HANDOVER_EMAIL_ENABLED",
    "EMAIL_BATCH_SIZE",
    "PROCESSING_TIMEOUT",
    "ENRICHMENT_TIMEOUT",
    "VALIDATION_SERVICE_URL",
    "ML_SERVICE_URL",
)

Server = Literal["our own", "DATABASE_URL"]


class Finding(Struct, frozen=True, kw_only=True):
    """What one variable holds."""

    name: str
    state: Literal["set", "default", "missing", "bad"]
    value: str | None  # None: there is none. Secrets are masked
    meaning: str
    problem: str | None = None


class DatabaseFinding(Struct, frozen=True, kw_only=True):
    """What became of the attempt to reach the database."""

    server: Server
    state: Literal["up to date", "lacks migrations", "not running", "not made yet", "unusable"]
    problem: str | None = None


class Audit(Struct, frozen=True, kw_only=True):
    """All that was found."""

    usable: bool
    variables: tuple[Finding, ...]
    database: DatabaseFinding | None  # None: the settings do not say where it is
    set_but_not_read: tuple[str, ...]  # variables that this release does not look at yet


def audit(environment: Mapping[str, str]) -> Audit:
    """Look at every variable there is."""
    try:
        read: Settings | None = settings.read(environment)
    except SetupError:
        read = None
    variables = tuple(_finding(variable, environment, read) for variable in VARIABLES)
    database = None if read is None else _database(read)
    bad = any(finding.state in ("missing", "bad") for finding in variables)
    lost = database is not None and database.state in ("unusable", "lacks migrations")
    return Audit(
        usable=not bad and not lost,
        variables=variables,
        database=database,
        set_but_not_read=tuple(name for name in NOT_READ_YET if environment.get(name)),
    )


def _finding(variable: Variable, environment: Mapping[str, str], read: Settings | None) -> Finding:
    given = environment.get(variable.name, "").strip()
    try:
        value = variable.read(given) if given else variable.default
        if variable.name == "ENCRYPTION_KEY":
            return _key_finding(variable, given, read)
    except (ValueError, SetupError) as error:
        problem = f"wants {error}" if isinstance(error, ValueError) else str(error)
        shown = MASK if variable.secret else given
        return _found(variable, "bad", shown, problem)
    return _found(variable, "set" if given else "default", _shown(variable, value))


def _key_finding(variable: Variable, given: str, read: Settings | None) -> Finding:
    """Look at the one setting without a default: it may also stand in the state folder."""
    if given:
        seal.read_keys(given)
        return _found(variable, "set", MASK)
    if read is not None and read.key_file.exists():
        seal.read_keys(read.demand_encryption_key())
        return _found(variable, "default", f"in {read.key_file}")
    problem = "`leadflow check-env --new-key` makes one"
    return _found(variable, "missing", None, problem)


def _found(
    variable: Variable,
    state: Literal["set", "default", "missing", "bad"],
    value: str | None,
    problem: str | None = None,
) -> Finding:
    return Finding(
        name=variable.name, state=state, value=value, meaning=variable.meaning, problem=problem
    )


def _shown(variable: Variable, value: Any) -> str | None:
    if value is None or value == ():
        return None
    return MASK if variable.secret else as_written(value)


def as_written(value: object) -> str:
    """Write a value as its variable would hold it."""
    match value:
        case bool():
            return str(value).lower()
        case timedelta(days=days) if days:
            return str(days)
        case timedelta():
            return f"{value.total_seconds():g}"
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def _database(read: Settings) -> DatabaseFinding:
    if read.database_url is not None:
        return _tried("DATABASE_URL", read.database_url)
    server = EmbeddedPostgres(read.state)
    if server.running:
        return _tried("our own", server.url())
    made = (server.data / "PG_VERSION").exists()
    return DatabaseFinding(server="our own", state="not running" if made else "not made yet")


def _tried(server: Server, url: str) -> DatabaseFinding:
    try:
        lacking = run(migrate.status(url))
    except LeadflowError as error:
        return DatabaseFinding(server=server, state="unusable", problem=error.message)
    if not lacking:
        return DatabaseFinding(server=server, state="up to date")
    problem = f"it lacks {', '.join(lacking)}: `leadflow db migrate` applies them"
    return DatabaseFinding(server=server, state="lacks migrations", problem=problem)
