"""Settings come from the environment, and every mistake is told at once."""

import base64
import re
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import fields

from leadflow.errors import SetupError
from leadflow.settings import VARIABLES, Settings, read

KEY, OLD_KEY = (base64.b64encode(bytes([byte] * 32)).decode() for byte in b"ko")
NAMES = [variable.name for variable in VARIABLES]

# For each variable: what it may hold, and what that means.
GOOD: dict[str, list[tuple[str, object]]] = {
    "DATABASE_URL": [
        ("postgresql://u:p@db.example:5432/leads", "postgresql://u:p@db.example:5432/leads"),
        ("postgres:///leads", "postgres:///leads"),
    ],
    "ENCRYPTION_KEY": [(KEY, KEY), (f"{KEY},{OLD_KEY}", None)],
    "LEADFLOW_STATE": [("/var/lib/leadflow", Path("/var/lib/leadflow")), ("here", Path("here"))],
    "LEADFLOW_HOST": [("0.0.0.0", "0.0.0.0"), ("::1", "::1")],  # noqa: S104  # nothing listens
    "PORT": [("1", 1), ("65535", 65535), (" 8080 ", 8080)],
    "LEADFLOW_API_PROCESSES": [("1", 1), ("64", 64)],
    "LEADFLOW_POOL_SIZE": [("2", 2), ("100", 100)],
    "LOG_LEVEL": [("debug", "debug"), ("WARNING", "warning"), ("Error", "error")],
    "LOG_SERVICE": [("openinfo-api", "openinfo-api")],
    "LEADFLOW_MAX_BODY_BYTES": [("1024", 1024), ("1073741824", 1 << 30)],
    "MAX_BATCH_SIZE": [("1", 1), ("100000", 100_000)],
    "RATE_LIMIT_MAX": [("1", 1), ("1000000000", 1_000_000_000)],
    "RATE_LIMIT_WINDOW": [("60", timedelta(minutes=1)), ("86400", timedelta(days=1))],
    "LEADFLOW_METRICS_TOKEN": [("scrape-me", "scrape-me")],
    "LEADFLOW_CORS_ORIGINS": [
        ("https://crm.example.com", ("https://crm.example.com",)),
        (
            "https://a.example, http://localhost:5173,",
            ("https://a.example", "http://localhost:5173"),
        ),
    ],
    "LEADFLOW_PRIVATE_DESTINATIONS": [
        *((yes, True) for yes in ("true", "YES", "1")),
        *((no, False) for no in ("False", "no", "0")),
    ],
    "MAX_RETRIES": [("1", 1), ("100", 100)],
    "RETRY_DELAY": [("1", timedelta(seconds=1)), ("007", timedelta(seconds=7))],
    "LEADFLOW_LEAD_LIFETIME": [("1", timedelta(days=1)), ("3650", timedelta(days=3650))],
    "LEADFLOW_ROUTING_LEASE": [("1", timedelta(seconds=1)), ("3600", timedelta(hours=1))],
    "LEADFLOW_ROUTING_CLAIM": [("1", 1), ("10000", 10_000)],
    "DELIVERY_TIMEOUT": [("1", timedelta(seconds=1)), ("600", timedelta(minutes=10))],
    "LEADFLOW_DELIVERY_MARGIN": [("1", timedelta(seconds=1)), ("600", timedelta(minutes=10))],
    "LEADFLOW_DELIVERY_RETRY_DELAY": [("1", timedelta(seconds=1)), ("3600", timedelta(hours=1))],
    "WORKER_CONCURRENCY": [("1", 1), ("1000", 1000)],
}

# For each variable that can be wrong: what it cannot hold, and what is asked for instead.
NO_NUMBER = ("ten", "-1", "1.5", "1e3", "0x10", "٣", "1 000", "9" * 5000)
BAD = {
    "DATABASE_URL": (
        ("mysql://db.example/leads", "localhost:5432"),
        "an address that begins with postgresql://",
    ),
    "PORT": (("0", "65536", *NO_NUMBER), "a whole number from 1 to 65535"),
    "LEADFLOW_API_PROCESSES": (("0", "65"), "a whole number from 1 to 64"),
    "LEADFLOW_POOL_SIZE": (("1", "101"), "a whole number from 2 to 100"),
    "LOG_LEVEL": (("verbose", "20"), "debug, info, warning or error"),
    "LEADFLOW_MAX_BODY_BYTES": (("1023", "1073741825"), "a whole number from 1024 to 1073741824"),
    "MAX_BATCH_SIZE": (("0", "100001"), "a whole number from 1 to 100000"),
    "RATE_LIMIT_MAX": (("0", "1000000001"), "a whole number from 1 to 1000000000"),
    "RATE_LIMIT_WINDOW": (("0", "86401"), "a whole number from 1 to 86400"),
    "LEADFLOW_CORS_ORIGINS": (
        (
            *("*", "crm.example.com", "https://", "https://a.example/", "https://a.example/page"),
            *("https://a.example, b.example", "https://*.example", "ftp://a.example"),
        ),
        "origins such as https://crm.example.com, with commas between",
    ),
    "LEADFLOW_PRIVATE_DESTINATIONS": (("on", "2"), "true or false"),
    "MAX_RETRIES": (("0", "101"), "a whole number from 1 to 100"),
    "RETRY_DELAY": (("0", "86401"), "a whole number from 1 to 86400"),
    "LEADFLOW_LEAD_LIFETIME": (("0", "3651"), "a whole number from 1 to 3650"),
    "LEADFLOW_ROUTING_LEASE": (("0", "3601"), "a whole number from 1 to 3600"),
    "LEADFLOW_ROUTING_CLAIM": (("0", "10001"), "a whole number from 1 to 10000"),
    "DELIVERY_TIMEOUT": (("0", "601"), "a whole number from 1 to 600"),
    "LEADFLOW_DELIVERY_MARGIN": (("0", "601"), "a whole number from 1 to 600"),
    "LEADFLOW_DELIVERY_RETRY_DELAY": (("0", "3601"), "a whole number from 1 to 3600"),
    "WORKER_CONCURRENCY": (("0", "1001"), "a whole number from 1 to 1000"),
}
TAKES_ANY_TEXT = {
    *("LEADFLOW_STATE", "LEADFLOW_HOST", "LOG_SERVICE", "LEADFLOW_METRICS_TOKEN"),
}


def variable(name):
    return VARIABLES[NAMES.index(name)]


def problems(environment):
    with pytest.raises(SetupError) as refused:
        read(environment)
    return refused.value.message


def test_every_variable_has_its_cases_here():
    assert list(GOOD) == NAMES
    assert {*BAD, *TAKES_ANY_TEXT, "ENCRYPTION_KEY"} == set(NAMES)


def test_every_setting_has_one_variable():
    assert sorted(each.sets for each in VARIABLES) == sorted(each.name for each in fields(Settings))
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [(name, given, meant) for name, cases in GOOD.items() for given, meant in cases],
)
def test_a_variable_sets_its_setting(name, given, meant):
    settings = read({name: given})
    assert getattr(settings, variable(name).sets) == (given if meant is None else meant)


@pytest.mark.parametrize(
    ("name", "given"), [(name, given) for name, (cases, _) in BAD.items() for given in cases]
)
def test_what_cannot_be_used_is_refused_with_its_name_and_what_is_wanted(name, given):
    wanted = BAD[name][1]
    seen = "what it holds" if variable(name).secret else repr(given)
    assert problems({name: given}) == f"{name} wants {wanted}, not {seen}"


@pytest.mark.parametrize("given", ["secret", f"{KEY},hunter2"])
def test_a_key_that_is_none_is_refused_and_not_shown(given):
    message = problems({"ENCRYPTION_KEY": given})
    assert re.search(r"key \d of ENCRYPTION_KEY is not 32 bytes in base64", message)
    assert not any(part in message for part in given.split(","))


def test_all_mistakes_are_told_at_once():
    bad = {name: cases[0] for name, (cases, _) in BAD.items()} | {"ENCRYPTION_KEY": "secret"}
    message = problems(bad)
    assert all(name in message for name in bad)


def test_a_secret_s_value_is_in_no_message():
    message = problems({"DATABASE_URL": "mysql://u:hunter2@db", "ENCRYPTION_KEY": "hunter2"})
    assert "hunter2" not in message


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("nothing", ["", "  "])
def test_a_variable_that_is_set_to_nothing_is_not_set(name, nothing):
    assert read({name: nothing}) == read({})


def test_without_any_variable_it_runs_here_and_only_here():
    settings = read({})
    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.cors_origins == ()
    assert not settings.allow_private_destinations
    assert (settings.max_batch_size, settings.max_retries) == (1000, 3)
    assert settings.retry_delay == timedelta(seconds=60)
    assert (settings.rate_limit_max, settings.rate_limit_window) == (10_000, timedelta(hours=1))


def test_variables_of_others_are_none_of_our_business():
    assert read({"PATH": "/bin", "PORTS": "x", "REDIS_URL": "redis://"}) == read({})


# The key.


def test_the_key_of_the_environment_wins_over_the_demo_s(tmp_path):
    (tmp_path / "encryption.key").write_text(OLD_KEY)
    settings = read({"LEADFLOW_STATE": str(tmp_path), "ENCRYPTION_KEY": KEY})
    assert settings.demand_encryption_key() == KEY


def test_the_demo_s_key_is_found_in_the_state_folder(tmp_path):
    (tmp_path / "encryption.key").write_text(f"{KEY}\n")
    assert read({"LEADFLOW_STATE": str(tmp_path)}).demand_encryption_key() == KEY


def test_without_a_key_nothing_is_sealed_under_one_that_everybody_knows(tmp_path):
    settings = read({"LEADFLOW_STATE": str(tmp_path)})
    with pytest.raises(SetupError, match=r"ENCRYPTION_KEY is not set; .*--new-key"):
        settings.demand_encryption_key()


def test_processes_count_in_the_state_folder():
    assert read({"LEADFLOW_STATE": "/x"}).metrics_folder == Path("/x/metrics")


@pytest.mark.parametrize("each", VARIABLES, ids=NAMES)
def test_a_variable_says_what_it_is_for(each):
    assert each.meaning.endswith(".")
