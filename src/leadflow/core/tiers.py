"""Tiers: in which order those who can take a lead come to have it.

A higher priority goes first, and fallbacks after everybody else. Inside a tier the rulebook says
how to choose; among equals it is the turn of one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never
from uuid import UUID

from msgspec import Struct

from leadflow.core import rotation
from leadflow.core.decision import Candidate, DestinationState
from leadflow.core.normalise.money import in_words
from leadflow.core.rotation import Entrant
from leadflow.core.rulebook import Choice, Rulebook

_FULL = 1_000_000  # load is compared to a millionth

_Rank = tuple[bool, int, int]  # fallback, priority from above, merit from above


class Standing(Struct, frozen=True):
    """A candidate's place in the order, and what gave it that place."""

    candidate: Candidate
    key: str  # in words, its priority aside: `pays 25.00 USD, owed 0.50 turns`
    in_turn: bool  # equal to the first in all but the turn


def order(
    able: Iterable[Candidate], rulebook: Rulebook, destinations: Mapping[UUID, DestinationState]
) -> list[Standing]:
    """Order candidates that can take the lead, each of another destination: the first gets it."""
    equals: dict[_Rank, list[Candidate]] = defaultdict(list)
    for candidate in able:
        equals[_rank(candidate, rulebook, destinations)].append(candidate)
    standings: list[Standing] = []
    for rank in sorted(equals):
        claims = rotation.claims(entrants(equals[rank], destinations))
        among = sorted(equals[rank], key=lambda each: _turn(claims, each.destination_id))
        standings += (
            Standing(
                candidate=each,
                key=", ".join(_key(each, rulebook, destinations, claims)),
                in_turn=rank == min(equals),
            )
            for each in among
        )
    return standings


def entrants(
    candidates: Iterable[Candidate], destinations: Mapping[UUID, DestinationState]
) -> dict[UUID, Entrant]:
    """Name those who take part in a turn, with what the rotation owes them."""
    states = (destinations[each.destination_id] for each in candidates)
    return {state.id: Entrant(state.weight, state.credit) for state in states}


def load_of(destination: DestinationState) -> int:
    """Tell how much of what it can take a destination has, in millionths.

    It is the fullest of its caps or, where its agents are fuller, their open leads together. Who
    has neither caps nor agents is never loaded.
    """
    parts = [(cap.used, cap.limit) for cap in destination.caps]
    if destination.assigns_agents:
        staff = [agent for agent in destination.agents if agent.active]
        parts.append((sum(one.load for one in staff), sum(one.capacity for one in staff)))
    return max((_FULL * used // limit for used, limit in parts if limit), default=0)


def _rank(
    candidate: Candidate, rulebook: Rulebook, destinations: Mapping[UUID, DestinationState]
) -> _Rank:
    destination = destinations[candidate.destination_id]
    merit = _merit(destination, rulebook.choice_at(candidate.priority))
    return candidate.fallback, -candidate.priority, -merit


def _merit(destination: DestinationState, choice: Choice) -> int:
    match choice:
        case "rotation":
            return 0
        case "highest_price":
            return destination.price_minor
        case "least_loaded":
            return -load_of(destination)
        case never:
            assert_never(never)


def _turn(claims: Mapping[UUID, int], destination_id: UUID) -> tuple[int, int]:
    return -claims[destination_id], destination_id.int


def _key(
    candidate: Candidate,
    rulebook: Rulebook,
    destinations: Mapping[UUID, DestinationState],
    claims: Mapping[UUID, int],
) -> Iterator[str]:
    destination = destinations[candidate.destination_id]
    if candidate.fallback:
        yield "fallback"
    match rulebook.choice_at(candidate.priority):
        case "highest_price":
            yield f"pays {in_words(destination.price_minor, destination.currency)}"
        case "least_loaded":
            yield f"{100 * load_of(destination) / _FULL:.0f} % loaded"
        case "rotation":
            pass  # the turn says it all
        case never:
            assert_never(never)
    if len(claims) > 1:
        yield rotation.owed(claims[destination.id])
