"""The way in: which command is meant, and what its end says to the shell."""

import os
import sys
from collections.abc import Sequence

from leadflow.cli.overview import overview

OK, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; what was asked for failed; wrong usage or set-up; stopped by Ctrl-C."""


def main() -> None:
    """Run the command that the process was started with, and end the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command, and give its exit code."""
    # The list of commands is asked for often, and by scripts: it does not wait for any import.
    if list(arguments) in ([], ["-h"], ["--help"], ["help"]):
        sys.stdout.write(overview())
        return OK
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output, `head` perhaps, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _run(arguments: Sequence[str]) -> int:
    from cyclopts import CycloptsError

    from leadflow.cli.commands import root
    from leadflow.cli.output import complain
    from leadflow.errors import LeadflowError, SetupError

    try:
        code = root()(arguments, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return UNUSABLE  # it has been said what is wrong
    except LeadflowError as error:
        complain(error)
        return UNUSABLE if isinstance(error, SetupError) else FAILED
    return code if isinstance(code, int) else OK
