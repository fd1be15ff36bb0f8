"""The reference pages on metrics and logs say what the code does, because it writes them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leadflow.telemetry.reference import PAGES, logs_page
from leadflow.telemetry.vocabulary import ENVELOPE, EVENTS, FIELDS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_the_one_that_the_catalogue_makes(page):
    assert (REFERENCE / f"{page}.md").read_text(encoding="utf-8") == PAGES[page]()


@pytest.mark.parametrize("page", PAGES)
def test_the_command_that_the_page_is_made_with_prints_it(page):
    ran = subprocess.run(
        [sys.executable, "-m", "leadflow.telemetry.reference", page],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout == PAGES[page]()


@pytest.mark.parametrize("page", PAGES)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(page):
    for table in re.findall(r"(?:^\|.*\n)+", PAGES[page](), re.MULTILINE):
        assert len({row.count("|") for row in table.splitlines()}) == 1


def test_the_line_shown_as_an_example_could_have_been_written():
    [example] = re.findall(r"```json\n(.*)\n```", logs_page())
    line = json.loads(example)
    assert set(line) <= set(FIELDS) | {field.name for field in ENVELOPE}
    assert line["event_name"] in EVENTS
