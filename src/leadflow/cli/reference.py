"""The reference pages on commands and settings, made from the parser and from what reads settings.

`python -m leadflow.cli.reference cli > docs/reference/cli.md`, and so with `settings`.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from cyclopts import App
from cyclopts.argument import Argument

from leadflow.cli.audit import as_written
from leadflow.cli.commands import root
from leadflow.cli.overview import GROUPS
from leadflow.settings import VARIABLES, Variable

CLI_PAGE = """\
# Commands

```text
leadflow COMMAND [ARGUMENTS]
```

`leadflow` alone lists the commands, and `leadflow COMMAND --help` explains one. They go by the
[settings](settings.md), and work on the database directly: none needs the API to run. Without
`DATABASE_URL` they use leadflow's own PostgreSQL in `LEADFLOW_STATE`; if it does not run, they
start it, and stop it when they end.

Results are on stdout; progress, remarks and errors are on stderr. With `--json` the result is JSON.

| exit code | means |
|---|---|
| 0 | done |
| 1 | what was asked for failed, or is not so |
| 2 | wrong usage, or a setting that has to be changed |
| 130 | stopped by Ctrl-C |
| 143 | stopped by SIGTERM |

`up`, `serve`, `worker` and `demo` run until they are told to stop, and then end with 0.

{commands}"""

SETTINGS_PAGE = """\
# Settings

Settings are environment variables, read when a process starts. One that is set to nothing counts
as not set. What cannot be used is said by every command, all of it at once; `leadflow check-env`
audits every setting and tries the database.

{settings}
## Kept in the state folder

| file | holds |
|---|---|
| `encryption.key` | the key that the demo makes; it holds where `ENCRYPTION_KEY` is not set |
| `postgres`, `postgres.*` | leadflow's own PostgreSQL: data, password, port, who uses it |
| `metrics` | what the processes of this machine have counted since they were started |
| `demo.log` | the log of the demo |
"""

_PARAGRAPHS = re.compile(r"\n\s*\n")


def cli_page() -> str:
    """Write `docs/reference/cli.md`."""
    app = root()
    sections = [
        f"## {title}\n\n{''.join(_sections(app, [command.name for command in commands]))}"
        for title, commands in GROUPS.items()
    ]
    return CLI_PAGE.format(commands="".join(sections)).rstrip() + "\n"


def settings_page() -> str:
    """Write `docs/reference/settings.md`."""
    rows = ((f"`{each.name}`", _default_of(each), each.meaning) for each in VARIABLES)
    return SETTINGS_PAGE.format(settings=_table(("variable", "default", "meaning"), rows))


PAGES: Mapping[str, Callable[[], str]] = {"cli": cli_page, "settings": settings_page}


def commands(app: App, names: Iterable[str]) -> Iterator[tuple[str, App]]:
    """Go through commands and those inside of them: `leads import`."""
    for name in names:
        command = app[name]
        inner = [each for each in command if not each.startswith("-")]
        does = command.default_command
        if does is not None and does not in [command[each].default_command for each in inner]:
            yield name, command
        yield from ((f"{name} {each}", found) for each, found in commands(command, inner))


def arguments(command: App) -> list[Argument]:
    """List what a command takes, without what is for our own processes only."""
    return [each for each in command.assemble_argument_collection() if each.show]


def _sections(app: App, names: Iterable[str]) -> Iterator[str]:
    for words, command in commands(app, names):
        taken = arguments(command)
        told, meanings = _docstring(command.help)
        usage = " ".join(["leadflow", words, *_usage(taken)])
        yield f"### {words}\n\n```text\n{usage}\n```\n\n{told}\n\n"
        if taken:
            rows = ((f"`{each.name}`", _values(each), meanings[_field(each)]) for each in taken)
            yield _table(("argument", "values", "meaning"), rows) + "\n"


def _usage(taken: Sequence[Argument]) -> Iterator[str]:
    if any(each.name.startswith("--") for each in taken):
        yield "[OPTIONS]"
    for each in taken:
        if not each.name.startswith("--"):
            yield each.name if each.required else f"[{each.name}...]"


def _values(taken: Argument) -> str:
    """Say what there is to choose from, what holds without a choice, and if it may be repeated."""
    words = []
    if choices := taken.get_choices():
        words.append(", ".join(f"`{choice}`" for choice in choices))
    default = taken.field_info.default
    if isinstance(default, tuple):
        words.append("may be repeated")
        if default:
            words.append(f"default {' '.join(f'`{each}`' for each in default)}")
    elif default not in (None, False, taken.field_info.empty):
        words.append(f"default `{default}`")
    return "; ".join(words)


def _field(taken: Argument) -> str:
    return taken.name.removeprefix("--").replace("-", "_").lower()


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """Give what a docstring tells, and what it says of each argument."""
    told, _, rest = text.partition("\n    Args:\n")
    paragraphs = (" ".join(each.split()) for each in _PARAGRAPHS.split(told))
    meanings: dict[str, str] = {}
    for line in rest.splitlines():
        named = re.match(r" {8}(\w+): (.*)", line)
        if named is not None:
            meanings[named[1]] = named[2]
        elif meanings and line.strip():
            last = next(reversed(meanings))
            meanings[last] += f" {line.strip()}"
    return "\n\n".join(each for each in paragraphs if each), meanings


def _default_of(variable: Variable) -> str:
    if variable.default is None or variable.default == ():
        return ""
    return f"`{as_written(variable.default)}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(line)} |\n" for line in (head, *rows)]
    return "".join([lines[0], f"|{'---|' * len(head)}\n", *lines[1:]])


if __name__ == "__main__":
    sys.stdout.write(PAGES[sys.argv[1]]())
