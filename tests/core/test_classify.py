"""Classes that people work by; what is not known is no class."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.core.classify import HOT_QUALITY, HOT_SCORE, WARM_SCORE, classify
from leadflow.core.industry import sector
from leadflow.core.lead import Classification, Facts, Quality, Score
from tests.core.leads import NO_FACTS, lead


def classified(vertical="B2B", data=None, *, score=50, quality=60, facts=NO_FACTS):
    return classify(
        lead(vertical, data),
        facts,
        Score(value=score, source="fallback", reasons=()),
        Quality(quality, completeness=0.5, freshness=1.0, reliability=0.5, engagement=0.5),
    )


def test_a_lead_of_which_nothing_is_known_has_only_a_priority():
    assert classified() == Classification(priority="warm")


@pytest.mark.parametrize(
    ("score", "priority"),
    [
        (0, "cold"),
        (WARM_SCORE - 1, "cold"),
        (WARM_SCORE, "warm"),
        (HOT_SCORE - 1, "warm"),
        (HOT_SCORE, "hot"),
        (100, "hot"),
    ],
)
def test_the_score_makes_the_priority(score, priority):
    assert classified(score=score).priority == priority


@pytest.mark.parametrize(
    ("score", "timeline", "priority"),
    [
        (WARM_SCORE, "this week", "hot"),
        (0, "today", "warm"),
        (HOT_SCORE, "today", "hot"),
        (WARM_SCORE, "next month", "warm"),
        (HOT_SCORE, "next year", "warm"),
        (0, "next year", "cold"),
        (WARM_SCORE, "perhaps", "warm"),
    ],
)
def test_who_buys_soon_is_a_step_hotter_and_who_does_not_a_step_colder(score, timeline, priority):
    assert classified(data={"timeline": timeline}, score=score).priority == priority


def test_nobody_is_called_first_whom_nobody_can_call():
    assert classified(score=100, quality=HOT_QUALITY).priority == "hot"
    assert classified(score=100, quality=HOT_QUALITY - 1).priority == "warm"


@given(scores=st.tuples(st.integers(0, 100), st.integers(0, 100)), quality=st.integers(0, 100))
def test_a_higher_score_is_never_colder(scores, quality):
    ladder = ("cold", "warm", "hot")
    low, high = (
        ladder.index(classified(score=score, quality=quality).priority) for score in sorted(scores)
    )
    assert low <= high


@pytest.mark.parametrize(
    ("data", "size"),
    [
        ({"employees": 0}, "small"),
        ({"employees": 49}, "small"),
        ({"employees": 50}, "mid"),
        ({"employees": 999}, "mid"),
        ({"employees": 1000}, "enterprise"),
        ({"employeesBand": "1-10"}, "small"),
        ({"employeesBand": "11-50"}, "small"),
        ({"employeesBand": "51-200"}, "mid"),
        ({"employeesBand": "501-1,000"}, "mid"),
        ({"employeesBand": "1,001-5,000"}, "enterprise"),
        ({"employeesBand": "Small business"}, "small"),
        ({"employeesBand": "mid-market"}, "mid"),
        ({"employeesBand": "Enterprise"}, "enterprise"),
        ({"revenue": 100_000_000}, "small"),
        ({"revenue": 1_000_000_000}, "mid"),
        ({"revenue": 100_000_000_000}, "enterprise"),
        ({"revenueBand": "$1M-$5M"}, "small"),
        ({"revenueBand": "$10M+"}, "mid"),
        ({"revenueBand": "over $1 billion"}, "enterprise"),
        ({"employees": 5, "revenue": 100_000_000_000}, "small"),
        ({"employeesBand": "plenty", "revenueBand": "$10M+"}, "mid"),
        ({"employeesBand": "plenty"}, None),
        ({"revenue": 10**12, "currency": "JPY"}, None),
        ({}, None),
    ],
)
def test_a_company_is_as_big_as_its_people_or_else_its_revenue(data, size):
    assert classified(data=data).size == size


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("722511", "Accommodation and Food Services"),
        ("72", "Accommodation and Food Services"),
        ("NAICS 5415", "Professional, Scientific, and Technical Services"),
        ("31-33", "Manufacturing"),
        ("44", "Retail Trade"),
        ("524210 - Insurance Agencies", "Finance and Insurance"),
        ("Software", "Information"),
        ("health insurance", "Finance and Insurance"),
        ("Hospital", "Health Care and Social Assistance"),
        ("Commercial roofing", "Construction"),
        ("24 hour gym", "Arts, Entertainment, and Recreation"),
        ("IT", "Professional, Scientific, and Technical Services"),
    ],
)
def test_an_industry_is_a_sector_by_its_code_or_its_words(answer, title):
    assert sector(answer) == title


@pytest.mark.parametrize("answer", ["", "99", "1234567", "other", "Barnacles", "with"])
def test_an_industry_nobody_knows_is_none(answer):
    assert sector(answer) is None


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ({"industry": "trucking", "businessType": "restaurant"}, "Transportation and Warehousing"),
        ({"industry": "other", "businessType": "restaurant"}, "Accommodation and Food Services"),
        ({"businessType": "restaurant"}, "Accommodation and Food Services"),
        ({"businessType": "LLC"}, None),
    ],
)
def test_the_type_of_business_tells_the_industry_where_it_is_not_named(data, title):
    assert classified("COMMERCIAL", data).industry == title


@pytest.mark.parametrize(
    ("facts", "territory"),
    [
        (Facts(region="South", country="US"), "South"),
        (Facts(country="PR"), "PR"),
        (Facts(), None),
    ],
)
def test_a_territory_is_a_region_or_else_a_country(facts, territory):
    assert classified(facts=facts).territory == territory
