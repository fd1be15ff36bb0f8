"""What a plan makes of a row: columns to fields, constants, and words that mean nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from leadflow.core.columns import IGNORED
from leadflow.core.lead import JSON
from leadflow.errors import InputError, Problem


class Plan(Struct, frozen=True, kw_only=True):
    """How a file's rows become leads. A mapping file holds these fields by these names."""

    vertical: str | None = None  # of rows that do not say theirs
    source: str | None = None  # name of a source of the channel `batch`
    map: Mapping[str, str] = {}  # column, or name at the top of a JSON row -> path of a field
    set: Mapping[str, str] = {}  # path of a field -> its value in every row
    absent: Sequence[str] = ()  # values that stand for nothing, in any case


class Shape:
    """Makes the bodies that a plan asks for.

    Args:
        plan: what is asked for.
        columns: whether the reader has put columns where they belong; else names are mapped here.
    """

    def __init__(self, plan: Plan, *, columns: bool) -> None:
        self._map = {} if columns else plan.map
        self._set = [(tuple(path.split(".")), value) for path, value in plan.set.items()]
        self._absent = frozenset(word.strip().casefold() for word in plan.absent)
        self._vertical = plan.vertical

    def apply(self, body: Mapping[str, JSON]) -> Mapping[str, JSON]:
        """Give the body that goes into the walk.

        Raises:
            InputError: a field cannot be set, for what stands above it is no object.
        """
        shaped = self._cleared(body) if self._absent else dict(body)
        for name, path in self._map.items():
            if name in shaped:
                value = shaped.pop(name)
                if path != IGNORED:
                    _put(shaped, tuple(path.split(".")), value)
        for target, constant in self._set:
            _put(shaped, target, constant)
        if self._vertical is not None:
            shaped.setdefault("vertical", self._vertical)
        return shaped

    def _cleared(self, body: Mapping[str, JSON]) -> dict[str, JSON]:
        """Leave out what stands for nothing."""
        return {
            name: self._cleared(value) if isinstance(value, Mapping) else value
            for name, value in body.items()
            if not (isinstance(value, str) and value.strip().casefold() in self._absent)
        }


def _put(body: dict[str, JSON], path: tuple[str, ...], value: JSON) -> None:
    inside: dict[str, Any] = body
    for depth, name in enumerate(path[:-1], start=1):
        below = inside.get(name, {})
        if not isinstance(below, Mapping):
            where = ".".join(path[:depth])
            expected = f"an object, for {'.'.join(path)} is set in it"
            problem = Problem(where, "is no object", expected)
            raise InputError("The row cannot be shaped", (problem,))
        inside[name] = dict(below)
        inside = inside[name]
    inside[path[-1]] = value
