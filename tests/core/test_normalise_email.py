"""An e-mail address is one that mail can be sent to; its case is the domain's business."""

import csv
import gzip

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from leadflow.core.normalise.email import address
from leadflow.core.normalise.wrong import Wrong
from tests.core.submissions import shared, understood

LOCAL = st.text("aZ09.+-_'%!\"ü ()", min_size=0, max_size=70)
DOMAIN = st.sampled_from(["example.com", "EXAMPLE.org", "bücher.de", "x", "a..b", "b.test"])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("john@example.com", "john@example.com"),
        (" john@example.com\n", "john@example.com"),
        ("\ufeffjohn@example.com\u200b", "john@example.com"),
        ("John.Doe@EXAMPLE.COM", "John.Doe@example.com"),
        ("o'neil+cars@example.co.uk", "o'neil+cars@example.co.uk"),
        ("ann@bücher.de", "ann@xn--bcher-kva.de"),
        ("jürgen@example.de", "jürgen@example.de"),
        ("lead@rehearsal.test", "lead@rehearsal.test"),
        ("a{b}@example.com", "a{b}@example.com"),
    ],
)
def test_an_address_keeps_its_local_part_and_gets_a_plain_domain(sent, kept):
    assert address(sent) == kept


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("john", "has no @"),
        ("", "has no @"),
        ("@example.com", "has nothing before the @"),
        ("john@", "has a domain after the @ that cannot receive mail"),
        ("john@localhost", "has a domain after the @ that cannot receive mail"),
        ("john@example", "has a domain after the @ that cannot receive mail"),
        ("john@exa mple.com", "has a domain after the @ that cannot receive mail"),
        ("john@[127.0.0.1]", "has a domain after the @ that cannot receive mail"),
        ("john@x.invalid", "has a domain after the @ that cannot receive mail"),
        ("john..doe@example.com", "has a part before the @ that is not allowed"),
        ("john.@example.com", "has a part before the @ that is not allowed"),
        ("john doe@example.com", "has a part before the @ that is not allowed"),
        ("a@b@example.com", "has a part before the @ that is not allowed"),
        ('"john"@example.com', "has a part before the @ that is not allowed"),
        ("Ann <ann@example.com>", "has a domain after the @ that cannot receive mail"),
        (f"{'x' * 65}@example.com", "has a part before the @ that is not allowed"),
        ("jo\x00hn@example.com", "has control characters in it"),
        ("jo\ud800hn@example.com", "has control characters in it"),
        (f"{'x' * 300}@a.com", "is 306 characters long; an address has at most 254"),
        (5, "is a number, not text"),
        (["a@b.com"], "is a list, not text"),
        (None, "is null, not text"),
    ],
)
def test_a_wrong_address_is_described_without_repeating_it(sent, reason):
    assert address(sent) == Wrong(reason)


def test_an_address_has_at_most_254_characters_once_its_domain_is_in_ascii():
    domain = ".".join(["ü"] * 30) + ".de"
    assert address(f"{'x' * 64}@{domain}") == Wrong("is longer than 254 characters")


@given(LOCAL, DOMAIN)
@example("Postmaster", "example.com")
@example("a" * 64, "example.com")
def test_the_short_way_agrees_with_the_library(local, domain):
    text = f"{local}@{domain}".strip()
    found = address(text)
    try:
        checked = validate_email(
            text, check_deliverability=False, strict=True, test_environment=True
        )
    except EmailNotValidError:
        assert isinstance(found, Wrong)
    else:
        expected = f"{checked.local_part}@{checked.ascii_domain}"
        assert understood(found).casefold() == expected.casefold()


@given(st.text() | st.emails())
def test_an_address_that_was_understood_is_understood_again(text):
    found = address(text)
    assert isinstance(found, Wrong) or address(found) == found


def test_verdicts_agree_with_isemail():
    """Hold ours against 261 published cases.

    isemail marks as valid, with a warning, what the RFCs allow and no form should: comments,
    quoted and folded parts, address literals, bare top-level domains. We refuse all of these.
    White space around an address is an error to it, and nothing to us.
    """
    with gzip.open(shared("contact/emails.csv.gz"), "rt", newline="") as file:
        cases = list(csv.DictReader(file))
    usable, taken = set(), set()
    for case in cases:
        text = case["address"].translate({0x240D: "\r", 0x240A: "\n", 0x2400: "\0"})
        if case["category"] in ("ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"):
            usable.add(text)  # a warning about DNS is none here: nothing is asked of the network
        if isinstance(address(text), str):
            taken.add(text)
    assert {text for text in taken - usable if text == text.strip()} == set()
    # `test@io`, 26 labels that end in a digit, and punycode of no name: 36 others are taken.
    assert len(usable - taken) <= 3
    assert len(usable & taken) >= 36
