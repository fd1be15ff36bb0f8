"""The core decides; it never waits and never asks the outside world."""

import ast
from pathlib import Path

import pytest

import leadflow.core

CORE = Path(leadflow.core.__file__).parent
MODULES = sorted(CORE.rglob("*.py"))
OUTSIDE = (
    *("asyncio", "concurrent", "logging", "multiprocessing", "os", "pathlib", "random", "secrets"),
    *("selectors", "shutil", "signal", "sqlite3", "subprocess", "tempfile", "threading", "time"),
    *("http", "imaplib", "smtplib", "socket", "ssl", "urllib.request"),
    *("aiohttp", "asyncpg", "granian", "litestar", "structlog"),
)
CALLS_THAT_REACH_OUT = ("breakpoint", "eval", "exec", "input", "open", "print")


def offences(source):
    """List what would make a module impure, each as `line: what`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith() | ast.Await():
                found.append(f"{node.lineno}: async")
            case ast.comprehension(is_async=1):
                found.append(f"{node.target.lineno}: async")
            case ast.Import(names=names):
                found += [f"{node.lineno}: {name.name}" for name in names if outside(name.name)]
            case ast.ImportFrom(module=str(module), names=names):
                found += [
                    f"{node.lineno}: {module}" for name in names if outside(module, name.name)
                ]
            case ast.Call(func=ast.Name(id=name)) if name in CALLS_THAT_REACH_OUT:
                found.append(f"{node.lineno}: {name}()")
    return found


def outside(*names):
    return f"{'.'.join(names)}.".startswith(tuple(f"{module}." for module in OUTSIDE))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(CORE).as_posix())
def test_a_core_module_is_pure(module):
    assert offences(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "async def wait(): pass",
        "async def f():\n    await g()",
        "async def f():\n    return [x async for x in y]",
        "import time",
        "import os.path",
        "from asyncio import sleep",
        "from urllib import request",
        "def f():\n    import socket",
        "open('leads.csv')",
    ],
)
def test_the_check_sees_what_it_looks_for(source):
    assert offences(source)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\n\ndef f(now: datetime): return now",
        "from urllib.parse import urlsplit",
        "import timeit_of_ours",
    ],
)
def test_plain_code_passes_the_check(source):
    assert offences(source) == []
