"""Count what became of leads, once it has committed: a group's at one time.

To count costs a microsecond or two, for other processes read along. What a whole group has in
common is therefore added up first.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from leadflow.core.decision import NoCandidate
from leadflow.core.lead import Submission
from leadflow.core.lifecycle import DUPLICATE, EXPIRED, REVIEW, ROUTED, WAITING
from leadflow.core.outcome import (
    Accepted,
    DuplicateLead,
    KeyConflict,
    Outcome,
    Refused,
    Replayed,
)
from leadflow.core.verticals import find
from leadflow.store.claims import Expired
from leadflow.store.writes import Writes
from leadflow.telemetry import metrics
from leadflow.work.decide import Decided
from leadflow.work.record import Undecided

_NAMES: dict[type[Outcome], str] = {
    Accepted: "accepted",
    Replayed: "replayed",
    DuplicateLead: "duplicate",
    KeyConflict: "conflict",
    Refused: "refused",
}


def count_taken(taken: Iterable[tuple[Submission, Outcome]]) -> None:
    """Count what became of submissions at the door."""
    received: Counter[tuple[str, str]] = Counter()
    degraded = 0
    for submission, outcome in taken:
        received[submission.source.channel, _NAMES[type(outcome)]] += 1
        match outcome:
            case Accepted(answer=answer):
                degraded += answer.degraded is not None
                if answer.quality is not None:
                    metrics.LEAD_QUALITY.observe(answer.quality)
            case Refused(problems=problems):
                vertical = find(str(submission.body.get("vertical")))
                name = vertical.name if vertical else "unknown"
                metrics.VALIDATION_ERRORS.labels(name).inc(len(problems))
            case _:
                pass
    for labels, number in received.items():
        metrics.LEADS_RECEIVED.labels(*labels).inc(number)
    metrics.LEADS_DEGRADED.labels("score").inc(degraded)


def count_group(writes: Writes, leads: int, duration: timedelta) -> None:
    """Count a transaction over several leads, and the events that it wrote."""
    metrics.GROUP_SIZE.observe(leads)
    metrics.GROUP_COMMIT_LATENCY.observe(duration / metrics.MILLISECOND)
    _count_events(writes)


def count_decided(decided: Sequence[Decided], now: datetime) -> None:
    """Count decisions.

    Args:
        decided: leads whose transaction has committed.
        now: when that was done.
    """
    states = Counter(one.state for one in decided)
    for one in decided:
        metrics.ROUTING_LATENCY.observe((now - one.lead.taken_up_at) / metrics.MILLISECOND)
        if one.state == ROUTED:
            received_at = one.lead.profile.received_at
            metrics.LEAD_PROCESSING_LATENCY.observe((now - received_at) / metrics.MILLISECOND)
        elif one.state == DUPLICATE:
            workspace = str(one.lead.profile.workspace_id)
            metrics.ROUTING_DUPLICATES_CAUGHT.labels(workspace).inc()
    metrics.ROUTING_LOCK_ACQUIRED.inc(len(decided))
    metrics.ROUTING_LOGS_TOTAL.inc(len(decided) - states[WAITING])
    metrics.ROUTING_LOGS_FAILED.inc(states[REVIEW])
    metrics.ROUTING_LEADS_ROUTED.inc(states[ROUTED])
    metrics.ROUTING_RETRY_QUEUE_INSERTS.inc(sum(map(_is_retried, decided)))
    _count_states((one.lead.profile.vertical, one.state.status) for one in decided)


def count_retried(leads: Sequence[Undecided]) -> None:
    """Count leads that failed to be decided and will be tried again."""
    metrics.ROUTING_RETRY_QUEUE_INSERTS.inc(len(leads))


def count_given_up(leads: Sequence[Undecided]) -> None:
    """Count leads that were left to a person without a decision."""
    _count_states((lead.profile.vertical, REVIEW.status) for lead in leads)
    metrics.ROUTING_LOGS_TOTAL.inc(len(leads))
    metrics.ROUTING_LOGS_FAILED.inc(len(leads))


def count_expired(writes: Writes, expired: Sequence[Expired]) -> None:
    """Count leads that came to their end without an owner."""
    _count_states((lead.vertical, EXPIRED.status) for lead in expired)
    _count_events(writes)


def _is_retried(one: Decided) -> bool:
    return one.state == WAITING and isinstance(one.decision.outcome, NoCandidate)


def _count_states(states: Iterable[tuple[str, str]]) -> None:
    for labels, number in Counter(states).items():
        metrics.LEADS_PROCESSED.labels(*labels).inc(number)


def _count_events(writes: Writes) -> None:
    for name, number in writes.events().items():
        metrics.EVENTS_WRITTEN.labels(name).inc(number)
