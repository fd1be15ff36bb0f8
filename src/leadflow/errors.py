"""Every error leadflow raises on purpose, sorted by who can act on it.

What the business expects (a refused lead, a duplicate, a full destination) is a value, not
an error: see `core.outcome`. What stands here stops the work it is raised in.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from msgspec import Struct


class Problem(Struct, frozen=True):
    """One thing that is wrong with an input, said so that its sender can mend it."""

    field: str  # path as the sender wrote it: `contact_info.email`, `rules[3].if.state`
    reason: str  # what was seen: `"abc" is not a number`
    expected: str  # what would have been taken: `a whole number from 1 to 9`


ErrorCode = Literal[
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "conflict",
    "duplicate",
    "idempotency_conflict",
    "too_large",
    "unsupported_media_type",
    "rate_limited",
    "unavailable",
    "internal",
]


class LeadflowError(Exception):
    """Say in one sentence what happened, naming the thing and what was seen."""

    code: ErrorCode = "internal"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InputError(LeadflowError):
    """The caller sent something that cannot be done; sending it again will not help."""

    code: ErrorCode = "invalid"

    def __init__(
        self, message: str, problems: Sequence[Problem] = (), *, code: ErrorCode | None = None
    ) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        if code is not None:
            self.code = code


class NotFoundError(InputError):
    """The thing the caller names does not exist, or is another tenant's."""

    code: ErrorCode = "not_found"


class ConflictError(InputError):
    """The request is well formed, and the present state does not allow it."""

    code: ErrorCode = "conflict"


class SetupError(LeadflowError):
    """The operator must change a setting, a key or an installation."""


class OutsideError(LeadflowError):
    """Something leadflow depends on did not do its part."""


class TemporaryError(OutsideError):
    """The same call may succeed later."""

    code: ErrorCode = "unavailable"

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ContendedError(TemporaryError):
    """Somebody else was faster or held a row too long; nothing was written, so try again."""


class PermanentError(OutsideError):
    """The same call will fail again."""
