"""The pages of the documentation, taken apart."""

import re
from pathlib import Path
from uuid import uuid4

import yaml

from leadflow.core.rulebook import parse, with_ids
from leadflow.lookups.tables import centre_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def text(page):
    """Read a page, named as `reference/rules.md`."""
    return (DOCS / page).read_text(encoding="utf-8")


def section(page, heading):
    """Return what stands under a heading, up to the next of its level or a higher one."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n", page, re.MULTILINE)
    assert found, f"there is no heading {heading}"
    rest = page[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(part, table=0):
    """Read one table of a part of a page: a list of cells for each row below the head."""
    found = re.findall(r"(?:^\|.*\n)+", f"{part}\n", re.MULTILINE)[table]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in found.splitlines()]
    return [[cell.strip() for cell in row] for row in cells[2:]]


def code(cell):
    """List what a cell has in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def names(part, table=0, column=0):
    """List what a table's column has in backticks."""
    return [name for row in rows(part, table) for name in code(row[column])]


def blocks(page, language):
    """List the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def parsed(document, *, version=1):
    """Read rules as they are put in force, with every destination that they name at hand.

    A destination `nowhere/...` is not there.
    """
    book = yaml.safe_load(document)
    to = [rule.get("to") for rule in book.get("rules", ())]
    at_hand = {name: uuid4() for name in to if name and not name.startswith("nowhere/")}
    book = with_ids(book, uuid4)
    return parse(
        book,
        workspace_id=uuid4(),
        version=version,
        destinations=at_hand,
        centre_of=centre_of,
    )
