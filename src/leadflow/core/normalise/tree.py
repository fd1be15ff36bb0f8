"""JSON of any shape, made storable."""

from collections.abc import Mapping
from typing import Final

import msgspec

from leadflow.core.lead import JSON
from leadflow.core.normalise.text import fits, is_storable, storable
from leadflow.core.normalise.wrong import Wrong

MAX_DEPTH: Final = 8
MAX_NAME: Final = 100  # characters of a member's name


def tree(value: JSON, max_bytes: int, *, depth: int = MAX_DEPTH) -> JSON | Wrong:
    """Read any JSON as it is, less the characters that cannot be stored in its texts.

    Refused are numbers that JSON cannot keep, names with such characters, and what is nested
    deeper than `depth` lists and objects or longer than `max_bytes` as JSON.
    """
    copied = _copy(value, depth)
    if not isinstance(copied, Wrong) and len(msgspec.json.encode(copied)) > max_bytes:
        return Wrong(f"is longer than {max_bytes} bytes as JSON")
    return copied


def _copy(value: JSON, depth: int) -> JSON | Wrong:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int | float):
        return value if fits(value) else Wrong("has a number in it that JSON cannot keep")
    if value is None:
        return None
    if depth == 0:
        return Wrong("is nested too deeply")
    if isinstance(value, Mapping):
        return _copy_object(value, depth - 1)
    items = []
    for item in value:
        copied = _copy(item, depth - 1)
        if isinstance(copied, Wrong):
            return copied
        items.append(copied)
    return items


def _copy_object(value: Mapping[str, JSON], depth: int) -> dict[str, JSON] | Wrong:
    members: dict[str, JSON] = {}
    for name, member in value.items():
        if not is_name(name):
            return Wrong("has a member in it whose name cannot be kept")
        copied = _copy(member, depth)
        if isinstance(copied, Wrong):
            return copied
        members[name] = copied
    return members


def is_name(name: str) -> bool:
    """Tell whether a name can be kept: short, and with nothing in it that cannot be stored."""
    return len(name) <= MAX_NAME and is_storable(name)
