"""Outcomes: what became of a lead in sales, once it had its owner."""

from typing import Literal

SalesOutcome = Literal["contacted", "qualified", "converted", "lost"]
"""The sales funnel. It is no state of the pipeline, and none of routing."""

CLOSING: frozenset[SalesOutcome] = frozenset(("converted", "lost"))
"""Outcomes after which the owner has nothing left to do."""


def may_follow(present: SalesOutcome | None, said: SalesOutcome) -> bool:
    """Tell whether an outcome may be said after the present one: what is closed stays closed."""
    return present not in CLOSING or present == said
