"""Train the dictionary that records are packed with: `python tools/dictionary.py ID > FILE`.

Records of a made-up market are what it learns from: the words of the format, the sentences, the
figures people set, and nothing of anybody. A dictionary that records were made with is never
trained again: a better one gets an id and a file of its own in `leadflow.store.records`.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import zstandard

from leadflow.core.conditions import Condition, NoneOf, OneOf, Range, Test
from leadflow.core.decision import AgentState, Cap, DestinationState, Held, Holding, Snapshot
from leadflow.core.lead import Profile
from leadflow.core.route import after, choose, match, seed_of
from leadflow.core.rulebook import Rule, Rulebook
from leadflow.core.schedule import Opening, WeeklyHours
from leadflow.store.records import written, written_snapshot

SIZE = 4096  # bytes; twice as many save nothing
MARKETS = 300
NOW = datetime(2026, 3, 4, 17, tzinfo=UTC)
MONTH = timedelta(days=30)

VERTICALS = ("AUTO", "HOME", "LIFE", "HEALTH")
STATES = ("CA", "NV", "AZ", "TX", "FL", "NY", "WA", "OR", "CO", "UT", "IL", "OH")
MAKES = ("Toyota", "Honda", "Ford", "Subaru", "Tesla", "Kia")
ZONES = ("UTC", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
OFFICE = tuple(Opening(day, time(9), time(17)) for day in range(5))


def main() -> None:
    """Write a dictionary with the id that is named."""
    chance = random.Random(7)
    samples: list[bytes | bytearray | memoryview] = [
        sample for _ in range(MARKETS) for sample in _samples(chance)
    ]
    trained = zstandard.train_dictionary(SIZE, samples, dict_id=int(sys.argv[1]), level=3)
    sys.stdout.buffer.write(trained.as_bytes())


def _samples(chance: random.Random) -> Iterator[bytes]:
    """Make one market, and a few decisions in it, each on what the one before it left."""
    leads = [_lead(chance) for _ in range(chance.randrange(1, 6))]
    seen = _snapshot(chance, leads)
    yield written_snapshot(seen)
    book = _rulebook(chance, list(seen.destinations))
    for lead in leads:
        decision = choose(lead, match(lead, book), book, seen, NOW, seed_of(lead.lead_id))
        yield written(decision)
        seen = after(seen, lead, decision, NOW + 3 * MONTH)


def _snapshot(chance: random.Random, leads: Sequence[Profile]) -> Snapshot:
    destinations = [_destination(chance) for _ in range(chance.randrange(1, 6))]
    first = destinations[0]
    held = {
        (digest, lead.vertical): Holding(
            (Held(_id(chance), first.id, first.workspace_id, 1, NOW + MONTH),), 1
        )
        for lead in leads
        for digest in lead.identity
        if chance.random() < 0.2
    }
    return Snapshot(destinations={one.id: one for one in destinations}, held=held)


def _destination(chance: random.Random) -> DestinationState:
    workspace_id = _id(chance)
    most = chance.choice((10, 20, 50, 100))
    midnight = NOW + timedelta(hours=chance.randrange(1, 24))
    day = Cap("day", most, chance.randrange(most + 1), midnight)
    spend = Cap("month", 500_000, chance.randrange(500_000), NOW + MONTH, "money")
    return DestinationState(
        id=_id(chance),
        workspace_id=workspace_id,
        name=chance.choice(("north/leads", "acme/web", "summit/sales", "harbor/intake")),
        active=chance.random() < 0.95,
        time_zone=(zone := chance.choice(ZONES)),
        hours=chance.choice((None, WeeklyHours(zone, OFFICE))),
        filter=chance.choice((None, Condition((Range("score", 40),)))),
        weight=chance.choice((1, 1, 2, 3)),
        credit=chance.randrange(-(10**9), 10**9),
        price_minor=chance.choice((0, 2500, 4000)),
        assigns_agents=chance.random() < 0.7,
        agent_choice=chance.choice(("rank", "rotation")),
        caps=chance.choice(((), (day,), (day, spend))),
        agents=tuple(_agent(chance, workspace_id) for _ in range(chance.randrange(12))),
    )


def _agent(chance: random.Random, workspace_id: UUID) -> AgentState:
    capacity = chance.choice((5, 10, 20))
    state = chance.choice(STATES)
    return AgentState(
        id=_id(chance),
        workspace_id=workspace_id,
        active=chance.random() < 0.95,
        licensed_states=chance.choice(((), (state,), tuple(chance.sample(STATES, 3)))),
        specialties=chance.choice(((), (chance.choice(VERTICALS),), ("AUTO", "HOME"))),
        state=state,
        rating=chance.choice((None, 3.5, 4.2, 4.8)),
        conversion_rate=chance.choice((None, 0.12, 0.25)),
        capacity=capacity,
        load=chance.randrange(capacity + 1),
        last_assigned_at=chance.choice((None, NOW - timedelta(minutes=chance.randrange(600)))),
        hours=chance.choice((None, WeeklyHours(chance.choice(ZONES), OFFICE))),
        credit=chance.randrange(-(10**9), 10**9),
    )


def _rulebook(chance: random.Random, destination_ids: Sequence[UUID]) -> Rulebook:
    rules = (
        Rule(
            id=_id(chance),
            name=f"{chance.choice((*MAKES, *STATES, *VERTICALS))} leads",
            priority=chance.choice((0, 10, 20)),
            condition=_condition(chance),
            destination_id=chance.choice(destination_ids),
            fallback=chance.random() < 0.1,
            schedule=chance.choice((None, None, OFFICE)),
        )
        for _ in range(8)
    )
    ordered = tuple(sorted(rules, key=lambda rule: (-rule.priority, rule.id)))
    return Rulebook(
        workspace_id=_id(chance),
        version=chance.randrange(1, 20),
        rules=ordered,
        default=chance.choice(("review", "stay")),
    )


def _condition(chance: random.Random) -> Condition:
    tests: Sequence[Test] = (
        OneOf("state", tuple(chance.sample(STATES, 5))),
        OneOf("vertical", tuple(chance.sample(VERTICALS, 2))),
        OneOf("data.make", tuple(chance.sample(MAKES, 3))),
        Range("score", chance.randrange(60)),
        NoneOf("email_kind", ("disposable",)),
    )
    return Condition(tuple(chance.sample(tests, chance.randrange(1, 3))))


def _lead(chance: random.Random) -> Profile:
    return Profile(
        lead_id=_id(chance),
        workspace_id=_id(chance),
        vertical=(vertical := chance.choice(VERTICALS)),
        attributes={
            "vertical": vertical,
            "state": chance.choice(STATES),
            "score": chance.randrange(101),
            "data.make": chance.choice(MAKES),
            "email_kind": chance.choice(("business", "free", "disposable")),
        },
        identity=(chance.randbytes(16), chance.randbytes(16)),
        received_at=NOW,
    )


def _id(chance: random.Random) -> UUID:
    return UUID(bytes=chance.randbytes(16), version=4)


if __name__ == "__main__":
    main()
