"""Submissions that were refused: how many, and nothing else."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from leadflow.store.database import Connection
from leadflow.store.queries import load

SQL = load("refusals")

Day = tuple[UUID, date]
"""A workspace, and a day in UTC."""


async def count(connection: Connection, refused: Mapping[Day, int]) -> None:
    """Add to what has been counted. Equal days are taken in one order, so nobody waits for ever."""
    rows = [(*day, refused[day]) for day in sorted(refused)]
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(SQL["count"], *columns)
