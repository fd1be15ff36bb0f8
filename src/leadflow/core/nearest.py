"""The nearest miss: what would have had to be otherwise for a rule to get the lead.

It is found by deciding again: as long as the rule is stopped by something, or somebody is before
it, just that is changed, and the lead is decided once more. So what it says has been tried.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from leadflow.core import conditions
from leadflow.core.agents import gate as agent_gate
from leadflow.core.conditions import Condition
from leadflow.core.decision import AgentState, Cap, DestinationState, Snapshot, Verdict
from leadflow.core.gates import cost
from leadflow.core.lead import Profile
from leadflow.core.normalise.money import in_words
from leadflow.core.route import choose, match, seed_of
from leadflow.core.rulebook import Rule, Rulebook


class Miss(Struct, frozen=True):
    """What would have made a rule win: all of it, and nothing less."""

    rule_id: UUID
    changes: tuple[str, ...]  # each in words: `its day cap were 21 and not 20`


_UNSEEN = "its destination could have taken it, which nobody looked at then"


class _Case(Struct, frozen=True):
    """All that a decision rests on."""

    profile: Profile
    rulebook: Rulebook
    snapshot: Snapshot
    now: datetime


class _Change(Struct, frozen=True):
    said: str
    case: _Case


def miss_of(
    rule_id: UUID, profile: Profile, rulebook: Rulebook, snapshot: Snapshot, now: datetime
) -> Miss | None:
    """Work out what would have made a rule win.

    Args:
        rule_id: of the rulebook.
        profile: the lead.
        rulebook: the version it was decided by.
        snapshot: as the decision saw it.
        now: when it was decided.

    Returns:
        The changes; none, if the rule did win. None: its destination is gone, or it leads to a
        destination whose agents nothing would make fit. Where a rule leads that did not match was
        not looked at, unless others lead there, too: then the last change says so.
    """
    matched = {each.rule_id for each in match(profile, rulebook)}
    rules = tuple(each for each in rulebook.rules if each.id in matched | {rule_id})
    case = _Case(profile, replace(rulebook, rules=rules), snapshot, now)
    changes: list[str] = []
    while (change := _next(rule_id, case)) is not None:
        if change.case is case:
            unseen = rulebook.by_id[rule_id].destination_id not in snapshot.destinations
            if unseen and rule_id not in matched:
                return Miss(rule_id, (*changes, _UNSEEN))
            return None
        changes.append(change.said)
        case = change.case
    return Miss(rule_id, tuple(changes))


def _next(rule_id: UUID, case: _Case) -> _Change | None:
    """Change the one thing that keeps the rule from the lead. None: nothing does."""
    rule = case.rulebook.by_id[rule_id]
    if not rule.enabled:
        return _with_rule(case, replace(rule, enabled=True), "it were switched on")
    if change := _condition(case, rule):
        return change
    matched = match(case.profile, case.rulebook)
    seed = seed_of(case.profile.lead_id)
    decision = choose(case.profile, matched, case.rulebook, case.snapshot, case.now, seed)
    verdict = next(each for each in decision.candidates if each.rule_id == rule_id)
    if verdict.rank == 1:
        return None
    if verdict.rank is not None or verdict.gate == "repeated":
        return _first(case, rule, decision.candidates)
    return _gate(case, rule, verdict)


def _condition(case: _Case, rule: Rule) -> _Change | None:
    """Take away the first test that the lead fails, or the expression."""
    attributes = case.profile.attributes
    for test in rule.condition.tests:
        alone = Condition((test,), rule.condition.allow_missing)
        missed = conditions.failing(alone, attributes)
        if missed is not None:
            tests = tuple(each for each in rule.condition.tests if each is not test)
            without = replace(rule, condition=replace(rule.condition, tests=tests))
            return _with_rule(case, without, f"it did not ask for that: {missed}")
    missed = conditions.failing(rule.condition, attributes)
    if missed is None:
        return None
    without = replace(rule, condition=replace(rule.condition, when=None))
    return _with_rule(case, without, f"it did not ask for that: {missed}")


def _first(case: _Case, rule: Rule, candidates: Sequence[Verdict]) -> _Change:
    """Put the rule before all others."""
    others = [each for each in candidates if each.rule_id != rule.id]
    if rule.fallback:
        return _with_rule(case, replace(rule, fallback=False), "it were no fallback")
    highest = max(each.priority for each in others)
    said = f"its priority were {highest + 1} and not {rule.priority}"
    return _with_rule(case, replace(rule, priority=highest + 1), said)


def _gate(case: _Case, rule: Rule, verdict: Verdict) -> _Change:
    """Open the gate that the rule is stopped at."""
    destination = case.snapshot.destinations.get(rule.destination_id)
    if destination is None:
        return _Change("", case)
    match verdict.gate:
        case "off_schedule":
            return _with_rule(case, replace(rule, schedule=None), "it held at that hour")
        case "held":
            free = replace(case.profile, identity=())
            said = f"the person might have one more partner: {verdict.seen}"
            return _Change(said, replace(case, profile=free))
        case "filtered":
            open_to_all = replace(destination, filter=None)
            return _with(case, open_to_all, f"{destination.name} wanted it: {verdict.seen}")
        case "returned":
            kept = _not_from(case, destination.id)
            return _Change(f"it had not come back from {destination.name}", kept)
        case "inactive":
            active = replace(destination, active=True)
            return _with(case, active, f"{destination.name} were not paused")
        case "failing":
            takes = replace(destination, failing_until=None)
            return _with(case, takes, f"{destination.name} took deliveries then")
        case "closed":
            always = replace(destination, hours=None)
            return _with(case, always, f"{destination.name} were open then")
        case "capped":
            return _cap(case, destination)
        case _:
            return _agent(case, rule, destination)


def _cap(case: _Case, destination: DestinationState) -> _Change:
    """Raise each full cap by just as much as is missing."""
    said, raised = [], []
    for cap in destination.caps:
        needed = cap.used + cost(cap, destination)
        if needed <= cap.limit:
            raised.append(cap)
            continue
        wanted, present = (_amount(cap, each, destination) for each in (needed, cap.limit))
        said.append(f"its {cap.window} cap were {wanted} and not {present}")
        raised.append(replace(cap, limit=needed))
    return _with(case, replace(destination, caps=tuple(raised)), " and ".join(said))


def _amount(cap: Cap, amount: int, destination: DestinationState) -> str:
    return str(amount) if cap.unit == "leads" else in_words(amount, destination.currency)


def _agent(case: _Case, rule: Rule, destination: DestinationState) -> _Change:
    """Let the agent have it of whom the least would have to be otherwise."""
    ways = [_freed(case, agent, rule.team) for agent in destination.agents]
    if not ways:
        return _Change("", case)
    freed, changes = min(ways, key=lambda way: (len(way[1]), way[0].id))
    agents = tuple(freed if each.id == freed.id else each for each in destination.agents)
    said = f"agent {freed.id} {' and '.join(changes)}"
    case = replace(case, snapshot=_not_from(case, freed.id).snapshot)
    return _with(case, replace(destination, agents=agents), said)


def _not_from(case: _Case, who: UUID) -> _Case:
    """Have the lead not have come back from somebody."""
    lead_id = case.profile.lead_id
    others = tuple(each for each in case.snapshot.returned.get(lead_id, ()) if each != who)
    returned = {**case.snapshot.returned, lead_id: others}
    return replace(case, snapshot=replace(case.snapshot, returned=returned))


def _freed(case: _Case, agent: AgentState, team: str | None) -> tuple[AgentState, list[str]]:
    changes = []
    returned: tuple[UUID, ...] = case.snapshot.returned.get(case.profile.lead_id, ())
    while (stop := agent_gate(case.profile, agent, case.now, team, returned)) is not None:
        match stop[0]:
            case "inactive":
                agent, said = replace(agent, active=True), "were active"
            case "returned":
                returned, said = (), "had not had the lead before"
            case "not_in_team":
                agent, said = replace(agent, teams=(*agent.teams, team or "")), f"were in {team}"
            case "not_licensed":
                agent, said = replace(agent, licensed_states=()), "were licensed for it"
            case "off_specialty":
                agent, said = replace(agent, specialties=()), "worked on such leads"
            case "on_leave":
                agent, said = replace(agent, leave=()), "were not on leave"
            case "off_hours":
                agent, said = replace(agent, hours=None), "were on duty"
            case "at_capacity":
                said = f"had a capacity of {agent.load + 1} and not {agent.capacity}"
                agent = replace(agent, capacity=agent.load + 1)
            case never:
                assert_never(never)
        changes.append(said)
    return agent, changes


def _with_rule(case: _Case, rule: Rule, said: str) -> _Change:
    others = [each for each in case.rulebook.rules if each.id != rule.id]
    rules = sorted((*others, rule), key=lambda each: (each.fallback, -each.priority, each.id))
    return _Change(said, replace(case, rulebook=replace(case.rulebook, rules=tuple(rules))))


def _with(case: _Case, destination: DestinationState, said: str) -> _Change:
    destinations = {**case.snapshot.destinations, destination.id: destination}
    return _Change(said, replace(case, snapshot=replace(case.snapshot, destinations=destinations)))
