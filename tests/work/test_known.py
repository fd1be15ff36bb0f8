"""What came before, judged in memory: keys first, then people, the earliest of a group first."""

import msgspec
import pytest
from msgspec.structs import replace

from leadflow.core.controls import Controls
from leadflow.core.lead import Source, Submission
from leadflow.core.outcome import Answer, DuplicateLead, KeyConflict, Replayed
from leadflow.store.walk import Kept
from leadflow.work.assess import WHOLE_WORKSPACE, assess
from leadflow.work.intake import answer
from leadflow.work.known import Again, Known
from tests.core.builders import uid
from tests.core.leads import TABLES
from tests.world import IDENTITY_SECRET, NOW, person

BRAND = uid(1)
WEB, MAIL = (Source(uid(n), BRAND, "api", str(n)) for n in (11, 12))


def lead(number, *, by=WEB, who=None, fingerprint=b"same", key=None, row=None, **body):
    """Make a lead: who it is about is its number, unless `who` says so."""
    submission = Submission(
        lead_id=uid(number),
        source=by,
        body=person(who or number, **body),
        received_at=NOW,
        fingerprint=fingerprint,
        idempotency_key=key,
        row_key=row,
    )
    return assess(submission, TABLES, IDENTITY_SECRET, NOW)


def kept(assessed, fingerprint=b"same"):
    """Keep an answer under a lead's first key."""
    packed = msgspec.json.encode(answer(assessed, None, Controls()))
    return {assessed.submission_keys[0]: Kept(assessed.lead.id, fingerprint, packed)}


def test_a_submission_is_named_by_every_key_it_carries():
    named = lead(1, key="i", row="r", external_id="e").submission_keys
    assert [(key.kind, key.source_id, key.key) for key in named] == [
        ("idempotency", WHOLE_WORKSPACE, "i"),
        ("row", WEB.id, "r"),
        ("external", WEB.id, "e"),
    ]
    assert lead(1).submission_keys == ()


def test_what_nobody_has_seen_is_new():
    assert Known({}, {}).judge(lead(1, key="k")) is None


def test_a_kept_answer_is_given_again():
    first = lead(1, key="k")
    verdict = Known(kept(first), {}).judge(lead(2, key="k", who=1))
    assert verdict == Replayed(answer(first, None, Controls()))
    assert isinstance(verdict.answer, Answer)


def test_a_kept_key_with_another_body_is_a_conflict():
    first = lead(1, key="k")
    verdict = Known(kept(first, b"other"), {}).judge(lead(2, key="k"))
    assert verdict == KeyConflict("idempotency", uid(1))


def test_a_repeat_in_the_group_waits_for_the_first_one_s_answer():
    known = Known({}, {})
    assert known.judge(lead(1, external_id="X")) is None
    assert known.judge(lead(2, who=1, external_id="X")) == Again(uid(1))
    assert known.judge(lead(3, external_id="X", fingerprint=b"other")) == KeyConflict(
        "external", uid(1)
    )


def test_a_repeat_is_a_repeat_before_it_is_a_duplicate():
    known = Known({}, {})
    known.judge(lead(1, key="k"))
    assert known.judge(lead(2, who=1, key="k")) == Again(uid(1))
    assert known.judge(lead(3, who=1)) == DuplicateLead(uid(1))


def test_a_duplicate_leaves_its_keys_free():
    known = Known({}, {person_: uid(9) for person_ in lead(1).persons})
    assert known.judge(lead(1, key="k")) == DuplicateLead(uid(9))
    assert known.judge(lead(2, key="k", fingerprint=b"other")) is None


def test_external_ids_of_another_source_are_other_ids():
    known = Known({}, {})
    known.judge(lead(1, external_id="X"))
    assert known.judge(lead(2, external_id="X", by=MAIL)) is None


@pytest.mark.parametrize("vertical", ["HOME", "LIFE"])
def test_a_person_is_known_in_one_vertical(vertical):
    known = Known({}, {})
    known.judge(lead(1))
    assert known.judge(lead(2, who=1, vertical=vertical)) is None


def test_a_person_is_known_in_one_workspace():
    known = Known({}, {})
    known.judge(lead(1))
    elsewhere = replace(WEB, workspace_id=uid(2))
    assert known.judge(lead(2, who=1, by=elsewhere)) is None
