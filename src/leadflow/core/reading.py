"""Take a submission apart: which member is which field, what is wrong, what is left over."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from leadflow.core.lead import JSON, Warned
from leadflow.core.normalise.text import storable
from leadflow.core.normalise.tree import MAX_DEPTH, MAX_NAME, is_name, tree
from leadflow.core.normalise.wrong import Wrong, not_a
from leadflow.errors import Problem

MAX_PROBLEMS: Final = 100  # more than anybody mends before sending again
MAX_EXTRA_FIELDS: Final = 64
MAX_EXTRA_BYTES: Final = 32_000  # as JSON, of all unknown fields together

T = TypeVar("T")


class Findings:
    """What reading one submission has turned up so far, within limits that no sender can pass."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Warned] = []
        self.extra: dict[str, JSON] = {}
        self._beyond = 0  # fields that there was no room for in `extra`

    def refuse(self, path: str, reason: str, expected: str) -> None:
        """Note something that keeps the submission from becoming a lead."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(storable(path), reason, expected))

    def warn(self, code: str, path: str, message: str) -> None:
        """Note something odd that does not."""
        self.warnings.append(Warned(code, path, message))

    def keep(self, path: str, value: JSON) -> bool:
        """Put a value aside under its path, as it was sent; False when it cannot be kept."""
        if len(self.extra) == MAX_EXTRA_FIELDS:
            self._beyond += 1
            return False
        kept = tree(value, MAX_EXTRA_BYTES)
        if isinstance(kept, Wrong):
            self.refuse(path, kept.reason, _KEEPABLE)
            return False
        self.extra[path] = kept
        return True

    def close(self) -> None:
        """Hold what was put aside against the limits on all of it together."""
        if self._beyond:
            reason = f"there are {MAX_EXTRA_FIELDS + self._beyond} unknown fields"
            self.refuse("", reason, f"at most {MAX_EXTRA_FIELDS} unknown fields")
        if self.extra and len(msgspec.json.encode(self.extra)) > MAX_EXTRA_BYTES:
            reason = "the unknown fields are too long together"
            self.refuse("", reason, f"at most {MAX_EXTRA_BYTES} bytes of them as JSON")


_KEEPABLE = (
    f"JSON of at most {MAX_EXTRA_BYTES} bytes, nested at most {MAX_DEPTH} deep, "
    f"with names of at most {MAX_NAME} characters and numbers of at most 64 bits"
)


class Part:
    """One object of a submission: what was sent for each field we know, by the field's name."""

    def __init__(self, path: str, findings: Findings) -> None:
        self.path = path
        self.findings = findings
        self.members: dict[str, tuple[str, JSON]] = {}  # field -> name as sent, value

    def __contains__(self, field: str) -> bool:
        return field in self.members

    def path_of(self, field: str) -> str:
        """Name a field as the sender wrote it; one that was not sent, as we would."""
        sent = self.members.get(field)
        return join(self.path, field if sent is None else sent[0])

    def value_of(self, field: str) -> JSON:
        """Give what was sent for a field, None if nothing was."""
        sent = self.members.get(field)
        return None if sent is None else sent[1]

    def take(self, field: str, read: Callable[[JSON], T | Wrong], expected: str) -> T | None:
        """Read a field that may be absent. What cannot be read is noted, and absent as well.

        The note never shows the value, so that this is right for personal data.
        """
        sent = self.members.get(field)
        if sent is None:
            return None
        found = read(sent[1])
        if isinstance(found, Wrong):
            self.findings.refuse(join(self.path, sent[0]), found.reason, expected)
            return None
        return found

    def put_aside(self, field: str, wrong: Wrong) -> None:
        """Keep what was sent for a field among the unknown fields, with a warning."""
        path = self.path_of(field)
        if self.findings.keep(path, self.value_of(field)):
            self.findings.warn("unknown_value", path, f"{wrong.reason}; kept as it was sent")


def open_part(value: JSON, path: str, spellings: Mapping[str, str], findings: Findings) -> Part:
    """Sort the members of an object into known fields and unknown ones.

    Null and blank text are absent: a form sends them for what was left empty.
    """
    part = Part(path, findings)
    if value is None:
        return part
    if not isinstance(value, Mapping):
        findings.refuse(path, not_a("an object", value).reason, "an object")
        return part
    for name, member in value.items():
        if member is None or (isinstance(member, str) and (not member or member.isspace())):
            continue
        field = spellings.get(name)
        if field is None:
            _keep_unknown(part, name, member)
        elif field in part.members:
            reason = f"is sent twice, as {part.members[field][0]} too"
            findings.refuse(join(path, name), reason, "each field once")
        else:
            part.members[field] = (name, member)
    return part


def _keep_unknown(part: Part, name: str, member: JSON) -> None:
    path = join(part.path, name)
    if not is_name(name):
        part.findings.refuse(
            path[: len(part.path) + MAX_NAME], "has a name we cannot keep", _KEEPABLE
        )
    elif part.findings.keep(path, member):
        part.findings.warn("unknown_field", path, "not a field we know; kept as it was sent")


def join(path: str, name: str) -> str:
    """Write the path of a member, as senders find it in their own JSON."""
    return f"{path}.{name}" if path else name
