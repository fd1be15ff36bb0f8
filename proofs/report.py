"""What a run says: how far it is, its figures, and every invariant."""

from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

from proofs.invariants import Broken

Tell = Callable[[str], None]


def show_figures(console: Console, figures: Mapping[str, int]) -> None:
    """Print what was done, and what it made."""
    table = Table("what", "many", title="figures")
    table.columns[1].justify = "right"
    for what, many in figures.items():
        table.add_row(what, f"{many:,}")
    console.print(table)


def show_invariants(console: Console, found: Mapping[str, Broken | None]) -> None:
    """Print each invariant with `holds`, or with rows that break it."""
    table = Table("invariant", "is", title="invariants")
    for name, broken in found.items():
        table.add_row(name, "holds" if broken is None else _shown(broken))
    console.print(table)


def _shown(broken: Broken) -> str:
    more = broken.rows - len(broken.examples)
    return "\n".join(
        (f"BROKEN by {broken.rows} rows", *broken.examples, *([f"and {more} more"] if more else ()))
    )
