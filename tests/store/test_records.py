"""Records: what is packed comes back, and what was packed long ago still does."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
import zstandard
from hypothesis import given

from leadflow.core.decision import Decision, Snapshot, Waiting
from leadflow.store import records
from tests.core.builders import rulebook
from tests.core.test_route_laws import leads, places, rules, walk

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DECIDED = Decision(
    lead_id=UUID(int=1),
    outcome=Waiting(NOW),
    sentence="It waits until 2026-03-04 12:00 UTC: acme/leads is closed.",
    candidates=(),
    agents=(),
    rulebook_version=7,
    seed=11,
    decided_at=NOW,
)
# Packed when its dictionary was made. Whoever changes the file makes every record unreadable.
FIRST = {
    40_001: "KLUv/WJBnBUAzQIAU8IHiTtypMODVEFiRLWxfGVHYmXPFEkSIw9HJQkQIw+HXRX8DJQpKB8+gzIMBn26"
    "99BstV1GlGS73Nl4IxNi0+mFi3v9eFQL7ebd+IzAjhH698GAz1+oBAQ="
}
EMPTY = Snapshot(destinations={})
FIRST_EMPTY = {40_001: "KLUv/SJBnApRAABbe30sW10se31d"}


@given(rules, places(), leads)
def test_what_was_packed_comes_back_as_it_was(given_rules, state, group):
    for _, seen, decision in walk(rulebook(*given_rules), state, group):
        record = records.pack(decision)
        assert records.unpack(record) == decision
        assert records.sentence_of(record) == decision.sentence
        assert records.unpack_snapshot(records.pack_snapshot(seen)) == seen


@pytest.mark.parametrize("dictionary", records.DICTIONARIES)
def test_what_each_dictionary_has_packed_can_be_read(dictionary):
    assert records.unpack(base64.b64decode(FIRST[dictionary])) == DECIDED
    assert records.unpack_snapshot(base64.b64decode(FIRST_EMPTY[dictionary])) == EMPTY


def test_a_record_names_its_dictionary():
    newest = max(records.DICTIONARIES)
    assert zstandard.get_frame_parameters(records.pack(DECIDED)).dict_id == newest


def test_a_record_is_a_fraction_of_what_it_says():
    assert len(records.pack(DECIDED)) < len(msgspec.json.encode(DECIDED)) / 2


def test_what_is_no_record_is_an_error():
    with pytest.raises(zstandard.ZstdError):
        records.plain(b"{}")
