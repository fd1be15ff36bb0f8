"""Free conditions in CEL: what may be asked, and what is answered when a value is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core import expressions
from leadflow.core.conditions import ATTRIBUTES
from leadflow.core.expressions import Expression

LEAD = {
    "score": 60,
    "state": "CA",
    "data.make": "Toyota",
    "data.accidents": 0,
    "data.tobacco": True,
    "data.coverageTypes": ("liability", "property"),
    "data.huge": 2**70,
    "data.broken": "\ud800",
}


def expression(source, attributes=LEAD):
    made = Expression(source)
    return made, expressions.context(made.mentions, attributes)


def problems(source):
    return [
        (each.reason, each.expected) for each in expressions.problems(source, "when", ATTRIBUTES)
    ]


@pytest.mark.parametrize(
    "source",
    [
        "lead.score > 50 && lead.data.accidents <= 1",
        "lead.state == 'CA' || lead.zip == '94110'",  # one side decides
        "lead.data.tobacco",
        "has(lead.data.make) && !has(lead.data.model)",
        "'liability' in lead.data.coverageTypes",
        "lead.data.coverageTypes.exists(each, each.startsWith('prop'))",
        "lead.data.make.matches('^T.y')",
        "lead.score > 50.5",
        "lead . score > 50 // lead.nonsense",
        "lead.data.huge > 1",
        "type(lead.score) == int",
        "true",
    ],
)
def test_what_is_true_of_the_lead_holds(source):
    assert problems(source) == []
    made, seen = expression(source)
    assert expressions.holds(made, seen)
    assert expressions.failing(made, seen) is None


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("lead.score > 90", "`lead.score > 90` is false"),
        ("lead.score", "`lead.score` is neither true nor false"),
        ("lead.zip == '94110'", "`lead.zip == '94110'` needs zip, which is not known"),
        ("lead.data.x > 1", "`lead.data.x > 1` needs x, which is not known"),
        ("lead.score / 0 > 1", "`lead.score / 0 > 1` has no answer: division by zero"),
        ("lead.state > 1", "`lead.state > 1` has no answer: No such overload"),
        ("lead.score * 999999999999999999 > 1", "has no answer: Arithmetic overflow"),
        ("lead.data.coverageTypes[7] == 'a'", "has no answer: index out of bounds"),
        ("lead.data.make.matches('(')", "has no answer: Function 'matches' error"),
    ],
)
def test_what_is_false_or_has_no_answer_does_not_hold_and_says_why(source, why):
    assert problems(source) == []
    made, seen = expression(source)
    assert not expressions.holds(made, seen)
    assert why in str(expressions.failing(made, seen))


def test_a_text_that_is_no_unicode_is_not_known():
    made, seen = expression("lead.data.broken == 'x'")
    assert "is not known" in str(expressions.failing(made, seen))
    assert expressions.holds(*expression("has(lead.data.broken) || lead.score > 50"))


def test_an_expression_names_the_attributes_it_reads():
    source = "lead.score > 1 && lead.data.make == 'lead.zip' && has(lead . data . model)"
    assert Expression(source).mentions == {"score", "data.make", "data.model"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("lead.score >", "character 13: mismatched input '<EOF>'"),
        ("", "character 1: mismatched input '<EOF>'"),
        ("true &&\n  lead.score ? 1", "its line 2, character 17: mismatched input '<EOF>'"),
        ("lead.zip == '\\q'", "character 13: token recognition error"),
        ("1e400 > 1.0", "character 1: invalid double literal"),
        ("lead.scor > 50", "there is no lead.scor"),
        ("r'\\' == lead.scor", "there is no lead.scor"),
        ("lead['score'] > 50", "`lead` as a whole is read"),
        ("lead == lead", "`lead` as a whole is read"),
        ("lead.size() > 1", "`lead` as a whole is read"),
        ("size(lead.data) > 1", "`lead.data` as a whole is read"),
        ("lead.data.size() > 1", "`lead.data` as a whole is read"),
        ("score > 50", "score is not known here"),
        ("now() > lead.score", "there is no function now"),
        ("lead.data.a.all(x, lead.data.a.all(y, x == y))", "has 2 loops"),
        ("lead.data.a.all(x, x == y)", "x, y is not known here"),
        ("true" + " " * 2000, "is 2004 characters long"),
    ],
)
def test_what_could_never_be_answered_is_refused_beforehand(source, reason):
    assert any(seen.startswith(reason) for seen, _ in problems(source))


def test_all_problems_of_an_expression_are_found_at_once():
    assert problems("nope(lead.scor) && lead.data.make == y") == [
        ("there is no function nope", f"one of {', '.join(sorted(expressions.FUNCTIONS))}"),
        ("y is not known here", "`lead` and its attributes"),
        ("there is no lead.scor", f"one of {', '.join(sorted(ATTRIBUTES))}, data"),
    ]


def test_a_long_chain_within_the_limit_is_answered():
    source = " && ".join(["true"] * 250)
    assert len(source) < expressions.MAX_CHARACTERS
    assert expressions.holds(*expression(source))


values = st.one_of(
    st.text(max_size=5),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(st.text(max_size=3), max_size=3).map(tuple),
)
operators = st.sampled_from(["==", "!=", "<", ">=", "+", "-", "*", "/", "%", "in", "&&", "||"])
operands = st.sampled_from(
    ["lead.score", "lead.data.a", "lead.data.b", "1", "0", "'a'", "1.5", "true", "['a']", "null"]
)


@given(operands, operators, operands, st.dictionaries(st.sampled_from("ab"), values))
def test_every_expression_over_any_values_has_an_answer(left, operator, right, data):
    attributes = {f"data.{name}": value for name, value in data.items()}
    made, seen = expression(f"({left} {operator} {right}) == true", attributes)
    assert expressions.holds(made, seen) is (expressions.failing(made, seen) is None)
