"""Signatures of the Standard Webhooks scheme, held against its own library and its own vectors."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from leadflow.core.signature import headers, read_secret, sign, verify, write_secret
from leadflow.errors import InputError

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BODY = '{"name": "Zoë"}'.encode()
VECTORS = Path(__file__).parents[3] / "shared" / "data" / "payloads" / "signature_vectors.json"

keys = st.binary(min_size=24, max_size=64)
ids = st.uuids().map(str)
texts = st.text(st.characters(codec="utf-8"))


def vectors():
    if not VECTORS.exists():
        return []
    return [v for v in json.loads(VECTORS.read_text()) if v["provider"].startswith("standard_web")]


@given(keys, ids, st.integers(0, 4_000_000_000), texts)
def test_the_reference_library_signs_alike(key, message_id, seconds, body):
    at = datetime.fromtimestamp(seconds, UTC)
    theirs = Webhook(write_secret(key)).sign(message_id, at, body)
    assert sign(key, message_id, at, body.encode()) == theirs


@given(keys, ids, texts)
def test_the_reference_library_accepts_our_headers(key, message_id, body):
    signed = headers([key], message_id, datetime.now(UTC), body.encode())
    Webhook(write_secret(key)).verify(body, signed, json_parse=False)


def test_the_reference_library_refuses_our_headers_over_another_body():
    signed = headers([KEY], "id", datetime.now(UTC), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(write_secret(KEY)).verify(BODY + b" ", signed, json_parse=False)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not here")
def test_published_vectors_are_judged_as_published():
    assert vectors()
    for vector in vectors():
        sent = {f"webhook-{part}": vector[part] for part in ("id", "timestamp", "signature")}
        now = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
        keys = [read_secret(vector["secret"])]
        verdict = verify(keys, sent, vector["payload"].encode(), now)
        assert verdict == ("valid" if vector["valid"] else "wrong"), vector["case"]


@given(keys, ids, st.binary(), st.integers(-300, 300))
def test_what_is_signed_verifies_within_the_tolerance(key, message_id, body, seconds):
    signed = headers([key], message_id, NOW, body)
    assert verify([key], signed, body, NOW + timedelta(seconds=seconds)) == "valid"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_message_of_another_time_is_stale(minutes):
    signed = headers([KEY], "id", NOW, BODY)
    assert verify([KEY], signed, BODY, NOW + timedelta(minutes=minutes)) == "stale"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"webhook-id": "another"}, "wrong"),
        ({"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, "wrong"),
        ({"webhook-id": "\udc80"}, "wrong"),
        ({"webhook-signature": "v1,\udc80"}, "wrong"),
        ({"webhook-signature": "v1,AAAA"}, "wrong"),
        ({"webhook-signature": "v1,\N{SNOWMAN}"}, "wrong"),
        ({"webhook-id": ""}, "incomplete"),
        ({"webhook-signature": ""}, "incomplete"),
        ({"webhook-timestamp": ""}, "incomplete"),
        ({"webhook-timestamp": "yesterday"}, "incomplete"),
        ({"webhook-timestamp": "\N{SUPERSCRIPT TWO}"}, "incomplete"),
        ({"webhook-timestamp": "9" * 5000}, "incomplete"),
    ],
)
def test_altered_headers_are_not_valid(change, verdict):
    signed = headers([KEY], "id", NOW, BODY) | change
    assert verify([KEY], signed, BODY, NOW) == verdict


def test_a_message_without_headers_is_incomplete():
    assert verify([KEY], {}, BODY, NOW) == "incomplete"


def test_header_names_may_come_in_any_case():
    signed = {name.title(): value for name, value in headers([KEY], "id", NOW, BODY).items()}
    assert verify([KEY], signed, BODY, NOW) == "valid"


@pytest.mark.parametrize("receiver_has", [KEY, OTHER_KEY])
def test_during_a_rotation_either_key_verifies(receiver_has):
    signed = headers([KEY, OTHER_KEY], "id", NOW, BODY)
    assert verify([receiver_has], signed, BODY, NOW) == "valid"


def test_a_receiver_may_know_several_keys():
    signed = headers([OTHER_KEY], "id", NOW, BODY)
    assert verify([KEY, OTHER_KEY], signed, BODY, NOW) == "valid"


def test_an_unknown_version_beside_ours_does_no_harm():
    signed = headers([KEY], "id", NOW, BODY)
    signed["webhook-signature"] = "v1a,c2ln " + signed["webhook-signature"]
    assert verify([KEY], signed, BODY, NOW) == "valid"


@given(keys)
def test_a_secret_is_read_as_it_was_written(key):
    assert read_secret(write_secret(key)) == key


@pytest.mark.parametrize(
    "text", ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", write_secret(bytes(25)).rstrip("=")]
)
def test_prefix_and_padding_of_a_secret_may_be_missing(text):
    assert len(read_secret(text)) in (24, 25)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_c2hvcnQ=",
        write_secret(bytes(65)),
        "not base64 !" * 4,
        "\N{SNOWMAN}" * 40,
    ],
)
def test_what_is_no_secret_is_refused_without_being_shown(text):
    with pytest.raises(InputError) as caught:
        read_secret(text)
    assert not text or text not in caught.value.message or text == "whsec_"
