"""`leadflow` with one guard broken: `PROOFS_BREAK=GUARD python -m proofs.broken serve`.

The API's children begin by importing the module that their parent was started by, so that they are
broken in the same way. To import it is to break: nobody else does.
"""

import os
from collections.abc import Mapping

from leadflow.store import queries
from proofs.guards import GUARDS, VARIABLE, break_statements

_load = queries.load


def _broken(module: str) -> Mapping[str, str]:
    return break_statements(module, _load(module), GUARDS[os.environ[VARIABLE]])


queries.load = _broken  # type: ignore[assignment]  # before any module of the store reads its own

if __name__ == "__main__":
    from leadflow.cli import main

    main()
