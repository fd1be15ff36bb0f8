"""What can be wrong with how a command was called."""

from leadflow.errors import InputError, Problem


class UsageError(InputError):
    """What was typed cannot be meant."""


def unfit(option: str, reason: str, expected: str) -> UsageError:
    """Say what is wrong with one option."""
    return UsageError("The command does not fit", (Problem(option, reason, expected),))
