"""Lists show enough of a person to tell them apart, and too little to reach them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.lead import Address, Contact
from leadflow.core.masking import MaskedContact, masked
from tests.core.leads import NOBODY, PERSON


def test_a_person_is_covered():
    assert masked(PERSON) == MaskedContact(
        name="Z*** Q***",
        email="z***@wheelwright.example",
        phone="***2671",
        city=None,
        state=None,
    )


def test_of_nobody_nothing_is_shown():
    assert masked(NOBODY) == MaskedContact(name=None, email=None, phone=None, city=None, state=None)


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        (Contact(first_name="Zoë"), ("Z***", None, None)),
        (Contact(last_name="李"), ("李***", None, None)),
        (Contact(email='"a@b"@example.com'), (None, '"***@example.com', None)),
        (Contact(phone="1234567890"), (None, None, "***7890")),
        (Contact(phone="123456"), (None, None, "***")),  # four of six would be most of it
        (Contact(phone="+311234"), (None, None, "***1234")),
    ],
)
def test_what_is_known_is_shown_in_part(contact, shown):
    seen = masked(contact)
    assert (seen.name, seen.email, seen.phone) == shown


def test_city_and_state_are_nobody_s_secret():
    home = Address(street="1 Main St", city="Boston", state="MA", zip="02108")
    seen = masked(Contact(address=home))
    assert (seen.city, seen.state) == ("Boston", "MA")


@given(
    *(st.text("bcdfgh", min_size=6, max_size=20) for _ in range(3)),
    st.integers(10**6, 10**14).map(str),
)
def test_nothing_that_reaches_a_person_is_left(first, last, local, number):
    seen = masked(
        Contact(first_name=first, last_name=last, email=f"{local}@mail.example", phone=number)
    )
    shown = str(seen)
    assert not any(secret in shown for secret in (first, last, local, number))
