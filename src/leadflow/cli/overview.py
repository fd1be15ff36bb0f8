"""What commands there are: for the list that `leadflow` alone shows, and for the parser."""

from typing import NamedTuple


class Command(NamedTuple):  # a Struct would double the time that `leadflow --help` takes
    """One command, or one group of them."""

    name: str
    target: str  # `module:attribute` inside `leadflow.cli`, imported when the command runs
    summary: str  # one line
    runs: bool = False  # a group that is a command, too


GROUPS: dict[str, tuple[Command, ...]] = {
    "Run": (
        Command("up", "running:up", "run everything: database, API and worker"),
        Command("serve", "running:serve", "run the API alone"),
        Command("worker", "running:worker", "run a worker alone"),
        Command("demo", "demo.command:demo", "run everything, with a small world and its leads"),
    ),
    "Work": (
        Command("leads", "leads:app", "import, list, show, explain and route leads"),
        Command("rules", "rules:app", "import and show a workspace's rules"),
        Command("agents", "agents:app", "import and list agents"),
        Command("keys", "keys:app", "create, list and revoke API keys"),
    ),
    "Operate": (
        Command("routing", "routing:app", "pause, switch, retry and show automatic routing"),
        Command("flags", "flags:app", "list and switch the installation's flags"),
        Command("decisions", "decisions:app", "take stored decisions again, and compare"),
        Command("db", "database:app", "migrate the database, or look at it"),
        Command("login-link", "running:print_login_link", "print a link that opens the console"),
        Command("check-env", "environment:check_env", "audit the settings"),
        Command("bench", "bench:app", "measure what this machine carries", runs=True),
    ),
}


def names() -> list[str]:
    """List the commands' names."""
    return [command.name for commands in GROUPS.values() for command in commands]


def overview() -> str:
    """Write the list of commands."""
    lines = ["leadflow: every lead gets exactly one owner, and you can read why.", ""]
    lines += ["Usage: leadflow COMMAND [ARGUMENTS]"]
    for title, commands in GROUPS.items():
        lines += ["", f"{title}:"]
        lines += [f"  {command.name:<11} {command.summary}" for command in commands]
    lines += [
        "",
        "`leadflow COMMAND --help` explains one.",
        "Exit codes: 0 done, 1 failed, 2 wrong usage or set-up, 130 Ctrl-C, 143 SIGTERM.",
    ]
    return "\n".join(lines) + "\n"
