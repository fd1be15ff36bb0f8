"""What a plan makes of a row: columns to fields, constants, and words that mean nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from leadflow.core import columns
from leadflow.core.lead import JSON
from leadflow.core.verticals import snake_case
from leadflow.errors import InputError, Problem


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file's rows become leads. A mapping file holds these fields by these names."""

    vertical: str | None = None  # of rows that do not say theirs
    source: str | None = None  # name of a source of the channel `batch`
    map: Mapping[str, str] = {}  # column, or name at the top of a JSON row -> field
    set: Mapping[str, str] = {}  # field -> its value in every row
    absent: Sequence[str] = ()  # values that stand for nothing, in any case


class Shape:
    """Makes the bodies that a plan asks for.

    Fields go by the names that `core.columns` knows, in a mapping as in a heading: `email`,
    `Zip Code`, `company`, or a path such as `contact_info.address.zip`.

    Args:
        plan: what is asked for.
        table: whether the reader has put columns where they belong; else names are mapped here.
    """

    def __init__(self, plan: Plan, *, table: bool) -> None:
        mapping = {} if table else plan.map
        self._map = [(name, columns.path(field)) for name, field in mapping.items()]
        constants = ((columns.path(field), value) for field, value in plan.set.items())
        self._set = [(target, value) for target, value in constants if target is not None]
        self._absent = frozenset(word.strip().casefold() for word in plan.absent)
        self._vertical = plan.vertical

    def apply(self, body: Mapping[str, JSON]) -> Mapping[str, JSON]:
        """Give the body that goes into the walk.

        Raises:
            InputError: a field cannot be set, for what stands above it is no object.
        """
        shaped = self._cleared(body) if self._absent else dict(body)
        for name, target in self._map:
            if name in shaped:
                value = shaped.pop(name)
                if target is not None:
                    _put(shaped, target, value)
        for constant, value in self._set:
            _put(shaped, constant, value)
        if self._vertical is not None and not shaped.get("vertical"):
            shaped["vertical"] = self._vertical
        return shaped

    def _cleared(self, body: Mapping[str, JSON]) -> dict[str, JSON]:
        """Leave out what stands for nothing."""
        return {
            name: self._cleared(value) if isinstance(value, Mapping) else value
            for name, value in body.items()
            if not (isinstance(value, str) and value.strip().casefold() in self._absent)
        }


def _put(body: dict[str, JSON], path: columns.Path, value: JSON) -> None:
    inside: dict[str, Any] = body
    for depth, field in enumerate(path[:-1], start=1):
        name = _as_sent(field, inside)
        below = inside.get(name, {})
        if not isinstance(below, Mapping):
            where = ".".join(path[:depth])
            expected = f"an object, for {'.'.join(path)} is set in it"
            problem = Problem(where, "is no object", expected)
            raise InputError("The row cannot be shaped", (problem,))
        inside[name] = dict(below)
        inside = inside[name]
    inside[_as_sent(path[-1], inside)] = value


def _as_sent(field: str, inside: Mapping[str, JSON]) -> str:
    """Find how the row spells a field: `contactInfo` is contact_info, and must not stand twice."""
    if field in inside:
        return field
    plain = snake_case(field)
    return next((name for name in inside if snake_case(name) == plain), field)
