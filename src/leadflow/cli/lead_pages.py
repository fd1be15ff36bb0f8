"""One lead as text: all there is about it, and why it is where it is."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from leadflow.cli.output import plural
from leadflow.core.lead import JSON, Contact
from leadflow.core.nearest import Miss
from leadflow.work.viewing import SeenDecision, SeenLead


def lead_page(seen: SeenLead) -> str:
    """Write who it is, what was made of it, and what happened to it."""
    return "\n".join(
        (
            *_head(seen),
            *_section("Contact", _contact(seen)),
            *_section("Answers", _pairs(seen.personal.data if seen.personal else {})),
            *_section("Sent beyond that", _pairs(seen.personal.extra if seen.personal else {})),
            *_section("Score", _score(seen)),
            *_section("Warnings", _warnings(seen)),
            *_section("Deliveries", _deliveries(seen)),
            *_section("Timeline", _timeline(seen)),
        )
    )


def explanation_page(seen: SeenLead) -> str:
    """Write each decision down, with everybody who was considered."""
    lines = [f"{seen.row.id}: {_state(seen)}", *_still(seen)]
    for one in seen.decisions:
        lines += ["", *_decision(one)]
    if not seen.decisions:
        lines += ["", "Nothing has been decided yet."]
    return "\n".join(lines)


def miss_page(rule: str, miss: Miss | None) -> str:
    """Write what would have made a rule win."""
    if miss is None:
        return f'Nothing would have made the rule "{rule}" win: nobody is there to take the lead.'
    if not miss.changes:
        return f'The rule "{rule}" has won the lead.'
    changes = ",\n".join(f"  {change}" for change in miss.changes)
    return f'The rule "{rule}" would have won the lead, if\n{changes}.'


def _head(seen: SeenLead) -> Iterator[str]:
    row = seen.row
    yield f"{row.id}  {row.vertical}  {_state(seen)}"
    source = f"{seen.names.get(row.workspace_id)} / {row.channel} / {row.source}"
    yield f"received {_time(row.created_at)} from {source}"
    if row.external_id:
        yield f"external id {row.external_id}"
    if row.destination_workspace_id:
        agent = f", agent {seen.names.get(row.agent_id)}" if row.agent_id else ""
        yield f"owner {seen.names.get(row.destination_workspace_id)}{agent}"
    if row.accepted_at:
        yield f"accepted {_time(row.accepted_at)}"
    elif row.return_at:
        yield f"comes back {_time(row.return_at)} unless it is accepted"
    if row.outcome and row.outcome_at:
        yield f"{row.outcome} since {_time(row.outcome_at)}"
    yield from _still(seen)


def _state(seen: SeenLead) -> str:
    row = seen.row
    result = f" / {row.routing_result}" if row.routing_result else ""
    return f"{row.status} / {row.routing_status}{result}"


def _still(seen: SeenLead) -> Iterator[str]:
    if seen.waiting:
        waiting = seen.waiting
        what = f"waits, and is tried again {_time(waiting.next_retry_at)}"
        tries = f"{waiting.attempt_number} of {waiting.max_attempts} tries used"
        yield f"{what} ({waiting.reason}; {tries})"
    if seen.stop:
        yield seen.stop
    if seen.review:
        yield f"a person has to look, since {_time(seen.review.opened_at)}: {seen.review.reason}"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return ["", title, *found] if found else []


def _contact(seen: SeenLead) -> Iterator[str]:
    if seen.personal is None:
        yield "erased"
        return
    contact: Contact = seen.personal.contact
    yield from _pairs(msgspec.to_builtins(contact))


def _pairs(values: Mapping[str, JSON]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{inner}" for inner in _pairs(value))
        elif value is not None:
            yield f"{name}: {value}"


def _score(seen: SeenLead) -> Iterator[str]:
    score, quality = seen.assessment.score, seen.assessment.quality
    degraded = f", {score.degraded}" if score.degraded else ""
    yield f"{score.value} of 100 ({score.source}{degraded}); quality {quality.value}"
    for reason in score.reasons:
        yield f"{reason.points:+6.1f}  {reason.because}"
    classified = msgspec.to_builtins(seen.assessment.classification)
    yield ", ".join(f"{name} {value}" for name, value in classified.items() if value)


def _warnings(seen: SeenLead) -> Iterator[str]:
    for warned in seen.assessment.warnings:
        yield f"{warned.code}: {warned.field} {warned.message}"


def _deliveries(seen: SeenLead) -> Iterator[str]:
    for each in seen.deliveries:
        name = seen.names.get(each.destination_id, str(each.destination_id))
        error = f": {each.last_error}" if each.last_error else ""
        yield f"{name}: {each.state} after {plural(each.attempts, 'attempt')}{error}"


def _timeline(seen: SeenLead) -> Iterator[str]:
    for entry in seen.timeline:
        data = ", ".join(f"{name} {value}" for name, value in entry.data.items() if value)
        yield f"{_time(entry.occurred_at)}  {entry.name}  {data}"


def _decision(one: SeenDecision) -> Iterator[str]:
    words = one.words
    when = _time(one.decision.decided_at)
    yield f"Decided {when} by rules of version {one.decision.rulebook_version}:"
    yield f"  {words.sentence}"
    yield from _section(
        "Rules that matched",
        (
            f"{_rank(each.rank)} {each.rule} (priority {each.priority}) -> {each.destination}: "
            f"{each.why}"
            for each in words.candidates
        ),
    )
    agents = (f"{_rank(each.rank)} {each.agent} {each.why}" for each in words.agents)
    yield from _section("Agents", agents)
    others = (f"{each.name}: {each.why}" for each in one.not_matched)
    yield from _section("Rules that did not match", others)


def _rank(rank: int | None) -> str:
    return f"{rank}." if rank is not None else "- "


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
