"""Quiet: the state of a server whose loads are over."""

import asyncpg


async def settle(database: str) -> None:
    """Have the server do now what it would do in the minutes after a load."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
