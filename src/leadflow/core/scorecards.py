"""The cards that score a lead when no trained model does: one for each vertical, as data.

The points are a judgement, not a measurement: who compares prices, says how soon and how much, and
insures something easy to insure, buys more often. Rules that keep the judgement sane:

- an ordinary lead without any answers starts at 40 or 45, so that points can go either way;
- one answer moves a lead by 12 points at most, less than a step of priority; only signs that
  nothing can be sold at all (a throw-away mailbox, a country without the product) weigh more;
- what is missing gives no points and takes none: completeness is a part of quality already;
- illness is not scored. Health plans may not rate on it, and it says nothing about wanting one.
"""

from collections.abc import Mapping

from msgspec import Struct


class AtLeast(Struct, frozen=True, tag=True):
    bound: float


class AtMost(Struct, frozen=True, tag=True):
    bound: float


class OneOf(Struct, frozen=True, tag=True):
    words: frozenset[str]  # lower-case; the case of what is seen does not matter


class Is(Struct, frozen=True, tag=True):
    truth: bool


class Given(Struct, frozen=True, tag=True):
    """There is an answer, and it is more than none: neither 0, nor empty, nor no."""


Test = AtLeast | AtMost | OneOf | Is | Given


class Grade(Struct, frozen=True):
    """Points for what is seen. `because` is a sentence with `{}` where the value goes."""

    test: Test
    points: int
    because: str


class Feature(Struct, frozen=True):
    """Something a lead is judged by. The first grade whose test holds counts, and no other.

    `name` is a field of the vertical, or one of `features.DERIVED`. Fields that hold money are
    graded in whole US dollars.
    """

    name: str
    grades: tuple[Grade, ...]
    money: bool = False


class Card(Struct, frozen=True):
    base: int
    features: tuple[Feature, ...]


def _words(*words: str) -> OneOf:
    return OneOf(frozenset(words))


_INTENT = (
    Feature(
        "interest_level",
        (
            Grade(AtLeast(0.8), 8, "interest is high"),
            Grade(AtLeast(0.5), 3, "interest is moderate"),
            Grade(AtMost(0.3), -6, "interest is low"),
        ),
    ),
    Feature(
        "days_to_buy",
        (
            Grade(AtMost(1), 10, "means to buy at once"),
            Grade(AtMost(7), 10, "means to buy within {} days"),
            Grade(AtMost(30), 7, "means to buy within {} days"),
            Grade(AtMost(90), 3, "means to buy within {} days"),
            Grade(AtLeast(181), -5, "does not mean to buy within half a year"),
        ),
    ),
)
_HISTORY = Feature(
    "reliability",
    (
        Grade(AtLeast(0.8), 8, "leads of this source have been very good ({})"),
        Grade(AtLeast(0.65), 4, "leads of this source have been good ({})"),
        Grade(AtMost(0.2), -8, "leads of this source have been very poor ({})"),
        Grade(AtMost(0.35), -4, "leads of this source have been poor ({})"),
    ),
)
_THROWN_AWAY = Grade(_words("disposable"), -15, "the mailbox is a {} one")
_BUDGET = Feature("budget_stated", (Grade(Is(truth=True), 3, "a budget is stated"),))
_MAILBOX = Feature("email_kind", (_THROWN_AWAY,))
_SHARED = (*_INTENT, _HISTORY)
_CONSUMER = (*_SHARED, _BUDGET, _MAILBOX)

# The segment agents are licensed for: policies are sold under the law of a US state.
_MARKET = Feature("abroad", (Grade(Is(truth=True), -20, "lives where the policy is not sold"),))
_INSURED = (*_CONSUMER, _MARKET)

_CLAIMS = Feature(
    "claims",
    (
        Grade(AtLeast(3), -10, "claims: {}"),
        Grade(AtLeast(2), -5, "claims: {}"),
        Grade(AtMost(0), 4, "no claims"),
    ),
)
_SECURED = Feature("securitySystem", (Grade(Is(truth=True), 3, "has a security system"),))
_COMPANY_MAILBOX = Feature(
    "email_kind",
    (
        Grade(_words("business"), 5, "writes from a company's mail domain"),
        Grade(_words("free"), -5, "writes from a {} mailbox, not a company's"),
        _THROWN_AWAY,
    ),
)
_HEADCOUNT = Feature(
    "headcount",
    (
        Grade(AtLeast(1000), 10, "has at least {:,.0f} employees"),
        Grade(AtLeast(200), 8, "has at least {:,.0f} employees"),
        Grade(AtLeast(50), 5, "has at least {:,.0f} employees"),
        Grade(AtLeast(10), 2, "has at least {:,.0f} employees"),
    ),
)
_REVENUE = Feature(
    "revenue",
    (
        Grade(AtLeast(10_000_000), 8, "earns at least {:,.0f} dollars a year"),
        Grade(AtLeast(1_000_000), 5, "earns at least {:,.0f} dollars a year"),
    ),
    money=True,
)

_AUTO = Card(
    base=45,
    features=(
        Feature(
            "vehicle_age",
            (
                Grade(AtMost(3), 6, "the vehicle's age in years is {}"),
                Grade(AtMost(8), 3, "the vehicle's age in years is {}"),
                Grade(AtLeast(20), -4, "the vehicle's age in years is {}"),
            ),
        ),
        Feature("currentInsurer", (Grade(Given(), 5, "is insured today, and compares"),)),
        Feature(
            "accidents",
            (
                Grade(AtLeast(3), -10, "accidents: {}"),
                Grade(AtLeast(2), -5, "accidents: {}"),
                Grade(AtMost(0), 5, "no accidents"),
            ),
        ),
        Feature(
            "violations",
            (
                Grade(AtLeast(3), -8, "traffic violations: {}"),
                Grade(AtLeast(1), -3, "traffic violations: {}"),
                Grade(AtMost(0), 3, "no traffic violations"),
            ),
        ),
        Feature("drivers", (Grade(AtLeast(2), 3, "{} drivers on one policy"),)),
        Feature("primaryUse", (Grade(_words("rideshare"), -3, "{} needs a special policy"),)),
        Feature("annualMileage", (Grade(AtLeast(25_000), -2, "drives {:,} miles a year"),)),
        *_INSURED,
    ),
)

_HOME = Card(
    base=45,
    features=(
        Feature(
            "roofAge",
            (
                Grade(AtMost(5), 6, "the roof's age in years is {}"),
                Grade(AtMost(15), 2, "the roof's age in years is {}"),
                Grade(AtLeast(25), -8, "the roof's age in years is {}"),
                Grade(AtLeast(20), -4, "the roof's age in years is {}"),
            ),
        ),
        Feature(
            "building_age",
            (
                Grade(AtMost(10), 4, "the building's age in years is {}"),
                Grade(AtLeast(80), -4, "the building's age in years is {}"),
            ),
        ),
        Feature(
            "propertyValue",
            (
                Grade(AtLeast(1_000_000), 6, "the property is worth {:,.0f} dollars"),
                Grade(AtLeast(300_000), 4, "the property is worth {:,.0f} dollars"),
            ),
            money=True,
        ),
        _CLAIMS,
        _SECURED,
        *_INSURED,
    ),
)

_HEALTH = Card(
    base=45,
    features=(
        Feature("coverageType", (Grade(_words("family"), 4, "asks for a {} plan"),)),
        Feature("householdSize", (Grade(AtLeast(3), 4, "a household of {}"),)),
        Feature(
            "householdIncome",
            (
                Grade(AtLeast(100_000), 4, "the household's income fits every plan"),
                Grade(AtLeast(50_000), 2, "the household's income fits most plans"),
            ),
            money=True,
        ),
        Feature("preferredDeductible", (Grade(Given(), 3, "has thought about a deductible"),)),
        Feature("tobacco", (Grade(Is(truth=True), -3, "tobacco raises the premium"),)),
        *_INSURED,
    ),
)

_LIFE = Card(
    base=45,
    features=(
        Feature(
            "coverageAmount",
            (
                Grade(AtLeast(1_000_000), 10, "asks for cover of {:,.0f} dollars"),
                Grade(AtLeast(500_000), 7, "asks for cover of {:,.0f} dollars"),
                Grade(AtLeast(250_000), 4, "asks for cover of {:,.0f} dollars"),
                Grade(AtMost(49_999.99), -3, "asks for cover of only {:,.0f} dollars"),
            ),
            money=True,
        ),
        Feature(
            "cover_to_income",
            # Insurers cap cover at some 30 yearly incomes for the young, at less later.
            (Grade(AtLeast(30.01), -12, "asks for cover of {:.0f} yearly incomes"),),
        ),
        Feature("termYears", (Grade(AtLeast(20), 3, "a term of {} years"),)),
        Feature("beneficiaries", (Grade(Given(), 3, "has somebody to protect"),)),
        Feature(
            "tobacco",
            (
                Grade(Is(truth=True), -6, "tobacco doubles the premium"),
                Grade(Is(truth=False), 3, "no tobacco"),
            ),
        ),
        *_INSURED,
    ),
)

_RENTERS = Card(
    base=45,
    features=(
        Feature(
            "personalProperty",
            (
                Grade(AtLeast(50_000), 6, "belongings worth {:,.0f} dollars"),
                Grade(AtLeast(20_000), 3, "belongings worth {:,.0f} dollars"),
            ),
            money=True,
        ),
        Feature("pets", (Grade(Is(truth=True), -2, "pets raise the liability"),)),
        _CLAIMS,
        _SECURED,
        *_INSURED,
    ),
)

_COMMERCIAL = Card(
    base=40,
    features=(
        _HEADCOUNT,
        _REVENUE,
        Feature(
            "yearsInBusiness",
            (
                Grade(AtLeast(5), 5, "years in business: {}"),
                Grade(AtMost(1), -5, "years in business: {}"),
            ),
        ),
        Feature("coverages_asked", (Grade(AtLeast(2), 4, "asks for {} coverages"),)),
        _CLAIMS,
        _COMPANY_MAILBOX,
        _BUDGET,
        _MARKET,
        *_SHARED,
    ),
)

_VEHICLE_SALE = Card(
    base=45,
    features=(
        Feature(
            "interest",
            (
                Grade(_words("test-drive"), 8, "asks for a test drive"),
                Grade(_words("buy"), 6, "wants to {}"),
                Grade(_words("lease"), 5, "wants to {}"),
                Grade(_words("trade-in"), 3, "wants to trade in"),
            ),
        ),
        Feature("condition", (Grade(_words("new"), 4, "wants a {} vehicle"),)),
        Feature("tradeIn", (Grade(Given(), 5, "has a vehicle to trade in"),)),
        Feature("stock", (Grade(Given(), 4, "asks about a vehicle in the yard"),)),
        Feature(
            "budget_to_price",
            (
                Grade(AtLeast(1.0), 6, "the budget covers the price"),
                Grade(AtLeast(0.85), 3, "the budget nearly covers the price"),
                Grade(AtMost(0.6), -6, "the budget covers {:.0%} of the price"),
            ),
        ),
        *_CONSUMER,
    ),
)

_B2B = Card(
    base=40,
    features=(
        _HEADCOUNT,
        _REVENUE,
        Feature(
            "seniority",
            (
                Grade(_words("decides"), 8, "the title is one of those who decide"),
                Grade(_words("leads"), 4, "the title is one of those who lead"),
                Grade(_words("learns"), -6, "the title is one of those who learn"),
            ),
        ),
        Feature("need", (Grade(Given(), 4, "says what is needed"),)),
        Feature(
            "budget",
            (
                Grade(AtLeast(50_000), 10, "a budget of at least {:,.0f} dollars"),
                Grade(AtLeast(10_000), 6, "a budget of at least {:,.0f} dollars"),
                Grade(AtLeast(1), 3, "a budget of at least {:,.0f} dollars"),
            ),
            money=True,
        ),
        _COMPANY_MAILBOX,
        *_SHARED,
    ),
)

CARDS: Mapping[str, Card] = {
    "AUTO": _AUTO,
    "HOME": _HOME,
    "HEALTH": _HEALTH,
    "LIFE": _LIFE,
    "RENTERS": _RENTERS,
    "COMMERCIAL": _COMMERCIAL,
    "VEHICLE_SALE": _VEHICLE_SALE,
    "B2B": _B2B,
}
PLAIN_CARD = Card(base=45, features=_CONSUMER)  # for a vertical that has none of its own yet
