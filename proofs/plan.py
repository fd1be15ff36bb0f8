"""What a run does and when: all of it follows from the seed."""

from datetime import timedelta
from random import Random
from typing import Literal

from msgspec import Struct

Lane = Literal["kill", "freeze", "cut", "crash", "change"]

BROKEN_REST = timedelta(
    seconds=40
)  # what is broken may never come to rest, and is seen all the same


class Plan(Struct, frozen=True, kw_only=True):
    """The measure of a run."""

    seed: int
    leads: int  # that are taken in, at least
    duels: int = 60  # people who come through several brands while nothing else is going on
    kills: int  # of workers and API processes, with no warning
    freezes: int  # of workers with leads or deliveries in hand, for longer than their leases
    cuts: int  # of database connections
    crashes: int  # of PostgreSQL
    changes: int  # of rules, destinations, agents and the switch for routing
    workers: int = 3
    apis: int = 2
    senders: int = 12
    rest_within: timedelta = timedelta(seconds=150)  # after the last lead


def short(seed: int) -> Plan:
    """Plan a run of about a minute."""
    return Plan(seed=seed, leads=1500, kills=25, freezes=6, cuts=30, crashes=1, changes=30)


def long(seed: int) -> Plan:
    """Plan a run of some five minutes."""
    return Plan(seed=seed, leads=10_000, kills=200, freezes=30, cuts=200, crashes=8, changes=150)


class Act(Struct, frozen=True):
    """One thing that is done to the installation while leads come in."""

    at: int  # once so many leads have been taken in
    chance: float  # 0 to 1: decides what exactly, and to whom


def acts(plan: Plan, lane: Lane) -> tuple[Act, ...]:
    """Spread a lane's acts over the run, each at a random moment of its share."""
    many: dict[Lane, int] = {
        "kill": plan.kills,
        "freeze": plan.freezes,
        "cut": plan.cuts,
        "crash": plan.crashes,
        "change": plan.changes,
    }
    chances = dice(plan.seed, lane)
    share = plan.leads / max(1, many[lane])
    return tuple(
        Act(int(share * (number + chances.random())), chances.random())
        for number in range(many[lane])
    )


def dice(seed: int, name: str) -> Random:
    """Give chances of their own to each part of a run, so that none depends on another's speed."""
    return Random(f"{seed}/{name}")
