"""Say what became of a lead, once it has committed: lines for the log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from leadflow.core.decision import DuplicateOf, Kept, NoCandidate, Placed, SentToReview, Waiting
from leadflow.core.lead import Submission
from leadflow.core.lifecycle import WAITING
from leadflow.core.outcome import (
    Accepted,
    DuplicateLead,
    KeyConflict,
    Outcome,
    Refused,
    Replayed,
)
from leadflow.store.claims import Expired, Work
from leadflow.telemetry import metrics, routing_log
from leadflow.telemetry.logs import log
from leadflow.work.decide import Decided
from leadflow.work.record import Undecided


def report_outcome(submission: Submission, outcome: Outcome) -> None:
    """Say what became of a submission at the door, where it made no lead."""
    channel = submission.source.channel
    match outcome:
        case DuplicateLead(lead_id=first):
            log.info("lead.duplicate", duplicate_of=first, channel=channel)
        case Refused(problems=problems):
            log.info("lead.refused", channel=channel, problems=len(problems))
        case Accepted() | Replayed() | KeyConflict():
            pass
        case _ as never:
            assert_never(never)


def report_expired(expired: Sequence[Expired]) -> None:
    """Say that leads came to their end without an owner."""
    if expired:
        log.info("lead.expired", leads=len(expired))


def report_group(leads: int, duration: timedelta) -> None:
    """Say that a group has committed."""
    log.debug("group.committed", leads=leads, duration_ms=round(duration / metrics.MILLISECOND, 3))


def report_claimed(work: Work, leads: int, owner: str) -> None:
    """Say that a worker took leads in hand."""
    if leads and work == "stale":
        log.warning("routing.lock.stale", leads=leads, worker=owner)
    elif leads:
        log.debug("worker.claimed", leads=leads, worker=owner)


def report_lost(lead_id: UUID, workspace_id: UUID | None, lock_owner: str | None = None) -> None:
    """Count and say that somebody else holds a lead, or finished it first."""
    metrics.ROUTING_LOCK_FAILED.inc()
    routing_log.lock_failed(lead_id=lead_id, workspace_id=workspace_id, lock_owner=lock_owner)


def report(one: Decided, owner: str, now: datetime) -> None:
    """Log what became of a lead.

    Args:
        one: a lead whose transaction has committed.
        owner: the process that decided.
        now: when that was done.
    """
    if one.state != WAITING:
        _complete(one, owner, now - one.lead.taken_up_at)
    _outcome(one, now)


def report_crash(lead_id: UUID, error: BaseException) -> None:
    """Count and say that a lead could not be decided, for a reason nobody expected."""
    metrics.ERRORS.labels("decide").inc()
    log.error("worker.failed", component="decide", lead_id=lead_id, exc_info=error)


def report_given_up(lead: Undecided) -> None:
    """Say that a lead was left to a person without a decision: workers failed or died over it."""
    _failed(lead, lead.attempts, "crashed")


def report_retry(lead: Undecided) -> None:
    """Say that a lead will be tried again."""
    log.warning("routing.retry_scheduled", lead_id=lead.profile.lead_id, attempts=lead.attempts)


def _complete(one: Decided, owner: str, duration: timedelta) -> None:
    outcome = one.decision.outcome
    routing_log.complete(
        lead_id=one.decision.lead_id,
        source_workspace_id=one.lead.profile.workspace_id,
        destination_workspace_id=(
            outcome.workspace_id if isinstance(outcome, Placed | Kept) else None
        ),
        matched_rule_id=outcome.rule_id if isinstance(outcome, Placed) else None,
        duration=duration,
        is_duplicate=isinstance(outcome, DuplicateOf),
        lock_owner=owner,
        attempts=one.attempts,
    )


def _outcome(one: Decided, now: datetime) -> None:
    profile = one.lead.profile
    match one.decision.outcome:
        case Placed() | Kept():
            pass
        case DuplicateOf(lead_id=holder, workspace_id=partner):
            routing_log.duplicate_detected(
                lead_id=profile.lead_id,
                workspace_id=profile.workspace_id,
                duplicate_of=holder,
                duplicate_workspace_id=partner,
            )
        case Waiting(until=until):
            log.info(
                "routing.waiting",
                lead_id=profile.lead_id,
                workspace_id=profile.workspace_id,
                retry_in_s=round((until - now).total_seconds()),
            )
        case NoCandidate() | SentToReview():
            _unplaced(one)
        case _ as never:
            assert_never(never)


def _unplaced(one: Decided) -> None:
    for verdict in one.decision.candidates:
        if verdict.gate == "nobody":
            routing_log.no_agents_found(
                lead_id=one.decision.lead_id, destination_id=verdict.destination_id
            )
    if one.state == WAITING:
        report_retry(one.lead)
    else:
        no_rule = isinstance(one.decision.outcome, SentToReview)
        _failed(one.lead, one.attempts, "no_rule" if no_rule else "no_candidate")


def _failed(lead: Undecided, attempts: int, reason: str) -> None:
    routing_log.failed(
        lead_id=lead.profile.lead_id,
        workspace_id=lead.profile.workspace_id,
        attempts=attempts,
        reason=reason,
    )
