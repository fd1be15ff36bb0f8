"""Lists, page by page. A cursor stands for the last row seen, so that new rows shift nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from leadflow.errors import InputError, Problem

Item = TypeVar("Item")

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="rows a page")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=64,
        description="`next_cursor` of the page before",
        schema_extra={"pattern": "^[A-Za-z0-9_-]{22}$"},  # which `read_cursor` says in words
    ),
]


class Page(Struct, Generic[Item], frozen=True):
    """A part of a list."""

    items: Sequence[Item]
    next_cursor: Annotated[str | None, Meta(description="null on the last page")]


def page_of(rows: Sequence[Item], limit: int, id_of: Callable[[Item], UUID]) -> Page[Item]:
    """Make a page of rows, of which one more than `limit` was asked for."""
    shown = rows[:limit]
    return Page(shown, write_cursor(id_of(shown[-1])) if len(rows) > limit else None)


def write_cursor(row_id: UUID) -> str:
    """Stand for a row."""
    return base64.urlsafe_b64encode(row_id.bytes).rstrip(b"=").decode()


def read_cursor(cursor: str | None) -> UUID | None:
    """Find the row that a cursor stands for.

    Raises:
        InputError: it is not one of ours.
    """
    if cursor is None:
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (binascii.Error, ValueError) as error:
        problem = Problem("cursor", "is no cursor", "next_cursor of an earlier page")
        raise InputError("The cursor is not one of ours", (problem,)) from error
