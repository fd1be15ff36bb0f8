"""Matching and choosing, in the core alone: our figures beside asking each rule in turn."""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from leadflow.core import conditions
from leadflow.core.conditions import Condition, NoneOf, OneOf, Prefix, Range, Test
from leadflow.core.decision import AgentState, Candidate, Decision, DestinationState, Snapshot
from leadflow.core.expressions import Expression
from leadflow.core.lead import Profile, Value
from leadflow.core.route import after, choose, match, seed_of
from leadflow.core.rulebook import Rule, Rulebook

Item = TypeVar("Item")

SIZES = (10, 100, 1_000, 10_000)
LEADS = 1_000
ASKED_IN_TURN = 50  # leads for the slow floor
GROUP, GROUP_RULES, GROUP_AGENTS = 100, 1_000, 200
DESTINATIONS = 20
NOW = datetime(2026, 3, 4, 17, tzinfo=UTC)

VERTICALS = ("AUTO", "HOME", "LIFE", "HEALTH")
STATES = (
    *("CA", "NV", "AZ", "TX", "FL", "NY", "WA", "OR", "CO", "UT"),
    *("IL", "OH", "PA", "GA", "NC", "MI", "NJ", "VA", "MA", "TN"),
)
MAKES = ("Toyota", "Honda", "Ford", "Subaru", "Tesla", "Kia", "BMW", "Audi")


class Timed(Struct, frozen=True):
    """How long something took, in microseconds."""

    p50: float
    p95: float


def measure() -> dict[str, dict[str, float]]:
    """Time matching and choosing for one lead, and deciding in groups."""
    chance = random.Random(5)  # the same rules each time
    leads = [_lead(chance, number) for number in range(LEADS)]
    figures: dict[str, dict[str, float]] = {}
    for size in SIZES:
        book = _rulebook(chance, size)
        started = time.perf_counter()
        book.index  # noqa: B018  # made ready once for each version
        ready_ms = (time.perf_counter() - started) * 1e3
        for name, timed in _times(book, leads):
            figures[f"{size:,} rules, {name}"] = {"p50_us": timed.p50, "p95_us": timed.p95}
        figures[f"{size:,} rules, match"]["ready_ms"] = ready_ms
    name = f"decide, {GROUP_RULES:,} rules, {GROUP_AGENTS} agents, {GROUP} leads a group"
    figures[name] = {"p50_us": _decide(chance, leads)}
    return figures


def _times(book: Rulebook, leads: Sequence[Profile]) -> Iterator[tuple[str, Timed]]:
    seen = _snapshot(agents=0)
    pairs = [(lead, match(lead, book)) for lead in leads]

    def chosen(lead: Profile, matched: Sequence[Candidate]) -> Decision:
        return choose(lead, matched, book, seen, NOW, seed_of(lead.lead_id))

    yield "match", _time(lambda lead: match(lead, book), leads)
    yield "choose", _time(lambda pair: chosen(*pair), pairs)
    yield "both", _time(lambda lead: chosen(lead, match(lead, book)), leads)
    yield "floor: in turn", _time(lambda lead: _in_turn(lead, book), leads[:ASKED_IN_TURN])


def _time(run: Callable[[Item], object], items: Sequence[Item]) -> Timed:
    took = []
    for item in items:
        started = time.perf_counter()
        run(item)
        took.append((time.perf_counter() - started) * 1e6)
    took.sort()
    return Timed(statistics.median(took), took[int(0.95 * len(took))])


def _in_turn(lead: Profile, book: Rulebook) -> list[Rule]:
    return [rule for rule in book.enabled if conditions.tests_hold(rule.condition, lead.attributes)]


def _decide(chance: random.Random, leads: Sequence[Profile]) -> float:
    """Decide groups, each lead seeing what the one before it used; the median a lead, in us."""
    book = _rulebook(chance, GROUP_RULES)
    took = []
    for start in range(0, len(leads), GROUP):
        seen = _snapshot(agents=GROUP_AGENTS)
        started = time.perf_counter()
        for lead in leads[start : start + GROUP]:
            decision = choose(lead, match(lead, book), book, seen, NOW, seed_of(lead.lead_id))
            seen = after(seen, lead, decision, NOW + timedelta(days=90))
        took.append((time.perf_counter() - started) * 1e6 / GROUP)
    return statistics.median(took)


def _id(number: int) -> UUID:
    return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number)


def _rulebook(chance: random.Random, size: int) -> Rulebook:
    rules = (
        Rule(
            id=_id(number),
            name=f"rule {number}",
            priority=chance.randrange(10),
            condition=_condition(chance),
            destination_id=_id(10**6 + chance.randrange(DESTINATIONS)),
        )
        for number in range(size)
    )
    ordered = tuple(sorted(rules, key=lambda rule: (-rule.priority, rule.id)))
    return Rulebook(workspace_id=_id(1), version=1, rules=ordered, default="review")


def _condition(chance: random.Random) -> Condition:
    """Make a condition as people write them: some four tests, in 1 of 20 an expression."""
    tests: list[Test] = [
        OneOf("vertical", (chance.choice(VERTICALS),)),
        OneOf("state", tuple(chance.sample(STATES, 3))),
    ]
    kind = chance.random()
    if kind < 0.5:
        tests.append(Range("score", chance.randrange(80)))
    if kind < 0.3:
        tests.append(Prefix("zip", tuple(str(chance.randrange(100, 999)) for _ in range(4))))
    if 0.3 <= kind < 0.4:
        tests.append(OneOf("zip", tuple(str(chance.randrange(10**4, 10**5)) for _ in range(50))))
    if kind > 0.6:
        tests.append(OneOf("data.make", (chance.choice(MAKES),)))
    if kind > 0.8:
        tests.append(NoneOf("email_kind", ("disposable",)))
    when = Expression("lead.score + lead.quality > 60") if kind < 0.05 else None
    return Condition(tuple(tests), when=when)


def _lead(chance: random.Random, number: int) -> Profile:
    vertical = chance.choice(VERTICALS)
    attributes: dict[str, Value] = {
        "vertical": vertical,
        "state": chance.choice(STATES),
        "zip": str(chance.randrange(10**4, 10**5)),
        "country": "US",
        "score": chance.randrange(100),
        "quality": chance.randrange(100),
        "email_kind": "free",
        "data.make": chance.choice(MAKES),
    }
    return Profile(
        lead_id=_id(10**9 + number),
        workspace_id=_id(1),
        vertical=vertical,
        attributes=attributes,
        identity=(number.to_bytes(16),),
        received_at=NOW,
    )


def _snapshot(agents: int) -> Snapshot:
    """Make partners without caps; their agents, if any, are divided among them."""
    share = agents // DESTINATIONS
    states = [
        DestinationState(
            id=_id(10**6 + number),
            workspace_id=_id(10**7 + number),
            name=f"partner-{number}/web",
            active=True,
            assigns_agents=bool(agents),
            agents=tuple(
                AgentState(
                    id=_id(10**8 + number * share + each),
                    workspace_id=_id(10**7 + number),
                    active=True,
                    capacity=10_000,
                    load=0,
                    specialties=VERTICALS,
                    state=STATES[number],
                )
                for each in range(share)
            ),
        )
        for number in range(DESTINATIONS)
    ]
    return Snapshot({state.id: state for state in states})
