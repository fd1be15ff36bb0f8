"""Decisions in words, for those who may see the figures and those who may not."""

import pytest

from leadflow.core.conditions import Condition, OneOf
from leadflow.core.decision import Cap
from leadflow.core.explain import (
    AgentInWords,
    CandidateInWords,
    NotMatched,
    explain,
    rules_not_matched,
)
from leadflow.core.expressions import Expression
from leadflow.core.route import choose, match
from tests.core.builders import NOW, agent, destination, profile, rule, rulebook, snapshot, uid

LEAD = profile(state="CA", city="Fresno", score=40)
BOOK = rulebook(rule(1, 10, priority=3), rule(2, 11, priority=2), rule(3, 12, priority=1))
PLACES = snapshot(
    destination(10, caps=(Cap("day", 20, 20, NOW),)),
    destination(
        11,
        assigns_agents=True,
        agents=(agent(50, specialties=("AUTO",), state="CA"), agent(51, load=10)),
    ),
    destination(12),
)
NAMES = {uid(10): "pacific/web", uid(11): "pacific/phone", uid(50): "Ann"}


def explained(*, figures, book=BOOK, places=PLACES):
    decision = choose(LEAD, match(LEAD, book), book, places, NOW, 1)
    return explain(decision, NAMES, figures=figures)


def test_every_candidate_is_told_with_its_gate_or_its_rank():
    assert explained(figures=True).candidates == (
        CandidateInWords(
            rule_id=uid(1),
            rule="rule 1",
            priority=3,
            destination="pacific/web",
            rank=None,
            why="the destination is full: day cap 20 of 20 at 17:00 in UTC",
        ),
        CandidateInWords(
            rule_id=uid(2),
            rule="rule 2",
            priority=2,
            destination="pacific/phone",
            rank=1,
            why="gets the lead",
        ),
        CandidateInWords(
            rule_id=uid(3),
            rule="rule 3",
            priority=1,
            destination=str(uid(12)),  # nobody told its name
            rank=2,
            why="could have had the lead",
        ),
    )


def test_every_agent_is_told_with_their_gate_or_their_terms():
    assert explained(figures=True).agents == (
        AgentInWords(
            agent="Ann",
            rank=1,
            why="scores 0.860: specialization 1.00, proximity 0.80, performance 0.50, "
            "availability 1.00",
        ),
        AgentInWords(agent=str(uid(51)), rank=None, why="is at capacity: 10 of 10 leads open"),
    )


def test_the_sentence_of_the_decision_comes_first():
    assert explained(figures=False).sentence == (
        'Rule "rule 2" places it with partner/11: it takes every lead. '
        "The top-ranked free agent, of 1, gets it."
    )


def test_a_partners_figures_and_agents_are_kept_from_others():
    explanation = explained(figures=False)
    assert [each.why for each in explanation.candidates] == [
        "the destination is full",
        "gets the lead",
        "could have had the lead",
    ]
    assert explanation.agents == ()


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (Condition(tests=(OneOf("state", ("NV",)),)), "state is CA, not NV"),
        (Condition(tests=(OneOf("zip", ("94110",)),)), "zip is not known"),
        (Condition(when=Expression("lead.score > 50")), "`lead.score > 50` is false"),
    ],
)
def test_a_rule_that_did_not_match_says_which_test_failed(condition, why):
    book = rulebook(rule(1, 10, condition=condition, priority=1), rule(2, 10))
    assert rules_not_matched(LEAD, book) == (NotMatched(uid(1), "rule 1", why),)


def test_a_rule_that_is_switched_off_says_so():
    book = rulebook(rule(1, 10, enabled=False))
    assert rules_not_matched(LEAD, book) == (NotMatched(uid(1), "rule 1", "switched off"),)
