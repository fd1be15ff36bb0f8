"""SQL kept in files, one named statement each, to be read by anyone who knows SQL."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

NAME = "-- name: "


@cache
def load(module: str) -> Mapping[str, str]:
    """Read `sql/<module>.sql` into statements by name.

    A statement begins at its `-- name:` line and ends where the next one begins. The comments
    after the name travel with it, so that they show in the server's own statistics.
    """
    file = files("leadflow.store") / "sql" / f"{module}.sql"
    return split(module, file.read_text(encoding="utf-8"))


def split(module: str, text: str) -> Mapping[str, str]:
    """Take a file's text apart.

    Raises:
        KeyError: two of its statements have one name.
    """
    _, *parts = text.split(NAME)
    statements: dict[str, str] = {}
    for part in parts:
        name, _, statement = part.partition("\n")
        if name.strip() in statements:
            raise KeyError(f"{module}.sql names {name.strip()} twice")
        statements[name.strip()] = f"{NAME}{module}.{name.strip()}\n{statement.strip()}"
    return MappingProxyType(statements)


def modules() -> tuple[str, ...]:
    """Name every SQL file there is, sorted."""
    folder = files("leadflow.store") / "sql"
    return tuple(sorted(file.name.removesuffix(".sql") for file in folder.iterdir()))
