"""Say how attempts to deliver ended, once that is written: counts, and a line each."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from leadflow.store.deliveries import Closing, Lease
from leadflow.store.health import Turn
from leadflow.telemetry import metrics
from leadflow.telemetry.logs import log


class Ended(Struct, frozen=True, kw_only=True):
    """An attempt that ended, and what its report needs besides."""

    closing: Closing
    kind: str | None = None  # of the destination; None where nothing was sent, or nobody knows
    took: timedelta | None = None  # from the claim's commit to the outcome; None: nobody knows


def report_written(ended: Ended) -> None:
    """Count and log one attempt."""
    closing = ended.closing
    metrics.DELIVERY_ATTEMPTS.labels(closing.outcome).inc()
    if ended.took is not None:
        metrics.DELIVERY_LATENCY.observe(ended.took / metrics.MILLISECOND)
    if ended.kind is not None and closing.outcome != "delivered":
        metrics.INTEGRATION_FAILURES.labels(ended.kind).inc()
    if closing.next_attempt_at is None:
        _over(closing)
        return
    wait = closing.next_attempt_at - closing.ended_at
    log.warning(
        "delivery.unknown" if closing.state == "unknown" else "delivery.retry_scheduled",
        **_facts(closing),
        retry_in_s=round(wait.total_seconds(), 3),
    )


def report_unwritten(ended: Ended) -> None:
    """Say what came of an attempt that could not be closed: it is, or will be, written off."""
    log.warning("delivery.unknown", **_facts(ended.closing), reason="not_written")


def report_crash(lease: Lease, error: BaseException) -> None:
    """Say that an attempt went wrong in a way nobody expected."""
    metrics.ERRORS.labels("deliver").inc()
    log.error("worker.failed", component="deliver", **names(lease), exc_info=error)


def report_turns(turns: Sequence[Turn]) -> None:
    """Say which destinations are paused now, and which take leads again."""
    for turn in turns:
        facts = {"destination_id": turn.destination_id, "workspace_id": turn.workspace_id}
        if turn.failures:
            metrics.DESTINATION_PAUSES.inc()
            log.error("destination.paused", **facts, attempts=turn.failures)
        else:
            log.info("destination.resumed", **facts)


def names(lease: Lease) -> dict[str, UUID | int]:
    """Name what an attempt is about."""
    return {
        "delivery_id": lease.delivery_id,
        "lead_id": lease.lead_id,
        "destination_id": lease.destination_id,
        "workspace_id": lease.workspace_id,
        "attempts": lease.attempt,
    }


def _over(closing: Closing) -> None:
    metrics.DELIVERIES.labels(closing.state).inc()
    if closing.state == "delivered":
        metrics.EVENTS_WRITTEN.labels("lead.delivered").inc()
        log.info("delivery.delivered", **_facts(closing))
    else:
        log.error("delivery.dead", **_facts(closing))


def _facts(closing: Closing) -> dict[str, object]:
    return {
        **names(closing.lease),
        "outcome": closing.outcome,
        "status_code": closing.status_code,
        "error_message": closing.error,
    }
