"""The tutorials work: their commands are typed as they stand, and show what is said they show."""

import re
from contextlib import AsyncExitStack

import pytest

from tests.docs.installation import free_port, needs_curl
from tests.docs.pages import text
from tests.docs.terminal import Terminal, pattern_of

PAGES = ("tutorial/first-leads.md", "tutorial/your-first-rulebook.md")
PORTS = ("3000", "8080")  # as the pages have them
COMMANDS = "commands"  # the terminal that is meant where none is named
LOOKING = re.compile(r"leadflow leads (?:list|show|explain)\b.*\n")
LOOKS = 20

STEP = re.compile(
    r"^<!-- (?P<order>terminal|stop): (?P<whom>[^>]+) -->$"
    r"|save (?:it|this) as `(?P<file>[^`]+)`:"
    r"|^```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)


@pytest.mark.slow
@needs_curl
@pytest.mark.parametrize("name", PAGES)
async def test_every_command_does_what_the_tutorial_says(folder, environment, name):
    page = text(name)
    ports = {port: str(free_port()) for port in PORTS}
    for port, free in ports.items():
        page = re.sub(rf'(127\.0\.0\.1(?:", |:)){port}\b', rf"\g<1>{free}", page)
    environment["PORT"] = ports["3000"]
    async with AsyncExitStack() as terminals:
        await Reader(folder, environment, terminals).follow(page)


class Reader:
    """Does what the page asks a reader to do, from top to bottom."""

    def __init__(self, folder, environment, closing):
        self._folder = folder
        self._environment = environment
        self._closing = closing
        self._terminals = {}
        self._at = COMMANDS
        self._file = None
        self._typed = ""
        self._printed = ""

    async def follow(self, page):
        for step in STEP.finditer(page):
            match step["order"], step["language"]:
                case "terminal", _:
                    self._at = step["whom"]
                case "stop", _:
                    for name in step["whom"].split(", "):
                        await self._terminals[name].interrupt()
                case _, None:
                    self._file = step["file"]
                case _, "sh":
                    pass  # the demo, and where this folder is
                case _, "console":
                    await self._type(step["body"])
                case _ if self._file is not None:
                    (self._folder / self._file).write_text(step["body"], encoding="utf-8")
                    self._file = None
                case _:
                    await self._expect(step["body"])

    async def _type(self, commands):
        terminal = await self._terminal()
        if self._at == COMMANDS:
            self._typed = commands
            self._printed = await terminal.run(commands)
        else:
            await terminal.begin(commands)
            self._at = COMMANDS

    async def _expect(self, shown):
        """See that what is shown was printed; by what goes on running, sooner or later.

        A reader who looks at a lead before its delivery is written down looks again.
        """
        terminal, pattern = await self._terminal(), pattern_of(shown)
        if self._at != COMMANDS:
            await terminal.until(pattern)
            self._at = COMMANDS
            return
        for _ in range(LOOKS if LOOKING.fullmatch(self._typed) else 1):
            if pattern.search(self._printed):
                return
            self._printed = await terminal.run(self._typed)
        pytest.fail(f"{shown}\nis not in\n\n{self._printed}")

    async def _terminal(self):
        if self._at not in self._terminals:
            terminal = Terminal(self._folder, self._environment)
            self._terminals[self._at] = await self._closing.enter_async_context(terminal)
        return self._terminals[self._at]
