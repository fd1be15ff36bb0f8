"""`leadflow check-env`: what the settings are, what is wrong with them, what they lead to."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from leadflow.cli.output import remark, say, say_json, say_table

if TYPE_CHECKING:
    from leadflow.cli.audit import Audit


def check_env(*, new_key: bool = False, json: bool = False) -> int:
    """Audit every setting, and try the database. Exit code 2 when something has to be changed.

    Args:
        new_key: print a new key for ENCRYPTION_KEY, and do nothing else.
        json: print JSON.
    """
    from leadflow.cli.audit import audit
    from leadflow.store import seal

    if new_key:
        say(seal.new_key())
        return 0
    found = audit(os.environ)
    if json:
        say_json(found)
    else:
        _print(found)
    return 0 if found.usable else 2


def _print(found: "Audit") -> None:
    rows = ((each.name, each.state, each.value or "-") for each in found.variables)
    say_table(("variable", "state", "value"), rows)
    if found.database is not None:
        say(f"\ndatabase: {found.database.server}, {found.database.state}")
    for name in found.set_but_not_read:
        remark(f"{name} is set, and this release does not read it yet")
    for problem in _problems(found):
        remark(problem)


def _problems(found: "Audit") -> Iterator[str]:
    for each in found.variables:
        if each.problem:
            yield f"{each.name}: {each.problem}"
    if found.database is not None and found.database.problem:
        yield f"database: {found.database.problem}"
