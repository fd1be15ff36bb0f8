"""The way in: help, exit codes, and what goes where."""

import asyncio
import importlib.util
import os
import subprocess
import sys

import pytest

from leadflow.cli.commands import root
from leadflow.cli.overview import GROUPS, overview
from tests.cli.shells import SIGNALS, Said, ended

HEAVY = (
    *("aiohttp", "asyncpg", "granian", "jinja2", "litestar", "nameparser", "phonenumbers"),
    *("prometheus_client", "publicsuffixlist", "uvloop", "yaml", "zipcodes"),
)
COMMANDS = [
    command
    for group in GROUPS.values()
    for command in group
    if importlib.util.find_spec(f"leadflow.cli.{command.target.partition(':')[0].split('.')[0]}")
]


def leaves():
    """List every command in words: `leads import`."""
    app = root()
    for command in COMMANDS:
        inner = app[command.name]
        names = [name for name in inner if not name.startswith("-")] if _is_group(command) else []
        yield from ((command.name, name) for name in names)
        yield (command.name,)


def _is_group(command):
    return command.target.endswith(":app")


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"], ["help"]])
async def test_the_list_of_commands_is_shown(bare, words):
    assert await bare(*words) == Said(0, overview(), "")


async def test_the_list_names_every_command(bare):
    said = await bare()
    assert [command.name for group in GROUPS.values() for command in group] == [
        line.split()[0] for line in said.out.splitlines() if line.startswith("  ")
    ]


@pytest.mark.parametrize("words", [*leaves()], ids=" ".join)
async def test_help_explains_each_command(bare, words):
    said = await bare(*words, "--help")
    assert said.code == 0
    assert f"Usage: leadflow {' '.join(words)}" in said.out
    assert said.err == ""


def test_help_waits_for_no_import():
    asked = [[*words, "--help"] for words in leaves()]
    code = f"""
import sys
from leadflow.cli.entry import run
for words in {asked!r}:
    assert run(words) == 0
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


async def test_the_version_is_told(bare):
    assert (await bare("--version")).out.startswith("leadflow ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bogus"], 'there is no command "bogus", but up, serve'),
        (["leads", "bogus"], 'Unknown command "bogus"'),
        (["leads", "list", "--limit", "x"], "--limit"),
        (["leads", "list", "--limit", "0"], "--limit"),
        (["leads", "list", "--min-score", "101"], "--min-score"),
        (["leads", "list", "--status", "lost"], "--status"),
        (["leads", "show", "7"], "LEAD"),
        (["leads", "show"], "LEAD"),
        (["leads", "list", "--bogus"], "--bogus"),
        (["keys", "create", "a", "--days", "0"], "--days"),
        (["keys", "create", "a", "--scope", "all"], "--scope"),
        (["keys", "create", " "], "1 to 100 characters"),
        (["leads", "list", "--vertical", "boat"], "one of AUTO"),
        (["leads", "import", "f.csv", "--map", "x"], "column=field"),
        (["leads", "import", "f.csv", "--set", "x="], "field=value"),
        (["leads", "import", "f.csv", "--set", "a..b=c"], "names no field"),
        (["leads", "import", "f.csv", "--vertical", "boat"], "one of AUTO"),
        (["db", "psql", "--role", "root"], "--role"),
    ],
)
async def test_wrong_usage_is_one_sentence_on_stderr(bare, words, said):
    found = await bare(*words)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("error: ")
    assert said in found.err


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PORT": "http"}, "PORT wants a whole number from 1 to 65535, not 'http'"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL wants an address that begins with"),
        ({"ENCRYPTION_KEY": ""}, "`leadflow check-env --new-key` makes one"),
        ({"ENCRYPTION_KEY": "short"}, "is not 32 bytes in base64"),
    ],
)
@pytest.mark.parametrize("words", [["leads", "list"], ["up"]], ids=" ".join)
async def test_a_setting_that_cannot_be_used_is_named(bare, monkeypatch, words, variables, said):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if words == ["up"]:  # it prepares the metrics of its process, which can be done once only
        found = await bare.ran(*words, **os.environ)
    else:
        found = await bare(*words)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


async def test_a_database_that_is_away_is_a_failure(bare, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    found = await bare("keys", "list")
    assert (found.code, found.out) == (1, "")
    assert "the database is not reachable" in found.err


async def test_a_reader_who_has_had_enough_is_no_error(bare):
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leadflow.cli"),
        env=bare.environment,
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(writing)
    os.close(reading)
    said = await ended(process)
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize("name", SIGNALS)
async def test_a_signal_ends_a_command_with_its_code(bare, tmp_path, name):
    number, code = SIGNALS[name]
    pipe = tmp_path / "leads.csv"
    os.mkfifo(pipe)
    async with bare.started("leads", "import", pipe) as process:
        with await asyncio.to_thread(pipe.open, "wb"):  # it is there when somebody reads
            process.send_signal(number)
            said = await ended(process)
    assert (said.code, said.out, said.err) == (code, "", "")
