"""The guide to imports: each command is typed, and prints what the page shows."""

import re

import pytest

from tests.docs.pages import text
from tests.docs.terminal import Terminal, pattern_of

STEP = re.compile(r"^```console\n(.*?)^```\n\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
GUIDE = text("guides/import-leads.md")


@pytest.mark.slow
async def test_every_command_prints_what_the_guide_shows(installation):
    steps = STEP.findall(GUIDE)
    assert len(steps) == GUIDE.count("```console")
    async with Terminal(installation.folder, installation.environment) as terminal:
        for commands, shown in steps:
            printed = await terminal.run(commands)
            assert pattern_of(shown).search(printed), f"{commands}\nprints\n{printed}"
