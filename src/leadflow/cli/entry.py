"""The way in: which command is meant, and what its end says to the shell."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from leadflow.cli.overview import names, overview

OK, FAILED, UNUSABLE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
"""Exit codes: done; what was asked for failed; wrong usage or set-up; Ctrl-C; SIGTERM."""


def main() -> None:
    """Run the command that the process was started with, and end the process.

    SIGTERM ends it as Ctrl-C does: in order, so that no server of ours stays behind.
    """
    told: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        told.append(number)
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):  # a shell has its background jobs ignore Ctrl-C
            raise KeyboardInterrupt
        interrupt(signal.SIGINT, frame)

    signal.signal(signal.SIGTERM, end)
    code = run(sys.argv[1:])
    sys.exit(TERMINATED if told and code == INTERRUPTED else code)


def run(arguments: Sequence[str]) -> int:
    """Run one command, and give its exit code."""
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output, `head` perhaps, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


def _run(arguments: Sequence[str]) -> int:
    # The list of commands is asked for often, and by scripts: it does not wait for any import.
    first = arguments[0] if arguments else "help"
    if first in ("-h", "--help", "help"):
        sys.stdout.write(overview())
        return OK
    if not first.startswith("-") and first not in names():
        # The parser would import every command there is before it says so.
        sys.stderr.write(f'error: there is no command "{first}", but {", ".join(names())}\n')
        return UNUSABLE
    return _run_command(arguments)


def _run_command(arguments: Sequence[str]) -> int:
    from cyclopts import CycloptsError

    from leadflow.cli.commands import root
    from leadflow.cli.output import complain
    from leadflow.cli.usage import UsageError
    from leadflow.errors import LeadflowError, SetupError

    try:
        code = root()(
            arguments, exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        complain(UsageError(" ".join(str(error).split())))
        return UNUSABLE
    except LeadflowError as error:
        complain(error)
        return UNUSABLE if isinstance(error, SetupError | UsageError) else FAILED
    return code if isinstance(code, int) else OK
