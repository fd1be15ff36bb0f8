"""What there is to think about one lead, stage by stage, without any I/O: the least it can cost."""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from leadflow.bench.leads import VEHICLES, People
from leadflow.cli.garbage import collect_rarely
from leadflow.core import enrich, identity, score, validate
from leadflow.core.attributes import profile
from leadflow.core.classify import classify
from leadflow.core.conditions import Condition, OneOf
from leadflow.core.controls import Controls
from leadflow.core.decision import AgentState, DestinationState, Snapshot
from leadflow.core.lead import Profile, Source, Submission
from leadflow.core.quality import rate
from leadflow.core.route import after, choose, match, seed_of
from leadflow.core.rulebook import Rule, Rulebook
from leadflow.lookups.tables import load_tables
from leadflow.sources.json import read_body
from leadflow.store import records
from leadflow.store.ids import new_id
from leadflow.store.seal import Vault, new_key, read_keys
from leadflow.work.assess import assess, personal
from leadflow.work.intake import answer

LEADS = 2000
ROUNDS = 7
GROUP = 200  # leads that see what those before them used
AGENTS = 5  # of each partner
NOW = datetime(2026, 3, 4, 17, tzinfo=UTC)
SECRET = bytes(32)

Stage = tuple[str, Callable[[int], object]]  # its name, and what it does with the lead of a number


def measure() -> dict[str, float]:
    """Time each stage for the same leads: processor microseconds a lead, medians of the rounds."""
    collect_rarely()
    stages = _stages()
    taken: dict[str, list[float]] = {name: [] for name, _ in stages}
    for _ in range(ROUNDS):
        for name, run in stages:
            started = time.process_time()
            for number in range(LEADS):
                run(number)
            taken[name].append((time.process_time() - started) / LEADS * 1e6)
    return {name: statistics.median(times) for name, times in taken.items()}


def _stages() -> Sequence[Stage]:
    """Take some leads through all stages, and keep what each of them needs."""
    bodies = People().leads(LEADS)
    source = Source(new_id(), new_id(), "api", "default")
    tables, vault = load_tables(), Vault(read_keys(new_key()))

    def submitted(number: int) -> Submission:
        return Submission(
            lead_id=new_id(),
            source=source,
            body=read_body(bodies[number]),
            received_at=NOW,
            fingerprint=blake2b(bodies[number], digest_size=16).digest(),
        )

    submissions = [submitted(number) for number in range(LEADS)]
    assessed: list[Any] = [assess(each, tables, SECRET, NOW) for each in submissions]
    leads = [each.lead for each in assessed]
    controls = Controls()
    deciding = _Deciding([each.profile for each in assessed])
    decisions = [deciding.decide(number) for number in range(LEADS)]

    def profiled(number: int) -> Profile:
        one, keys = assessed[number], identity.keys(leads[number].contact, SECRET)
        return profile(one.lead, one.facts, one.quality, one.score, one.classification, keys)

    def classified(number: int) -> object:
        one = assessed[number]
        return classify(one.lead, one.facts, one.score, one.quality)

    return (
        ("read the JSON, give an id", submitted),
        ("validate and normalise", lambda n: validate.read(submissions[n], NOW)),
        ("enrich", lambda n: enrich.enrich(leads[n], tables)),
        ("rate", lambda n: rate(leads[n], assessed[n].facts, NOW)),
        ("score", lambda n: score.fallback(leads[n], assessed[n].facts)),
        ("classify", classified),
        ("recognise: keyed hashes, and the profile", profiled),
        ("seal", lambda n: vault.seal(leads[n].id, personal(leads[n]))),
        ("match", deciding.match),
        ("choose, and what the next one sees", deciding.decide),
        ("keep the decision", lambda n: records.pack(decisions[n])),
        ("write the answer", lambda n: msgspec.json.encode(answer(assessed[n], None, controls))),
    )


class _Deciding:
    """Decides leads one after the other, each on what the one before it left.

    There are four rules and four partners, with five agents each, as in the installation that
    `leadflow bench` measures.
    """

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._profiles = profiles
        partners = [_partner(make) for make, _ in VEHICLES]
        self._book = _rulebook(partners)
        self._matched = [match(each, self._book) for each in profiles]
        self._opening = self._seen = Snapshot({partner.id: partner for partner in partners})

    def match(self, number: int) -> object:
        return match(self._profiles[number], self._book)

    def decide(self, number: int) -> Any:
        if number % GROUP == 0:
            self._seen = self._opening
        lead = self._profiles[number]
        decision = choose(
            lead, self._matched[number], self._book, self._seen, NOW, seed_of(lead.lead_id)
        )
        self._seen = after(self._seen, lead, decision, NOW + timedelta(days=90))
        return decision


def _partner(name: str) -> DestinationState:
    workspace_id = new_id()
    return DestinationState(
        id=new_id(),
        workspace_id=workspace_id,
        name=name,
        active=True,
        assigns_agents=True,
        agents=tuple(
            AgentState(
                id=new_id(),
                workspace_id=workspace_id,
                active=True,
                capacity=100_000,
                load=0,
                specialties=("AUTO",),
            )
            for _ in range(AGENTS)
        ),
    )


def _rulebook(partners: Sequence[DestinationState]) -> Rulebook:
    """Send each make to the partner of its name."""
    ordered = tuple(
        Rule(
            id=new_id(),
            name=f"{partner.name} goes there",
            priority=10,
            condition=Condition(
                (OneOf("vertical", ("AUTO",)), OneOf("data.make", (partner.name,)))
            ),
            destination_id=partner.id,
        )
        for partner in partners
    )
    return Rulebook(workspace_id=new_id(), version=1, rules=ordered, default="review")
