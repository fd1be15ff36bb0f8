"""What may be written down, and what may not."""

import string
from uuid import UUID, uuid4

import pytest
from asyncpg.pgproto import pgproto
from hypothesis import assume, example, given
from hypothesis import strategies as st

from leadflow.telemetry.privacy import CLEANERS, MASK, is_id, mask

LEAD = UUID("0190f5b0-6a3f-7d02-8b7e-5a1f0c9d2e44")
SEPARATORS = st.sampled_from(["", " ", "-", ".", "/", ") ", " - ", "\N{NO-BREAK SPACE}"])
phones = st.lists(
    st.tuples(st.text(string.digits, min_size=1, max_size=4), SEPARATORS), min_size=7, max_size=12
).map(lambda parts: "".join(digits + separator for digits, separator in parts))
words = st.text(string.ascii_letters + " ,:;", max_size=20)


@given(words, st.emails(), words)
@example("", '"john doe"@example.com', "")
@example("to ", "alice @ example.com", "")
@example("to=", "alice%40example.com", "&x")
@example("", "alice\N{FULLWIDTH COMMERCIAL AT}example.com", "")
@example("https://", "alice:secret@example.com", "/hook")
def test_an_address_does_not_get_through(before, email, after):
    local, domain = email.replace("%40", "@").replace("\N{FULLWIDTH COMMERCIAL AT}", "@").split("@")
    assume(len(local) > 3)
    shown = mask(f"{before} {email} {after}")
    assert email not in shown
    assert domain not in shown
    assert local.strip('" ') not in shown.replace(before, "").replace(after, "")


@given(words, phones, words)
@example("call ", "+1 (555) 123-4567", " now")
@example("", "\N{ARABIC-INDIC DIGIT FIVE}" * 10, "")
def test_a_phone_number_does_not_get_through(before, phone, after):
    shown = mask(f"{before}{phone}{after}")
    digits = "".join(character for character in shown if character.isdigit())
    assert len(digits) < 7


@pytest.mark.parametrize(
    "personal", ["1985-03-12", "123-45-6789", "4111 1111 1111 1111", "2025/01/02"]
)
def test_dates_and_numbers_of_accounts_do_not_get_through(personal):
    assert mask(f"born or paid {personal}") == f"born or paid {MASK}"


@pytest.mark.parametrize(
    "harmless",
    [
        "Listening at: http://127.0.0.1:3000",
        "https://hooks.example.com/v1/leads answered 503",
        "Spawning worker-1 with PID: 12345",
        "lock timeout after 2000 ms, 200 leads",
        f"lead {LEAD} is being routed",
    ],
)
def test_what_operators_need_gets_through(harmless):
    assert mask(harmless) == harmless


def test_the_query_of_an_address_does_not_get_through():
    assert mask("GET https://example.com/a?name=Alice&x=1 answered 500") == (
        f"GET https://example.com/a{MASK} answered 500"
    )


def test_a_long_text_is_cut():
    assert len(mask("a" * 10_000)) == 500


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (str(LEAD), True),
        (str(LEAD).upper(), True),
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("b7ad6b7169203331", True),
        ("4111111111111111", False),
        ("5551234567", False),
        ("alice-smith", False),
        (f"{LEAD} alice", False),
        ("", False),
    ],
)
def test_an_id_is_a_uuid_or_the_digits_of_a_trace(text, known):
    assert is_id(text) == known


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("id", LEAD),
        ("id", str(LEAD)),
        ("number", 12.5),
        ("number", -3),
        ("flag", False),
        ("word", "routing.complete"),
        ("word", "/api/v1/leads/{lead_id}/route"),
        ("word", "leadflow.work.group.GroupCommit._drive:95"),
        ("word", "api-7d9f8b6c5-x2x4k:4711"),
        ("word", f"worker:{LEAD}"),
        ("word", "0.1.0"),
        ("words", ["phone_unverified", "unknown_field"]),
        ("text", "No agents found for lead"),
    ],
)
def test_a_value_of_its_fields_form_is_written_as_it_is(kind, value):
    assert CLEANERS[kind](value) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("id", "alice@example.com"),
        ("id", 5551234567),
        ("number", 15551234567),
        ("number", 5551234567.0),
        ("number", "12"),
        ("number", float("nan")),
        ("number", float("inf")),
        ("flag", 1),
        ("flag", "yes"),
        ("word", "Alice Smith"),
        ("word", "5551234567"),
        ("word", "a" * 300),
        ("word", ""),
        ("word", b"alice"),
        ("words", "alice"),
        ("text", {"name": "Alice"}),
        ("text", ValueError("Alice")),
    ],
)
def test_a_value_of_another_form_is_masked(kind, value):
    assert CLEANERS[kind](value) == MASK


def test_an_id_of_the_driver_is_an_id():
    shown = CLEANERS["id"](pgproto.UUID(str(LEAD)))
    assert type(shown) is UUID
    assert shown == LEAD


def test_one_bad_word_masks_itself_alone():
    assert CLEANERS["words"](["phone_unverified", "Alice Smith"]) == ["phone_unverified", MASK]


@given(st.sampled_from(list(CLEANERS)), st.emails() | phones)
def test_neither_address_nor_number_gets_through_in_any_form(kind, personal):
    assert personal.strip() not in str(CLEANERS[kind](personal))
    assert personal.strip() not in str(CLEANERS[kind]([personal]))


@given(st.uuids())
def test_every_uuid_is_written_whole(lead):
    assert mask(f"lead {lead} waits") == f"lead {lead} waits"
    assert is_id(str(lead))
    assert is_id(uuid4().hex)
