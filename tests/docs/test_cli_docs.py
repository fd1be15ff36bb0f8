"""The reference pages on commands and settings say what the code does, because it writes them."""

import re
import subprocess
import sys

import pytest

from leadflow.cli.commands import root
from leadflow.cli.overview import names
from leadflow.cli.reference import PAGES, arguments, commands
from leadflow.settings import VARIABLES, read
from tests.docs.pages import code, rows, section, text


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_the_one_that_the_code_makes(page):
    assert text(f"reference/{page}.md") == PAGES[page]()


@pytest.mark.parametrize("page", PAGES)
def test_the_command_that_the_page_is_made_with_prints_it(page):
    ran = subprocess.run(
        [sys.executable, "-m", "leadflow.cli.reference", page],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout == PAGES[page]()


def test_every_command_is_on_the_page_and_no_other():
    headings = re.findall(r"^### (.*)$", text("reference/cli.md"), re.MULTILINE)
    assert headings == [words for words, _ in commands(root(), names())]


@pytest.mark.parametrize(
    ("words", "command"), [pytest.param(*each, id=each[0]) for each in commands(root(), names())]
)
def test_every_option_of_a_command_has_a_meaning(words, command):
    taken = [each.name for each in arguments(command)]
    part = section(text("reference/cli.md"), words)
    told = rows(part) if taken else []
    assert [code(row[0]) for row in told] == [[name] for name in taken]
    assert all(row[2] for row in told)


def test_every_variable_is_on_the_page_with_its_default():
    told = {code(row[0])[0]: row[1].strip("`") for row in rows(text("reference/settings.md"))}
    assert list(told) == [variable.name for variable in VARIABLES]
    given = {name: default for name, default in told.items() if default}
    assert read(given) == read({})


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_a_meaning_is_a_sentence(variable):
    assert variable.meaning[0].isupper()
    assert variable.meaning.endswith(".")
