"""What the page on guarantees names is what the harness asks and breaks, and all of it."""

import re

from proofs import guards, invariants, plan
from tests.docs.pages import code, names, rows, section, text
from tests.docs.test_explanation import SCHEMA

PAGE = text("explanation/guarantees.md")


def test_every_invariant_is_behind_a_promise():
    told = names(section(PAGE, "What is promised"), column=2)
    assert sorted(told) == sorted(invariants.statements())


def test_what_keeps_a_promise_is_in_the_schema():
    kept = names(section(PAGE, "What is promised"), column=1)
    named = {name for name in kept if not name.startswith("LEADFLOW_")}
    assert {name for name in named if not re.search(rf"\b{name}\b", SCHEMA)} == set()


def test_every_guard_is_told_with_what_sees_it_broken():
    told = {code(row[0])[0]: (row[1], code(row[2])) for row in _guards()}
    assert told == {
        name: (guard.meaning, sorted(guard.finds)) for name, guard in guards.GUARDS.items()
    }


def test_the_measure_of_a_long_run_is_the_plans():
    long = plan.long(1)
    assert f"takes in {long.leads:,} leads and kills {long.kills} times" in " ".join(PAGE.split())


def _guards():
    return rows(section(PAGE, "That the proof can fail"))
