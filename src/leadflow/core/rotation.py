"""Rotation: whose turn it is among several, in proportion to their weights.

With each turn everybody who could have it is credited their share of it, and whoever has it pays
for the whole: this is the smooth weighted round robin of nginx, with shares of a turn in place of
whole weights, so that turns among different participants weigh the same. The credit is then what
one is owed: `entitled - actual`, in turns.

Of n participants nobody's credit ever exceeds n - 1 turns, nor falls below -(n - 1), whoever could
take part in which turn. For the k largest credits together never exceed k * (n - k): only a turn
that none of these k has adds to them, and it is had by somebody with no smaller a claim than any of
them, so twice their new sum is at most the bounds of the k - 1 and of the k + 1 largest and two
turns more. While all take part in every turn, nobody is ever a whole turn ahead. Whoever is new
starts with nothing owed, and whoever was away comes back with what they had: neither is flooded.
"""

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

TURN = 10**9
"""One turn, in the unit of credits. Shares are rounded down to it, and the payment is their sum."""


class Entrant(Struct, frozen=True):
    """Somebody who could have the turn."""

    weight: int  # from 1
    credit: int  # what they are owed, in `TURN`; below 0: they are ahead


def claims(entrants: Mapping[UUID, Entrant]) -> dict[UUID, int]:
    """Tell what each is owed, this turn included: whoever is owed most has it."""
    total = sum(each.weight for each in entrants.values())
    return {key: each.credit + TURN * each.weight // total for key, each in entrants.items()}


def credits_after(entrants: Mapping[UUID, Entrant], winner: UUID) -> dict[UUID, int]:
    """Tell what each is owed once one of them has had the turn."""
    claimed = claims(entrants)
    claimed[winner] -= sum(claimed[key] - each.credit for key, each in entrants.items())
    return claimed


def owed(claim: int) -> str:
    """Write a claim for people: `owed 0.75 turns`."""
    return f"owed {claim / TURN:.2f} turns"
