"""Rows as values, and rows that must be one of a kind."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
import msgspec

from leadflow.errors import ConflictError

Row = TypeVar("Row")


def one(row: Any, of: type[Row]) -> Row | None:
    """Read a row that may not be there."""
    return None if row is None else msgspec.convert(dict(row), of)


def each(rows: Iterable[Any], of: type[Row]) -> list[Row]:
    """Read all rows of an answer."""
    return [msgspec.convert(dict(row), of) for row in rows]


@asynccontextmanager
async def unique(what: str) -> AsyncIterator[None]:
    """Turn the refusal of a second `what` into words for whoever asked for it.

    Raises:
        ConflictError: there is one already. The transaction is lost.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise ConflictError(f"There is already {what}") from error
