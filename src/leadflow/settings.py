"""Settings, read once from the environment, with every mistake said at once."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from leadflow.errors import SetupError
from leadflow.store.seal import read_keys

_WHOLE = re.compile(r"[0-9]{1,12}")
_ORIGIN = re.compile(r"https?://[^/?#@\s*]+")  # as browsers send it: a path would never match


class Settings(Struct, frozen=True, kw_only=True):
    """How this installation runs. `VARIABLES` says which variable sets what."""

    state: Path
    database_url: str | None  # None: the embedded server
    encryption_key: str | None
    host: str
    port: int
    api_processes: int | None  # None: one for each core, four at most
    pool_size: int
    log_level: str
    log_service: str
    max_body_bytes: int
    max_batch_size: int
    rate_limit_max: int
    rate_limit_window: timedelta
    metrics_token: str | None
    cors_origins: tuple[str, ...]
    allow_private_destinations: bool
    max_retries: int
    retry_delay: timedelta
    lead_lifetime: timedelta
    routing_lease: timedelta
    routing_claim: int
    delivery_timeout: timedelta
    delivery_margin: timedelta
    delivery_retry_delay: timedelta
    worker_concurrency: int

    def demand_encryption_key(self) -> str:
        """Give the key, from the environment or where the demo has left one.

        Raises:
            SetupError: there is none: personal data is never stored under a key everybody knows.
        """
        if self.encryption_key is not None:
            return self.encryption_key
        if self.key_file.exists():
            return self.key_file.read_text(encoding="utf-8").strip()
        raise SetupError("ENCRYPTION_KEY is not set; `leadflow check-env --new-key` makes one")

    @property
    def key_file(self) -> Path:
        """Where the demo keeps the key it makes."""
        return self.state / "encryption.key"

    @property
    def metrics_folder(self) -> Path:
        """Where the processes of this installation add up what they count."""
        return self.state / "metrics"


class Variable(Struct, frozen=True, kw_only=True):
    """One variable: what it sets, how it is read, what holds without it."""

    name: str
    sets: str  # the field of `Settings`
    meaning: str
    read: Callable[[str], Any]
    default: Any
    secret: bool = False


def _text(value: str) -> str:
    return value


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not _WHOLE.fullmatch(value) or not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return read


def _seconds(low: int, high: int) -> Callable[[str], timedelta]:
    number = _number(low, high)
    return lambda value: timedelta(seconds=number(value))


def _days(value: str) -> timedelta:
    return timedelta(days=_number(1, 3650)(value))


def _switch(value: str) -> bool:
    match value.lower():
        case "true" | "yes" | "1":
            return True
        case "false" | "no" | "0":
            return False
        case _:
            raise ValueError("true or false")


def _level(value: str) -> str:
    if value.lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError("debug, info, warning or error")
    return value.lower()


def _database(value: str) -> str:
    if not value.startswith(("postgres://", "postgresql://")):
        raise ValueError("an address that begins with postgresql://")
    return value


def _keys(value: str) -> str:
    read_keys(value)
    return value


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(origin.strip() for origin in value.split(",") if origin.strip())
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("origins such as https://crm.example.com, with commas between")
    return origins


VARIABLES = (
    Variable(
        name="DATABASE_URL",
        sets="database_url",
        meaning="A PostgreSQL server, 16 or newer. Without it leadflow runs its own.",
        read=_database,
        default=None,
        secret=True,
    ),
    Variable(
        name="ENCRYPTION_KEY",
        sets="encryption_key",
        meaning="Seals personal data: 32 bytes in base64. To change it, put the new one in front, "
        "with a comma between.",
        read=_keys,
        default=None,
        secret=True,
    ),
    Variable(
        name="LEADFLOW_STATE",
        sets="state",
        meaning="The folder for what leadflow keeps on this machine.",
        read=Path,
        default=Path(".leadflow"),
    ),
    Variable(
        name="LEADFLOW_HOST",
        sets="host",
        meaning="The address the API listens on.",
        read=_text,
        default="127.0.0.1",
    ),
    Variable(
        name="PORT",
        sets="port",
        meaning="The port the API listens on.",
        read=_number(1, 65535),
        default=3000,
    ),
    Variable(
        name="LEADFLOW_API_PROCESSES",
        sets="api_processes",
        meaning="How many processes serve the API. Without it, one for each core, four at most.",
        read=_number(1, 64),
        default=None,
    ),
    Variable(
        name="LEADFLOW_POOL_SIZE",
        sets="pool_size",
        meaning="Database connections a process may open, for the walk and for tenants each.",
        read=_number(2, 100),
        default=8,
    ),
    Variable(
        name="LOG_LEVEL",
        sets="log_level",
        meaning="The least important level that is logged.",
        read=_level,
        default="info",
    ),
    Variable(
        name="LOG_SERVICE",
        sets="log_service",
        meaning="The name under which this installation logs.",
        read=_text,
        default="leadflow",
    ),
    Variable(
        name="LEADFLOW_MAX_BODY_BYTES",
        sets="max_body_bytes",
        meaning="The largest request that is read whole.",
        read=_number(1024, 1 << 30),
        default=4 << 20,
    ),
    Variable(
        name="MAX_BATCH_SIZE",
        sets="max_batch_size",
        meaning="How many leads a JSON array may hold; NDJSON and CSV have no limit.",
        read=_number(1, 100_000),
        default=1000,
    ),
    Variable(
        name="RATE_LIMIT_MAX",
        sets="rate_limit_max",
        meaning="Requests that an API key has in a window, unless the key says otherwise.",
        read=_number(1, 1_000_000_000),
        default=10_000,
    ),
    Variable(
        name="RATE_LIMIT_WINDOW",
        sets="rate_limit_window",
        meaning="The rate limit's window, in seconds.",
        read=_seconds(1, 86_400),
        default=timedelta(seconds=3600),
    ),
    Variable(
        name="LEADFLOW_METRICS_TOKEN",
        sets="metrics_token",
        meaning="What a scraper that is not on this machine sends as its bearer token.",
        read=_text,
        default=None,
        secret=True,
    ),
    Variable(
        name="LEADFLOW_CORS_ORIGINS",
        sets="cors_origins",
        meaning="Web origins whose pages may call the API. None by default.",
        read=_origins,
        default=(),
    ),
    Variable(
        name="LEADFLOW_PRIVATE_DESTINATIONS",
        sets="allow_private_destinations",
        meaning="Whether leads may be delivered to addresses of this machine and private networks.",
        read=_switch,
        default=False,
    ),
    Variable(
        name="MAX_RETRIES",
        sets="max_retries",
        meaning="How often a lead is tried, the first time included, before a person has to look.",
        read=_number(1, 100),
        default=3,
    ),
    Variable(
        name="RETRY_DELAY",
        sets="retry_delay",
        meaning="The wait after the first failed try, in seconds; it doubles with each.",
        read=_seconds(1, 86_400),
        default=timedelta(seconds=60),
    ),
    Variable(
        name="LEADFLOW_LEAD_LIFETIME",
        sets="lead_lifetime",
        meaning="After how many days a lead without an owner expires.",
        read=_days,
        default=timedelta(days=90),
    ),
    Variable(
        name="LEADFLOW_ROUTING_LEASE",
        sets="routing_lease",
        meaning="How long a worker may have a lead in hand, in seconds, before another takes it "
        "over. The same for all processes.",
        read=_seconds(1, 3600),
        default=timedelta(minutes=5),
    ),
    Variable(
        name="LEADFLOW_ROUTING_CLAIM",
        sets="routing_claim",
        meaning="How many leads a worker takes in hand at one time. With fewer, several workers "
        "share a small backlog more evenly; with more, a large one is routed faster.",
        read=_number(1, 10_000),
        default=800,
    ),
    Variable(
        name="DELIVERY_TIMEOUT",
        sets="delivery_timeout",
        meaning="How long a destination may take to answer, in seconds.",
        read=_seconds(1, 600),
        default=timedelta(seconds=60),
    ),
    Variable(
        name="LEADFLOW_DELIVERY_MARGIN",
        sets="delivery_margin",
        meaning="How much longer a worker has to write down what became of an attempt, in seconds, "
        "before it counts as unknown.",
        read=_seconds(1, 600),
        default=timedelta(seconds=30),
    ),
    Variable(
        name="LEADFLOW_DELIVERY_RETRY_DELAY",
        sets="delivery_retry_delay",
        meaning="The wait after a delivery's first attempt, in seconds; it is four times as long "
        "with each.",
        read=_seconds(1, 3600),
        default=timedelta(seconds=10),
    ),
    Variable(
        name="WORKER_CONCURRENCY",
        sets="worker_concurrency",
        meaning="Deliveries a worker has on their way at one time.",
        read=_number(1, 1000),
        default=32,
    ),
)


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings. A variable that is set to nothing counts as not set.

    Raises:
        SetupError: naming every variable that cannot be used, and what each should hold.
    """
    values: dict[str, Any] = {}
    problems = []
    for variable in VARIABLES:
        given = environment.get(variable.name, "").strip()
        try:
            values[variable.sets] = variable.read(given) if given else variable.default
        except ValueError as error:
            seen = "what it holds" if variable.secret else repr(given)
            problems.append(f"{variable.name} wants {error}, not {seen}")
        except SetupError as error:
            problems.append(error.message)
    if problems:
        raise SetupError("; ".join(problems))
    return Settings(**values)
