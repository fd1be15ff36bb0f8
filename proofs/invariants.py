"""Invariants: what must be so afterwards, asked of the database."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from leadflow.core.lifecycle import WAYS, State
from leadflow.store.database import Connection
from leadflow.store.queries import split

HERE = Path(__file__).parent
SHOWN = 5  # rows of a broken invariant


class Broken(Struct, frozen=True):
    """What breaks an invariant."""

    rows: int
    examples: tuple[str, ...]


def statements() -> Mapping[str, str]:
    """Read the invariants, by name."""
    return split("invariants", (HERE / "invariants.sql").read_text(encoding="utf-8"))


async def prepare(connection: Connection) -> None:
    """Add the harness's own schema to a database that is up to date."""
    await connection.execute((HERE / "schema.sql").read_text(encoding="utf-8"))
    ways = {(_written(way.before), _written(way.after)) for way in WAYS if way.before is not None}
    await connection.copy_records_to_table("ways", records=sorted(ways), schema_name="proof")


async def check(connection: Connection) -> dict[str, Broken | None]:
    """Ask after every invariant. None: it holds."""
    found: dict[str, Broken | None] = {}
    for name, statement in statements().items():
        rows = await connection.fetch(statement)
        examples = tuple(
            ", ".join(f"{key} {value}" for key, value in row.items()) for row in rows[:SHOWN]
        )
        found[name] = Broken(len(rows), examples) if rows else None
    return found


def _written(state: State) -> str:
    return f"{state.status}/{state.routing_status}/{state.routing_result or '-'}"
