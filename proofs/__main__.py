"""Prove under crashes that ownership is exact: about a minute, or five with --long.

Workers and API processes are killed while leads come in; then the database is asked, by the
statements in `proofs/invariants.sql`, whether any lead was lost, sold twice, or sold beyond a cap.
"""

import asyncio
import secrets
import sys
from typing import Annotated

from cyclopts import App, Parameter
from msgspec.structs import replace
from rich.console import Console

from proofs import plan as plans
from proofs.guards import GUARDS
from proofs.plan import Plan
from proofs.report import show_figures, show_invariants
from proofs.run import Verdict, prove

app = App(name="python -m proofs", help=__doc__)
console = Console(soft_wrap=True, highlight=False)
OK, FAILED, UNUSABLE = 0, 1, 2


@app.default
def main(
    *,
    long: bool = False,
    seed: int | None = None,
    leads: int | None = None,
    kills: int | None = None,
    guard: Annotated[str | None, Parameter(name="--break")] = None,
) -> None:
    """Run, and end with 1 where an invariant does not hold.

    Args:
        long: 10,000 leads and 200 kills.
        seed: of an earlier run, to have the same things done again.
        leads: how many, instead of as many as planned.
        kills: how many, instead of as many as planned.
        guard: break this guard first, or `all` in turn; then it is success that it is found.
    """
    if guard is not None and guard not in (*GUARDS, "all"):
        sys.exit(f"there is no guard {guard}, but {', '.join(GUARDS)}, and all")
    seed = secrets.randbelow(10**9) if seed is None else seed
    console.print(f"seed {seed}; --seed {seed} does the same again")
    plan = plans.long(seed) if long else plans.short(seed)
    plan = replace(plan, leads=leads or plan.leads, kills=plan.kills if kills is None else kills)
    if guard is None:
        sys.exit(_prove(plan))
    names = GUARDS if guard == "all" else (guard,)
    seen = [_break(plan, name) for name in names]
    sys.exit(OK if all(seen) else FAILED)


def _prove(plan: Plan) -> int:
    verdict = asyncio.run(prove(plan, console.print))
    _show(verdict)
    holds = not verdict.broken and verdict.unrest is None
    console.print(f"seed {plan.seed}: " + ("every invariant holds" if holds else "NOT PROVED"))
    return OK if holds else FAILED


def _break(plan: Plan, name: str) -> bool:
    guard = GUARDS[name]
    console.print(f"\nbroken: {name}, by which {guard.meaning}")
    verdict = asyncio.run(prove(replace(plan, rest_within=plans.BROKEN_REST), console.print, name))
    _show(verdict)
    seen = sorted(verdict.broken & guard.finds)
    console.print(f"{name}: " + (f"seen by {', '.join(seen)}" if seen else "NOT SEEN"))
    return bool(seen)


def _show(verdict: Verdict) -> None:
    show_figures(console, verdict.figures)
    show_invariants(console, verdict.found)
    if verdict.unrest is not None:
        console.print(f"did not come to rest: {verdict.unrest}")


if __name__ == "__main__":
    app()
