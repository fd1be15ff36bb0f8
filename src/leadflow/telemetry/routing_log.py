"""The routing lines that saved queries and runbooks of other people look for, field by field.

Write them where the lead's request is still current, once its transaction has committed: so they
carry its ids, and never tell what was rolled back.
"""

from datetime import timedelta
from uuid import UUID

from leadflow.telemetry.logs import log


def complete(
    *,
    lead_id: UUID,
    source_workspace_id: UUID,
    destination_workspace_id: UUID | None,
    matched_rule_id: UUID | None,
    duration: timedelta,
    is_duplicate: bool,
    lock_owner: str,
    attempts: int,
) -> None:
    """Say that a lead was decided, whatever came of it.

    The destination is the owner, and the rule the one that chose: None where there is none.
    `duration` runs from taking the lead up to the commit; `lock_owner` is the process that
    decided, as in `leads.routing_locked_by`; `attempts` counts this try as well.
    """
    duration_ms = round(duration.total_seconds() * 1_000, 3)
    log.info(
        "routing.complete",
        leadId=lead_id,
        sourceWorkspaceId=source_workspace_id,
        destinationWorkspaceId=destination_workspace_id,
        matchedRuleId=matched_rule_id,
        durationMs=duration_ms,
        duration_ms=duration_ms,  # as saved queries spell it
        isDuplicate=is_duplicate,
        lockOwnerId=lock_owner,
        attempts=attempts,
    )


def lock_failed(*, lead_id: UUID, workspace_id: UUID | None, lock_owner: str | None = None) -> None:
    """Say that a source workspace's lead could not be taken up, and who holds it, if known."""
    log.warning(
        "routing.lock.failed",
        lead_id=lead_id,
        workspace_id=workspace_id,
        lockOwnerId=lock_owner,
    )


def duplicate_detected(
    *, lead_id: UUID, workspace_id: UUID, duplicate_of: UUID, duplicate_workspace_id: UUID
) -> None:
    """Say that the person of a lead is with as many partners already as may have them.

    `duplicate_of` is the lead through which the partner, `duplicate_workspace_id`, has the person.
    """
    log.info(
        "routing.duplicate_detected",
        lead_id=lead_id,
        workspace_id=workspace_id,
        duplicate_of=duplicate_of,
        duplicate_workspace_id=duplicate_workspace_id,
    )


def no_agents_found(*, lead_id: UUID, destination_id: UUID) -> None:
    """Say that nobody at a destination may take the lead, in the words runbooks search for."""
    log.warning(
        "routing.no_agents",
        message="No agents found for lead",
        lead_id=lead_id,
        destination_id=destination_id,
    )


def failed(*, lead_id: UUID, workspace_id: UUID, attempts: int, reason: str) -> None:
    """Say that the last try failed, and that a person has to look. `reason` is a code."""
    log.error(
        "routing.failed",
        lead_id=lead_id,
        workspace_id=workspace_id,
        attempts=attempts,
        reason=reason,
    )
