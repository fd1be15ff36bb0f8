"""Commands, addresses and settings that any page names are there."""

import re
from importlib import import_module

import msgspec
import pytest

from leadflow import settings
from leadflow.api.docs import get_docs, get_openapi
from leadflow.api.openapi import document
from leadflow.cli.overview import GROUPS
from tests.docs.pages import DOCS, ROOT

PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
COMMANDS = {command.name: command.target for group in GROUPS.values() for command in group}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def code_of(page):
    """Give what a page has in code: in backticks, and in blocks."""
    whole = page.read_text(encoding="utf-8")
    return re.findall(r"`[^`\n]+`|^```.*?^```", whole, re.DOTALL | re.MULTILINE)


def exists(command, following):
    """Tell whether there is a command, and of a group the one that follows."""
    target = COMMANDS.get(command)
    if target is None or not target.endswith(":app"):
        return target is not None
    if not following:
        return True
    module, _, name = target.partition(":")
    return following in list(getattr(import_module(f"leadflow.cli.{module}"), name))


@each_page
def test_commands_exist(page):
    named = re.findall(
        r"\bleadflow (?!is\b|has\b)([a-z][a-z-]+)(?: ([a-z]+)\b)?", "\n".join(code_of(page))
    )
    assert [each for each in named if not exists(*each)] == []


def addresses():
    """Make a pattern of every address there is."""
    told = msgspec.to_builtins(document())["paths"]
    pages = {path for handler in (get_docs, get_openapi) for path in handler.paths}
    varying = (re.sub(r"\{[^}]*}", "[^/]+", path) for path in {*told, *pages})
    return re.compile("|".join(varying))


@each_page
def test_addresses_exist(page):
    named = re.findall(
        r"(?:[A-Z]+ |127\.0\.0\.1:\d+|`)(/(?:api|health|metrics|docs|openapi)[\w/{}$.-]*)",
        "\n".join(code_of(page)),
    )
    assert [each for each in named if not addresses().fullmatch(each)] == []


@each_page
def test_settings_exist(page):
    known = {variable.name for variable in settings.VARIABLES}
    ours = re.findall(r"\bLEADFLOW_[A-Z_]+\b", page.read_text(encoding="utf-8"))
    assert set(ours) <= known
