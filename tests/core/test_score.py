"""A fallback score is a sum of reasons, and every input can move it."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.features import DERIVED
from leadflow.core.lead import Facts
from leadflow.core.score import fallback
from leadflow.core.scorecards import CARDS, PLAIN_CARD, Given
from leadflow.core.verticals import REGISTRY
from tests.core.leads import NO_FACTS, NOW, PERSON, lead

ALL_CARDS = [*CARDS.items(), ("PLAIN", PLAIN_CARD)]
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=40)
)
JSON = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.text(), SCALARS, max_size=2)
)
NAMES = sorted({field.name for vertical in REGISTRY.values() for field in vertical.fields})


def value(vertical, data=None, *, facts=NO_FACTS, **changes):
    return fallback(lead(vertical, data, **changes), facts).value


def reasons(vertical, data=None, *, facts=NO_FACTS, **changes):
    scored = fallback(lead(vertical, data, **changes), facts)
    return {reason.feature: reason for reason in scored.reasons}


@given(
    vertical=st.sampled_from([*CARDS, "PETS"]),
    data=st.dictionaries(st.sampled_from(NAMES), JSON),
    reliability=st.floats(0, 1),
    email_kind=st.sampled_from(["business", "free", "disposable", None]),
    country=st.sampled_from(["US", "FR", None]),
)
def test_the_reasons_add_up_to_a_value_from_0_to_100(
    vertical, data, reliability, email_kind, country
):
    facts = Facts(email_kind=email_kind, country=country)
    scored = fallback(lead(vertical, data, reliability=reliability), facts)
    assert 0 <= scored.value <= 100
    assert sum(reason.points for reason in scored.reasons) == scored.value
    assert (scored.source, scored.degraded) == ("fallback", None)


@pytest.mark.parametrize("vertical", [*CARDS, "PETS"])
def test_a_lead_that_says_nothing_has_the_base_and_no_other_reason(vertical):
    assert [*reasons(vertical)] == ["base"]
    assert value(vertical) == CARDS.get(vertical, PLAIN_CARD).base


def test_every_registered_vertical_has_a_card():
    assert CARDS.keys() == REGISTRY.keys()


@pytest.mark.parametrize(("vertical", "card"), ALL_CARDS)
def test_a_card_asks_only_for_what_there_is(vertical, card):
    fields = {field.name for field in REGISTRY.get(vertical, REGISTRY["AUTO"]).fields}
    assert {feature.name for feature in card.features} <= fields | DERIVED.keys()


@pytest.mark.parametrize(("vertical", "card"), ALL_CARDS)
def test_money_and_only_money_is_graded_in_dollars(vertical, card):
    kinds = {field.name: field.kind for field in REGISTRY.get(vertical, REGISTRY["AUTO"]).fields}
    for feature in card.features:
        graded = any(not isinstance(grade.test, Given) for grade in feature.grades)
        assert feature.money is (graded and kinds.get(feature.name) == "money")


def test_every_derived_feature_is_used_by_a_card():
    used = {feature.name for _, card in ALL_CARDS for feature in card.features}
    assert DERIVED.keys() <= used


@pytest.mark.parametrize(("vertical", "card"), ALL_CARDS)
def test_no_answer_weighs_more_than_12_unless_nothing_can_be_sold(vertical, card):
    for feature in card.features:
        for grade in feature.grades:
            beyond = feature.name == "abroad" or "disposable" in getattr(grade.test, "words", ())
            assert beyond or abs(grade.points) <= 12


@pytest.mark.parametrize(("vertical", "card"), ALL_CARDS)
def test_a_feature_is_graded_once(vertical, card):
    names = [feature.name for feature in card.features]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("vertical", "field", "from_worst_to_best"),
    [
        ("AUTO", "vehicleYear", [1980, 2015, 2020, 2025, 2027]),
        ("AUTO", "accidents", [20, 3, 2, 1, 0]),
        ("AUTO", "violations", [20, 3, 2, 1, 0]),
        ("AUTO", "drivers", [1, 2, 9]),
        ("AUTO", "annualMileage", [80_000, 25_000, 24_999, 0]),
        ("AUTO", "primaryUse", ["rideshare", "personal"]),
        ("AUTO", "currentInsurer", [None, "Acme Mutual"]),
        ("HOME", "roofAge", [400, 25, 20, 19, 15, 5, 0]),
        ("HOME", "yearBuilt", [1600, 1945, 1950, 2018, 2027]),
        ("HOME", "claims", [20, 3, 2, 1, 0]),
        ("HOME", "propertyValue", [0, 30_000_000, 100_000_000]),
        ("HOME", "securitySystem", [False, True]),
        ("HEALTH", "coverageType", ["individual", "family"]),
        ("HEALTH", "householdSize", [1, 3, 20]),
        ("HEALTH", "householdIncome", [0, 5_000_000, 10_000_000]),
        ("HEALTH", "tobacco", [True, False]),
        ("HEALTH", "preferredDeductible", [None, 50_000]),
        ("LIFE", "coverageAmount", [100_000, 5_000_000, 25_000_000, 50_000_000, 10**8]),
        ("LIFE", "termYears", [10, 20, 30]),
        ("LIFE", "tobacco", [True, None, False]),
        ("LIFE", "beneficiaries", [0, 2]),
        ("RENTERS", "personalProperty", [0, 2_000_000, 5_000_000]),
        ("RENTERS", "pets", [True, False]),
        ("COMMERCIAL", "employees", [0, 10, 50, 200, 1000]),
        ("COMMERCIAL", "employeesBand", ["1-9", "10-49", "51-200", "201-500", "1,000+"]),
        ("COMMERCIAL", "revenue", [0, 100_000_000, 1_000_000_000]),
        ("COMMERCIAL", "yearsInBusiness", [0, 2, 5]),
        ("COMMERCIAL", "coverageTypes", [[], ["liability"], ["liability", "property"]]),
        ("VEHICLE_SALE", "interest", ["sell", "trade-in", "lease", "buy", "test-drive"]),
        ("VEHICLE_SALE", "condition", ["used", "new"]),
        ("VEHICLE_SALE", "timeframe", ["next year", "2 months", "2 weeks", "today"]),
        ("VEHICLE_SALE", "tradeIn", [{}, {"make": "Ford"}]),
        ("VEHICLE_SALE", "stock", [None, "A-113"]),
        ("B2B", "title", ["Student", "Clerk", "Office Manager", "Managing Director"]),
        ("B2B", "need", [None, "forklifts"]),
        ("B2B", "budget", [0, 100, 1_000_000, 5_000_000]),
        ("B2B", "budgetBand", ["none", "$1k-$5k", "$10k-$50k", "$50k+"]),
        *(
            (vertical, field, answers)
            for vertical in [*CARDS, "PETS"]
            for field, answers in (
                ("interestLevel", ["just browsing", "medium", "very high"]),
                ("timeline", ["next year", "6 months", "2 months", "2 weeks", "ASAP"]),
            )
        ),
    ],
)
def test_a_better_answer_never_costs_points_and_the_best_is_worth_some(
    vertical, field, from_worst_to_best
):
    answers = [{} if answer is None else {field: answer} for answer in from_worst_to_best]
    values = [value(vertical, data) for data in answers]
    assert values == sorted(values)
    assert values[0] < values[-1]


@pytest.mark.parametrize("vertical", [*CARDS, "PETS"])
def test_a_better_source_never_costs_points_and_the_best_is_worth_some(vertical):
    values = [value(vertical, reliability=tenth / 10) for tenth in range(11)]
    assert values == sorted(values)
    assert values[0] < value(vertical) < values[-1]


@pytest.mark.parametrize("vertical", [*CARDS, "PETS"])
def test_a_throw_away_mailbox_costs_points(vertical):
    assert value(vertical, facts=Facts(email_kind="disposable")) == value(vertical) - 15


@pytest.mark.parametrize("vertical", ["COMMERCIAL", "B2B"])
def test_companies_write_from_their_own_domain(vertical):
    free, business = (Facts(email_kind=kind) for kind in ("free", "business"))
    assert value(vertical, facts=free) < value(vertical) < value(vertical, facts=business)


@pytest.mark.parametrize(
    ("vertical", "sold_abroad"),
    [("AUTO", False), ("COMMERCIAL", False), ("VEHICLE_SALE", True), ("B2B", True)],
)
def test_policies_are_not_sold_abroad(vertical, sold_abroad):
    assert (value(vertical, facts=Facts(country="FR")) == value(vertical)) is sold_abroad
    assert value(vertical, facts=Facts(country="PR")) == value(vertical)


def test_a_budget_fits_by_how_much_of_the_price_it_covers():
    data = [{"price": 2_000_000, "budget": budget} for budget in (10**6, 14 * 10**5, 18 * 10**5)]
    values = [value("VEHICLE_SALE", each) for each in (*data, {"price": 200, "budget": 200})]
    assert values == sorted(set(values))


def test_a_budget_is_not_held_against_a_price_of_nothing():
    assert "budget_to_price" not in reasons("VEHICLE_SALE", {"price": 0, "budget": 100})


def test_cover_beyond_what_an_income_justifies_costs_points():
    asked = {"coverageAmount": 200_000_000}
    assert value("LIFE", asked | {"income": 5_000_000}) < value("LIFE", asked)
    assert value("LIFE", asked | {"income": 10_000_000}) == value("LIFE", asked)


def test_money_of_another_currency_is_not_graded():
    assert "revenue" in reasons("B2B", {"revenue": 10**9})
    assert "revenue" not in reasons("B2B", {"revenue": 10**9, "currency": "JPY"})


def test_a_vehicle_is_as_old_as_it_was_when_the_lead_came():
    later = NOW + timedelta(days=3650)
    assert value("AUTO", {"vehicleYear": 2025}) > (
        value("AUTO", {"vehicleYear": 2025}, received_at=later)
    )


def test_a_score_ends_at_0_and_says_so():
    worst = {"accidents": 9, "violations": 9, "vehicleYear": 1950, "annualMileage": 90_000}
    said = {"interestLevel": "low", "timeline": "no rush", "primaryUse": "rideshare"}
    facts = Facts(email_kind="disposable", country="FR")
    limit = reasons("AUTO", worst | said, facts=facts, reliability=0.0)["limit"]
    assert limit.points > 0
    assert limit.because == "a score ends at 0"


def test_a_score_ends_at_100_and_says_so():
    company = {"employees": 5000, "revenue": 10**12, "title": "CEO", "need": "x"}
    said = {"interestLevel": "high", "timeline": "ASAP", "budget": 10**9}
    facts = Facts(email_kind="business")
    limit = reasons("B2B", company | said, facts=facts, reliability=1.0)["limit"]
    assert limit.points < 0
    assert limit.because == "a score ends at 100"


@pytest.mark.parametrize(
    ("vertical", "data", "feature", "sentence"),
    [
        ("AUTO", {"accidents": 3}, "accidents", "accidents: 3"),
        ("LIFE", {"coverageAmount": 10**8}, "coverageAmount", "cover of 1,000,000 dollars"),
        ("B2B", {"employeesBand": "1,000+"}, "headcount", "at least 1,000 employees"),
        ("B2B", {"timeline": "2 weeks"}, "days_to_buy", "within 14 days"),
        ("VEHICLE_SALE", {"price": 200, "budget": 100}, "budget_to_price", "50% of the price"),
    ],
)
def test_a_reason_names_the_value_that_was_seen(vertical, data, feature, sentence):
    assert sentence in reasons(vertical, data)[feature].because


def test_equal_numbers_of_different_types_keep_their_own_sentence():
    assert reasons("HOME", {"claims": 2})["claims"].because == "claims: 2"
    assert reasons("HOME", {"claims": 2.0})["claims"].because == "claims: 2.0"


@pytest.mark.parametrize("vertical", REGISTRY)
def test_reasons_never_quote_a_private_answer_or_a_person(vertical):
    private = {name: f"secret of {name}" for name in REGISTRY[vertical].private}
    scored = fallback(lead(vertical, private, contact=PERSON), NO_FACTS)
    said = " ".join(reason.because for reason in scored.reasons)
    assert not re.search("secret|Zebulon|wheelwright|5552671", said)
