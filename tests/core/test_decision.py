"""The record of a decision keeps everything when it is written and read."""

import msgspec
import pytest

from leadflow.core.decision import (
    AgentVerdict,
    Decision,
    DuplicateOf,
    Kept,
    NoCandidate,
    Outcome,
    Placed,
    SentToReview,
    Verdict,
    Waiting,
)
from tests.core.builders import NOW, uid


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Placed(uid(1), uid(2), uid(3), None), "placed"),
        (Kept(uid(1)), "kept"),
        (DuplicateOf(uid(1), uid(2)), "duplicate"),
        (Waiting(NOW), "waiting"),
        (NoCandidate("nobody"), "no_candidate"),
        (SentToReview("no rule matched"), "review"),
    ],
)
def test_an_outcome_is_written_under_its_name(outcome, kind):
    written = msgspec.json.encode(outcome)
    assert msgspec.json.decode(written)["type"] == kind
    assert msgspec.json.decode(written, type=Outcome) == outcome


def test_a_decision_reads_as_it_was_written():
    decision = Decision(
        lead_id=uid(1),
        outcome=Waiting(NOW),
        sentence="It waits.",
        candidates=(
            Verdict(
                rule_id=uid(2),
                rule_name="rule",
                priority=1,
                destination_id=uid(3),
                gate="capped",
                seen="day cap 20 of 20",
                reopens_at=NOW,
            ),
        ),
        agents=(AgentVerdict(agent_id=uid(4), workspace_id=uid(5), gate="at_capacity"),),
        rulebook_version=3,
        seed=2**62 - 1,
        decided_at=NOW,
    )
    written = msgspec.json.encode(decision)
    assert msgspec.json.decode(written, type=Decision) == decision


def test_a_gate_that_does_not_exist_is_not_read():
    written = {"agent_id": str(uid(1)), "workspace_id": str(uid(2)), "gate": "tired"}
    with pytest.raises(msgspec.ValidationError, match="gate"):
        msgspec.convert(written, AgentVerdict)
