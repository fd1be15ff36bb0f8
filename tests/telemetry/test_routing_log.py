"""The lines that saved queries look for, to the letter."""

from datetime import timedelta
from uuid import UUID

import pytest

from leadflow.telemetry import routing_log

LEAD, OTHER, SOURCE, PARTNER, RULE = (UUID(int=number) for number in range(1, 6))


def facts(line):
    return {name: value for name, value in line.items() if name not in ("timestamp", "service")}


def test_a_decision_is_told_with_the_fields_of_the_saved_queries(written):
    routing_log.complete(
        lead_id=LEAD,
        source_workspace_id=SOURCE,
        destination_workspace_id=PARTNER,
        matched_rule_id=RULE,
        duration=timedelta(microseconds=12_345),
        is_duplicate=False,
        lock_owner="api-1:4711",
        attempts=2,
    )
    assert facts(written.line) == {
        "log_level": "info",
        "event_name": "routing.complete",
        "leadId": str(LEAD),
        "sourceWorkspaceId": str(SOURCE),
        "destinationWorkspaceId": str(PARTNER),
        "matchedRuleId": str(RULE),
        "durationMs": 12.345,
        "duration_ms": 12.345,
        "isDuplicate": False,
        "lockOwnerId": "api-1:4711",
        "attempts": 2,
    }


def test_a_decision_without_an_owner_says_so(written):
    routing_log.complete(
        lead_id=LEAD,
        source_workspace_id=SOURCE,
        destination_workspace_id=None,
        matched_rule_id=None,
        duration=timedelta(0),
        is_duplicate=True,
        lock_owner="api-1",
        attempts=1,
    )
    assert written.line["destinationWorkspaceId"] is None
    assert written.line["matchedRuleId"] is None


@pytest.mark.parametrize("owner", [None, "worker-2:99"])
def test_a_lock_that_was_not_to_be_had_names_the_workspace(written, owner):
    routing_log.lock_failed(lead_id=LEAD, workspace_id=SOURCE, lock_owner=owner)
    assert facts(written.line) == {
        "log_level": "warning",
        "event_name": "routing.lock.failed",
        "lead_id": str(LEAD),
        "workspace_id": str(SOURCE),
        "lockOwnerId": owner,
    }


def test_a_duplicate_names_the_workspace_that_has_the_person(written):
    routing_log.duplicate_detected(
        lead_id=LEAD, workspace_id=SOURCE, duplicate_of=OTHER, duplicate_workspace_id=PARTNER
    )
    assert facts(written.line) == {
        "log_level": "info",
        "event_name": "routing.duplicate_detected",
        "lead_id": str(LEAD),
        "workspace_id": str(SOURCE),
        "duplicate_of": str(OTHER),
        "duplicate_workspace_id": str(PARTNER),
    }


def test_the_runbooks_words_are_found_when_there_is_no_agent(written):
    routing_log.no_agents_found(lead_id=LEAD, destination_id=PARTNER)
    assert "No agents found for lead" in written.text
    assert written.line["message"] == "No agents found for lead"


def test_the_query_for_all_routing_errors_finds_the_last_failure(written):
    routing_log.failed(lead_id=LEAD, workspace_id=SOURCE, attempts=3, reason="no_candidate")
    assert written.line["log_level"] == "error"
    assert written.line["event_name"].startswith("routing.")
