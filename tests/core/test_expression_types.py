"""Expressions that no lead can make true are refused, and no others."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadflow.core import expressions
from leadflow.core.conditions import ATTRIBUTES
from leadflow.core.expression_types import MAX_DEPTH, problems, typed_of
from leadflow.core.expressions import Expression
from leadflow.core.kinds import kinds_of
from leadflow.core.verticals import REGISTRY


def refused(source):
    return [each.reason for each in problems(source, "when")]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("lead.score", "is a whole number, neither true nor false"),
        ("lead.score + 1", "is a whole number, neither true nor false"),
        ("has(lead.data.make) ? 'a' : 1", "is a whole number or a text, neither true nor false"),
        ("[true]", "is a list, neither true nor false"),
        ("{'a': true}", "is a mapping, neither true nor false"),
        ("b'a'", "is bytes, neither true nor false"),
        ("null", "is null, neither true nor false"),
        ("duration('1h')", "is a duration, neither true nor false"),
        ("timestamp('2026-01-01T00:00:00Z')", "is a timestamp, neither true nor false"),
        ("false", "is never true"),
        ("lead.state > 5", "`lead.state > 5` has no answer: a text > a whole number"),
        ("-lead.state == 'a'", "`-lead.state` has no answer: -a text"),
        ("!lead.score", "`lead.score` is a whole number, neither true nor false"),
        ("lead.score && true", "`lead.score` is a whole number, neither true nor false"),
        ("lead.score ? true : true", "`lead.score` is a whole number, neither true nor false"),
        ("lead.score * 1.5 > 3.0", "`lead.score * 1.5` has no answer: a whole number * a decimal"),
        ("lead.score == '50'", "`lead.score == '50'` is never true: a whole number == a text"),
        (
            "lead.score in ['50',]",
            "`lead.score in ['50',]` is never true: a whole number in a list",
        ),
        ("lead.data.tobacco == 'yes'", "is never true: true or false == a text"),
        ("lead.data.make == b'a'", "is never true: a text == bytes"),
        ("lead.data.drivers > '1'", "has no answer: a whole number > a text"),
        ("lead.data.insuredSince < timestamp('2026-01-01T00:00:00Z')", "a text < a timestamp"),
        ("size(lead.score) > 1", "`size(lead.score)` has no answer: size(a whole number)"),
        ("lead.state.contains(1)", "`lead.state.contains(1)` has no answer: a text.contains(a who"),
        ("lead.data.coverageTypes['a'] == 'a'", "has no answer: a list of texts[a text]"),
        ("lead.state.name == 'a'", "`lead.state.name` has no answer: a text.member"),
        ("lead.state.exists(x, x == 'a')", "a text is no list"),
        ("lead.data.coverageTypes.exists(x, x > 5)", "`x > 5` has no answer: a text > a whole"),
        ("lead.data.coverageTypes.exists(x, x)", "what the loop asks is a text, neither true"),
        ("lead.data.coverageTypes.map(x, size(x)) > 1", "a list > a whole number"),
        ("lead.data.coverageTypes.filter(x, x == 'a') == 'a'", "or a list == a text"),
        ("// of course\n (lead.state) < 0x1F", "`(lead.state) < 0x1F` has no answer"),
    ],
)
def test_what_can_never_be_true_is_refused_with_the_part_that_is_to_blame(source, reason):
    assert list(expressions.problems(source, "when", ATTRIBUTES)) == []
    (found,) = refused(source)
    assert reason in found


@pytest.mark.parametrize(
    "source",
    [
        "lead.score > 50 && lead.state == 'CA'",
        "lead.score > 50.5",
        "lead.state > 5 || lead.score > 1",  # one side decides
        "lead.state in ['CA', 'NV']",
        "lead.score in [50, '60']",
        "1 in {1: 2}",
        "{'a': 'b',}['a'] == 'b' && {'a': 1}.a == 1",
        "{}.all(x, false)",
        "!lead.data.tobacco && -lead.score > -5",
        "- -lead.state == !!lead.state",
        "lead.data.coverageTypes.all(x, x > 5)",  # of an empty list, all are
        "lead.data.coverageTypes.exists(x, x.startsWith('prop'))",
        "lead.data.coverageTypes.map(x, x != 'a', size(x))[0] > 1",
        "'a' in lead.data.coverageTypes.filter(x, x != 'b')",
        "[1, 'a'].exists(x, x > 0)",
        "type(lead.score) == int",
        "int(lead.data.model) > 3 && double(lead.score) / 2.0 > 1.0",
        "lead.data.yearsInBusiness * 2 > 3 || lead.data.yearsInBusiness * 2.0 > 3",
        "lead.data.industry > 'a' && lead.data.nobodyHasIt > 1 && lead.data.nobodyHasIt == 'a'",
        "timestamp(lead.data.insuredSince).getFullYear() > 2020",
        "lead.data.none.contains(lead.data.none, lead.data.none)",  # too many ways to go through
        "size(1, 2, 3, 4)",  # more than any function takes
        "dyn(null) == null && dyn({'a': 1}) == {'a': 1} && bytes('a') == b'a'",
        "true ? has(lead.score) : 1",
        "lead.data.coverageType == 'family'",
        "r'\\' == lead.state || b'a' == bytes(lead.state) || br'a' != b'b'",
        "1u + 1u == 2u",
    ],
)
def test_what_may_be_true_is_not(source):
    assert list(expressions.problems(source, "when", ATTRIBUTES)) == []
    assert refused(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "optional.of(1)",
        "Thing{a: 1}",
        ".lead",
        "lead.?score",
        "lead[1]",
        "lead.data[1]",
        "(1",
        "[1 2]",
        "{1: 2 3: 4}",
        "{1}",
        "1 2",
        "a ? b",
        "lead.score ? 1",
        "[1].all(lead, lead > 1)",
        "[1].all(1, true)",
        "[1].all(x; true)",
        "'a",
        "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "@",
        "",
    ],
)
def test_what_is_not_understood_may_be_anything(source):
    assert refused(source) == []
    assert typed_of(source).faults == ()


def test_parts_without_an_answer_are_known_although_the_whole_has_one():
    typed = typed_of("lead.state > 5 || lead.score != '50'")
    assert [fault.reason for fault in typed.faults] == [
        "`lead.state > 5` has no answer: a text > a whole number",
        "`lead.score != '50'` is always true: a whole number != a text",
    ]


def test_what_follows_from_a_fault_is_not_said_again():
    assert len(refused("-lead.state + 1 > 2 && lead.state - 1 == 3")) == 2


LEADS = {
    "score": st.integers(0, 3),
    "state": st.sampled_from(["CA", "a", "1", ""]),
    "data.drivers": st.integers(0, 3),
    "data.yearsInBusiness": st.integers(0, 2) | st.sampled_from([0.5, 1.0]),
    "data.tobacco": st.booleans(),
    "data.make": st.sampled_from(["a", "CA", "1"]),
    "data.coverageTypes": st.lists(st.sampled_from(["a", "CA"]), max_size=2).map(tuple),
    "data.nobodyHasIt": st.sampled_from([1, "a", True, 1.0, ("a",), ()]),
}
leads = st.fixed_dictionaries({}, optional=LEADS)

atoms = st.sampled_from(
    [
        *(f"lead.{name}" for name in LEADS),
        *("0", "1", "2u", "0.5", "1.0", "'a'", "'CA'", "'1'", "b'a'", "true", "false", "null"),
        *("[]", "['a']", "[1, 'a']", "{'a': 1}", "{1: true}", "int", "duration('1h')"),
        *(f"has(lead.{name})" for name in LEADS),
    ]
)
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%", "&&", "||"]
FORMS = [
    *("!({})", "-({})", "size({})", "int({})", "double({})", "string({})", "type({})", "dyn({})"),
    *("({})[0]", "({})['a']", "({}).a", "({}).size()", "({}).startsWith('a')", "[{}]"),
    *("({}).exists(x, x == 'a')", "({}).all(x, x > 0)", "({}).exists_one(x, x)", "uint({})"),
    *("({}).filter(x, x != 'a')", "({}).map(x, x)", "({}).map(x, x != 1, x)", "!!({})"),
]


def grown(inner):
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds(lambda form, each: form.format(each), st.sampled_from(FORMS), inner),
    )


sources = st.recursive(atoms, grown, max_leaves=6)


@given(sources, st.lists(leads, min_size=1, max_size=5))
@example("lead.score == !!lead.score", [{"score": 0}])
@example("lead.state == --lead.state", [{"state": "a"}])
@example("lead.state > 5 || lead.score > 1", [{"score": 2}])
@settings(max_examples=300)
def test_what_is_refused_holds_for_no_lead(source, many):
    if list(problems(source, "when")):
        made = Expression(source)
        for lead in many:
            assert not expressions.holds(made, expressions.context(made.mentions, lead))


@given(sources, leads)
@settings(max_examples=300)
def test_what_comes_out_is_of_a_kind_that_was_foreseen(source, lead):
    made = Expression(source)
    try:
        found = made.program.execute(expressions.context(made.mentions, lead))
    except (ValueError, *expressions.UNDECIDED):
        return
    names = {"str": "text", "int": "int", "float": "double", "NoneType": "null", "dict": "map"}
    kind = str(found).lower() if isinstance(found, bool) else names.get(type(found).__name__)
    if kind is not None:
        assert kind in typed_of(source).kinds


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("lead.score + 1", "int"),
        ("double(lead.score)", "double"),
        ("lead.state + 'a'", "text"),
        ("lead.data.coverageTypes + [1]", "list"),
        ("bytes(lead.state)", "bytes"),
        ("duration('1h') + duration('1h')", "duration"),
        ("timestamp('2026-01-01T00:00:00Z') + duration('1h')", "timestamp"),
    ],
)
def test_what_operators_and_calls_make_is_asked_of_the_interpreter(source, kind):
    assert typed_of(source).kinds == {kind}


@pytest.mark.parametrize("vertical", REGISTRY.values(), ids=lambda vertical: vertical.name)
def test_every_field_has_a_kind(vertical):
    assert all(kinds_of(f"data.{field.name}") for field in vertical.fields)
