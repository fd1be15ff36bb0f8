"""A person is known by keyed hashes, and a placeholder is nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.identity import (
    DIGEST_BYTES,
    is_placeholder_email,
    is_placeholder_phone,
    keys,
    same_mailbox,
)
from leadflow.core.lead import Contact
from leadflow.errors import SetupError
from tests.core.submissions import EXAMPLE, accepted

SECRET = b"k" * 32


def known_by(email=None, phone=None, verified=True, secret=SECRET):
    return keys(Contact(email=email, phone=phone, phone_verified=verified), secret)


def test_a_person_is_known_by_address_and_number():
    found = known_by("ann@example.com", "+14155552671")
    assert {key.kind for key in found} == {"email", "phone"}
    assert all(len(key.digest) == DIGEST_BYTES for key in found)


def test_keys_come_in_the_order_of_their_digests():
    for number in range(20):
        found = known_by(f"ann{number}@acme.com", f"+1415555{2000 + number}")
        assert [key.digest for key in found] == sorted(key.digest for key in found)


def test_the_documented_example_is_known_by_its_address_only():
    (key,) = keys(accepted(EXAMPLE).contact, SECRET)
    assert key.kind == "email"


def test_without_an_identity_a_person_equals_nobody():
    assert known_by() == ()


def test_an_unverified_number_is_no_identity():
    assert known_by(phone="1234567890", verified=False) == ()


def test_another_secret_makes_strangers_of_everybody():
    assert known_by("ann@acme.com") != known_by("ann@acme.com", secret=b"other" * 8)


def test_a_key_does_not_show_whose_it_is():
    (key,) = known_by("ann@acme.com")
    assert b"ann" not in key.digest


@pytest.mark.parametrize("length", [0, 15, 65])
def test_a_secret_of_the_wrong_length_is_the_operators_to_mend(length):
    with pytest.raises(SetupError, match=f"{length} bytes, not 16 to 64"):
        known_by("ann@acme.com", secret=b"k" * length)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@acme.com", "ann@acme.com"),
        ("ann.lee@gmail.com", "annlee@gmail.com"),
        ("annlee+cars@gmail.com", "annlee@gmail.com"),
        ("annlee@googlemail.com", "annlee@gmail.com"),
    ],
)
def test_spellings_of_one_mailbox_are_one_person(one, other):
    assert known_by(one) == known_by(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann.lee@acme.com", "annlee@acme.com"),
        ("ann+cars@acme.com", "ann@acme.com"),
        ("ann@acme.com", "ann@acme.org"),
        ("+ann@gmail.com", "+bob@gmail.com"),
    ],
)
def test_mailboxes_that_may_be_different_are_different_people(one, other):
    assert known_by(one) != known_by(other)


@pytest.mark.parametrize(
    "email",
    [
        *("test@test.com", "noreply@acme.com", "no-reply@acme.com", "none@none.com"),
        *("n.a@acme.com", "na@na.com", "ann@noemail.com", "unknown@gmail.com", "asdf@asdf.com"),
        *("test@example.com", "user1@mail.example.org", "your.name@email.com", "xxx@xxx.com"),
        *("NoEmail@Acme.com", "do_not_reply@acme.com", "not-provided@acme.com"),
        *("test+1@test.com", "noreply+lists@acme.com"),
    ],
)
def test_a_placeholder_is_nobody(email):
    assert is_placeholder_email(email)
    assert known_by(email) == ()


@pytest.mark.parametrize(
    "email",
    [
        *("john@example.com", "jane.doe+1@example.org", "test@acme.com", "mail@schmidt.de"),
        *("nora@acme.com", "noah.nobel@acme.com", "abc@acme.com", "max@test.de", "nat@none.io"),
    ],
)
def test_an_address_that_only_looks_odd_is_somebody(email):
    assert not is_placeholder_email(email)
    assert len(known_by(email)) == 1


@pytest.mark.parametrize(
    "phone",
    [
        *("+12025550123", "+12025551212", "+12122222222", "+18005555555", "+442222222222"),
        *("+12345678901", "+19876543210"),
    ],
)
def test_a_made_up_number_is_nobody(phone):
    assert is_placeholder_phone(phone)
    assert known_by(phone=phone) == ()


@pytest.mark.parametrize("phone", ["+14155552671", "+12025550223", "+442087654321", "+12122222223"])
def test_an_ordinary_number_is_somebody(phone):
    assert not is_placeholder_phone(phone)
    assert len(known_by(phone=phone)) == 1


@given(st.emails())
def test_a_mailbox_is_the_same_however_often_it_is_asked(email):
    assert same_mailbox(same_mailbox(email)) == same_mailbox(email)
    assert same_mailbox(email.upper()) == same_mailbox(email.lower())


@given(st.text(min_size=1), st.text(min_size=1))
def test_an_address_and_a_number_never_share_a_key(email, phone):
    digests = {key.digest for key in known_by(f"{email}@acme.com", phone)}
    assert len(digests) == len(known_by(f"{email}@acme.com", phone))
