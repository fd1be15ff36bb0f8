"""The webhook's reference shows what is sent, and its code verifies it."""

import base64
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from leadflow.core.deliver import Attempt, Patience, Wait, next_move
from leadflow.core.lead import JSON, Address, Contact
from leadflow.core.payload import (
    Routed,
    RoutedAgent,
    RoutedBy,
    RoutedLead,
    RoutedTo,
    Terms,
    lead_routed,
)
from leadflow.core.signature import headers
from leadflow.destinations.webhook import judge

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "webhook.md").read_text("utf-8")
HANDED_OVER = datetime(2026, 3, 4, 12, 0, 0, 250_000, tzinfo=UTC)
KEY = bytes(range(32))
ROUTED = Routed(
    lead=RoutedLead(
        id=UUID("019cb8ab-1c00-7a31-8f4e-3d2b1a0c9e8f"),
        vertical="AUTO",
        score=72,
        quality=90,
        priority="hot",
        traffic_source="organic",
        external_id="X-1",
        created_at=datetime(2026, 3, 4, 12, 0, 0, 231_000, tzinfo=UTC),
    ),
    destination=RoutedTo(
        id=UUID("019cb8a0-5a00-7c11-9b7d-5e4f3a2b1c0d"), name="main", workspace="acme"
    ),
    rule=RoutedBy(UUID("019cb8a0-6b00-7d22-8c6e-6f5a4b3c2d1e")),
    agent=RoutedAgent(
        id=UUID("019cb8a0-7c00-7e33-9d5f-7a6b5c4d3e2f"), name="Ann Agent", email="ann@acme.example"
    ),
    assignment=Terms(
        placement_id=UUID("019cb8ab-1c0a-7b42-a05f-4e3c2b1d0a9f"),
        placed_at=HANDED_OVER,
        max_owners=1,
        price_minor=2500,
        currency="USD",
        accept_by=None,
    ),
)
CONTACT = Contact(
    first_name="Zoë",
    last_name="O'Neil",
    email="zoe@example.com",
    phone="+16175550123",
    phone_verified=True,
    address=Address(street="1 Main St", city="Boston", state="MA", zip="02108", country="US"),
    date_of_birth=date(1990, 2, 3),
)


def block(language):
    """Return the one block of this language in the page."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return found


def test_the_example_is_what_is_sent():
    data: dict[str, JSON] = {"vehicleYear": 2019, "make": "Toyota", "model": "Corolla"}
    sent = lead_routed(ROUTED, CONTACT, data, {"utm_campaign": "spring"}, HANDED_OVER)
    assert msgspec.json.decode(block("json")) == msgspec.json.decode(msgspec.json.encode(sent))


@pytest.fixture(scope="module")
def is_genuine():
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102  # the page's own code is what is tested
    return names["is_genuine"]


@pytest.mark.parametrize(
    ("key", "body", "genuine"),
    [(KEY, b'{"a": 1}', True), (KEY, b'{"a": 2}', False), (bytes(32), b'{"a": 1}', False)],
)
def test_the_code_tells_what_is_genuine(is_genuine, key, body, genuine):
    secret = "whsec_" + base64.b64encode(KEY).decode()
    signed = headers([bytes(24), key], "id", datetime.now(UTC), b'{"a": 1}')
    assert is_genuine(secret, signed, body) is genuine


def test_the_code_refuses_what_is_old(is_genuine):
    secret = "whsec_" + base64.b64encode(KEY).decode()
    signed = headers([KEY], "id", datetime(2020, 1, 1, tzinfo=UTC), b"{}")
    assert not is_genuine(secret, signed, b"{}")


def test_the_waits_are_those_that_are_made():
    named = re.search(r"after ([\d ,a-z]+) and 4 h", PAGE)
    assert named
    units = {"s": 1, "min": 60}
    waits = [int(wait.split()[0]) * units[wait.split()[1]] for wait in named[1].split(", ")]
    for failures, wait in enumerate(waits, start=1):
        move = next_move([Attempt("failed")] * failures, Patience(jitter=0), HANDED_OVER, seed=0)
        assert isinstance(move, Wait)
        assert (move.until - HANDED_OVER).total_seconds() == pytest.approx(wait, abs=30)


def test_statuses_count_as_they_are_listed():
    listed = {
        int(status): "unknown" if "**" in row else row.split("|")[2].strip()
        for row in re.findall(r"^\| [\d a].*\|$", PAGE, re.MULTILINE)
        for status in re.findall(r"\b\d{3}\b", row.split("|")[1].partition("with")[0])
    }
    meanings = {"taken": "delivered", "not taken": "failed", "refused": "refused"}
    for status, meaning in listed.items():
        asked = status == 503 and meaning == "not taken"
        assert judge(status, asked_to_wait=asked) == meanings.get(meaning, meaning), status
