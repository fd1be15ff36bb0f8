"""What the explanations say in numbers and names is so."""

import inspect
import re
from importlib.resources import files
from typing import get_args

import pytest

from leadflow.api import explaining
from leadflow.core import decision, deliver, identity
from leadflow.core.decision import (
    Decision,
    DuplicateOf,
    Kept,
    NoCandidate,
    Placed,
    SentToReview,
    Waiting,
)
from leadflow.core.deliver import AttemptOutcome
from leadflow.core.lead import Contact
from leadflow.core.lifecycle import state_after
from leadflow.destinations.webhook import judge
from leadflow.store.database import LOCK_TIMEOUT
from leadflow.work import group, loop, viewing
from leadflow.work.decide import Decided
from leadflow.work.deliver import LEASE_MARGIN, Limits
from leadflow.work.record import Undecided
from leadflow.work.routing import LEASE
from tests.core.builders import NOW, profile, uid
from tests.docs.pages import code, names, rows, section, text

ARCHITECTURE = text("explanation/architecture.md")
DECISIONS = text("explanation/decisions-and-explain.md")
IDENTITY = text("explanation/identity-and-duplicates.md")
DELIVERY = text("explanation/delivery.md")
SCHEMA = "".join(
    file.read_text(encoding="utf-8")
    for file in (files("leadflow.store") / "migrations").iterdir()
    if file.name.endswith(".sql")
)
[KINDS] = re.findall(r"submission_keys_kind_is_known CHECK \(kind IN \((.*?)\)\)", SCHEMA)
SECRET = b"a secret of sixteen bytes or more"


def plain(page):
    """Read a page as one line: where lines end means nothing."""
    return " ".join(page.split())


# Architecture.


def test_constraints_are_in_the_schema():
    part = section(ARCHITECTURE, "One store, one transaction")
    for row in rows(part):
        [name] = code(row[0])
        if "primary key" in row[0]:
            table = SCHEMA.partition(f"CREATE TABLE {name} (")[2].partition(");")[0]
            assert "PRIMARY KEY" in table
        else:
            assert re.search(rf"\b{name}\b", SCHEMA)


def test_the_architectures_numbers_are_the_codes():
    most = inspect.signature(group.GroupCommit).parameters
    said = plain(ARCHITECTURE)
    assert f"holds {most['most'].default} leads at most" in said
    assert most["bulk_share"].default == 0.25
    assert "at most a quarter of a group" in said
    assert f"sleeps until something is due, {loop.LONGEST_SLEEP.seconds} seconds at most" in said
    assert f"decided again, {group.RETRIES} times at most" in said
    assert f"held for more than {LOCK_TIMEOUT.removesuffix('s')} seconds" in said
    assert f"lease ends after {LEASE.seconds // 60} minutes" in said
    assert f"At most {Limits().per_destination} requests to one destination" in said
    assert loop.AWAY.seconds == 1
    assert "look again every second" in said


# Decisions.


def test_outcomes_are_those_that_decisions_have():
    tags = [each.__struct_config__.tag for each in get_args(decision.Outcome)]
    assert sorted(names(section(DECISIONS, "How it can end"))) == sorted(tags)


@pytest.mark.parametrize("row", rows(section(DECISIONS, "How it can end")), ids=lambda row: row[0])
def test_an_outcome_costs_a_try_or_none_as_it_says(row):
    outcomes = (
        Placed(None, uid(1), None, None), Kept(uid(1)), DuplicateOf(uid(1), uid(2)), Waiting(NOW),
        NoCandidate(""), SentToReview(""),
    )  # fmt: skip
    [outcome] = [each for each in outcomes if each.__struct_config__.tag == code(row[0])[0]]
    lead = Undecided(profile=profile(), priority="warm", attempts=2, taken_up_at=NOW)
    taken = Decision(lead_id=uid(1), outcome=outcome, sentence="", candidates=(), agents=(),
                     rulebook_version=1, seed=0, decided_at=NOW)  # fmt: skip
    decided = Decided(lead=lead, decision=taken, state=state_after(outcome, 2, 3))
    assert decided.attempts == {"yes": 2, "no": 1}[row[2]]


def test_records_are_tables():
    for name in names(section(DECISIONS, "What is recorded")):
        assert f"CREATE TABLE {name} (" in SCHEMA


def test_as_many_decisions_are_explained_as_it_says():
    assert explaining.MOST == viewing.MOST_DECISIONS
    assert f"Explained are the {explaining.MOST} newest decisions" in DECISIONS


# Identity.


def keys(**contact):
    return identity.keys(Contact(**contact), SECRET)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Acme.example", "ann@acme.example"), ("a.nn+x@gmail.com", "ann@googlemail.com"),
    ],
)  # fmt: skip
def test_spellings_of_one_mailbox_are_one_person(one, other):
    assert keys(email=one) == keys(email=other) != ()


def test_elsewhere_dots_and_tags_may_make_another_person():
    assert keys(email="a.nn@acme.example") != keys(email="ann@acme.example")
    assert keys(email="ann+x@acme.example") != keys(email="ann@acme.example")


def test_placeholders_of_the_page_recognise_nobody():
    [placeholders] = re.findall(r"\*\*Placeholders\*\* recognise nobody: (.*?)\. Otherwise",
                                plain(IDENTITY))  # fmt: skip
    shown = [each.strip("`") for each in placeholders.split(", ")]
    assert len(shown) == 5
    for each in shown:
        contact = {"email": each} if "@" in each else {"phone": number(each)}
        assert keys(**contact, phone_verified=True) == ()


def number(shown):
    """Write a page's number in E.164, with the area code that it may lack."""
    digits = re.sub(r"\D", "", shown)
    return f"+1{'415' * (len(digits) == 7)}{digits}"


def test_an_unverified_number_recognises_nobody():
    assert keys(phone="4155552671") == ()
    assert keys(phone="+14155552671", phone_verified=True)


def test_hashes_are_as_long_as_the_page_says():
    [key] = keys(email="ann@acme.example")
    assert f"BLAKE2b of {len(key.digest)} bytes" in plain(IDENTITY)


def test_a_submission_is_known_by_the_keys_that_the_page_lists():
    assert len(rows(section(IDENTITY, "The same submission"))) == len(KINDS.split(","))


# Delivery.


def test_outcomes_of_an_attempt_are_those_there_are():
    assert names(section(DELIVERY, "How an attempt ends")) == list(get_args(AttemptOutcome))


def test_statuses_count_as_the_examples_say():
    for outcome, _, examples in rows(section(DELIVERY, "How an attempt ends")):
        for status in map(int, re.findall(r"\b[2-5]\d\d\b", examples)):
            assert judge(status, asked_to_wait=status == 503) == code(outcome)[0]


def test_deliverys_numbers_are_the_codes():
    said = plain(DELIVERY)
    assert f"`DELIVERY_TIMEOUT` and {LEASE_MARGIN.seconds} seconds after it began" in said
    assert f"at most {Limits().per_destination} of them to one destination" in said


def test_the_drawing_is_the_one_beside_the_code():
    drawing = section(DELIVERY, "What becomes of a delivery").partition("```text\n")[2]
    states = re.findall(r"^.*[─┤└│].*$", drawing.partition("```")[0], re.MULTILINE)
    beside = re.findall(r"^.*[─┤└│].*$", deliver.__doc__, re.MULTILINE)
    assert [line.split("  sent again")[0].rstrip() for line in states] == [
        line.split("  sent again")[0].rstrip() for line in beside
    ]
