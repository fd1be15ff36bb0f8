"""What commands say: results on stdout, everything else on stderr."""

import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leadflow.errors import InputError, LeadflowError, Problem

WIDEST = 500  # characters of a table's row, where no terminal sets a limit


@cache
def terminal() -> Console:
    """Give where people read: stderr."""
    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Write a result, as it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """Write a result for a script: indented JSON."""
    say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def say_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a result as a table: on a terminal as wide as that is, else with whole cells."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else WIDEST, highlight=False)
    console.print(table)


def plural(count: int, noun: str) -> str:
    """Count something in words: `1 rule`, `2 rules`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def remark(text: str) -> None:
    """Say something that is no result."""
    terminal().print(Text(text), soft_wrap=True)


def complain(error: LeadflowError) -> None:
    """Say what went wrong: one sentence, and a line for each problem."""
    message = Text.assemble(("error: ", "bold red"), error.message)
    terminal().print(message, soft_wrap=True)
    if isinstance(error, InputError):
        for problem in error.problems:
            terminal().print(Text(f"  {in_words(problem)}"), soft_wrap=True)


def in_words(problem: Problem) -> str:
    """Say one problem in a line: where, what was seen, and what was wanted."""
    where = f"{problem.field}: " if problem.field else ""
    return f"{where}{problem.reason}; wanted: {problem.expected}"
