"""The parser of all commands. Each is imported when it is used."""

from cyclopts import App, Parameter

from leadflow import __version__
from leadflow.cli.overview import GROUPS, Command


def root() -> App:
    """Make the parser."""
    app = App(
        name="leadflow",
        help="Every lead gets exactly one owner, and you can read why.",
        version=f"leadflow {__version__}",
        version_flags=("--version", "-V"),
        suppress_keyboard_interrupt=False,  # our exit code says it
        help_format="markdown",
        default_parameter=Parameter(negative=(), show_default=_default),
    )
    for title, commands in GROUPS.items():
        for command in commands:
            app.command(
                f"leadflow.cli.{command.target}",
                name=command.name,
                help=_sentence(command.summary) if _is_group_only(command) else None,
                group=title,
            )
    return app


def _is_group_only(command: Command) -> bool:
    """Tell whether this is nothing but a group; what can run brings its own help."""
    return command.target.endswith(":app") and not command.runs


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


def _default(value: object) -> str | None:
    """Show a default that says something: not that a flag is not set, or that a list is empty."""
    if value is False or value is None or value == ():
        return None
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
