"""What a lead is judged by beside its plain answers: features made of several, or of facts."""

import re
from collections.abc import Callable, Mapping

from leadflow.core import answers
from leadflow.core.amounts import count, dollars, is_number
from leadflow.core.enrich import USPS_COUNTRIES
from leadflow.core.lead import JSON, Facts, Lead

Read = Callable[[Lead, Facts], JSON]
"""Read a feature of a lead; None when it is not known."""

_RANKS = tuple(
    (re.compile(rf"\b(?:{words})\b"), rank)
    for words, rank in (
        (r"chief|c[a-z]o|owner|(?:co)?founder|president|s?vp|partner|director|head", "decides"),
        (r"manager|lead|supervisor", "leads"),
        (r"intern|student|trainee", "learns"),
    )
)


def days_to_buy(data: Mapping[str, JSON]) -> int | None:
    """Read how soon the person means to buy, in days."""
    answer = data.get("timeline") or data.get("timeframe")
    return answers.days_until(answer) if isinstance(answer, str) else None


def _abroad(_lead: Lead, facts: Facts) -> bool | None:
    return None if facts.country is None else facts.country not in USPS_COUNTRIES


def _age_since(field: str) -> Read:
    """Make a feature of a year: how many years before the lead it was."""

    def age(lead: Lead, _facts: Facts) -> float | None:
        year = lead.data.get(field)
        return max(lead.received_at.year - year, 0) if is_number(year) else None

    return age


def _ratio(field: str, to: str) -> Read:
    """Make a feature of two amounts of money: how often the second fits into the first."""

    def ratio(lead: Lead, _facts: Facts) -> float | None:
        part, whole = dollars(lead.data, field), dollars(lead.data, to)
        return part / whole if part is not None and whole else None

    return ratio


def _budget_stated(lead: Lead, _facts: Facts) -> bool:
    return bool(lead.data.get("budget") or lead.data.get("budgetBand"))


def _coverages_asked(lead: Lead, _facts: Facts) -> int | None:
    types = lead.data.get("coverageTypes")
    return len(types) if isinstance(types, list | tuple) else None


def _interest_level(lead: Lead, _facts: Facts) -> float | None:
    answer = lead.data.get("interestLevel")
    return answers.interest(answer) if isinstance(answer, str) else None


def _seniority(lead: Lead, _facts: Facts) -> str | None:
    title = lead.data.get("title")
    if not isinstance(title, str):
        return None
    text = title.casefold()
    return next((rank for words, rank in _RANKS if words.search(text)), None)


DERIVED: Mapping[str, Read] = {
    "abroad": _abroad,
    "budget_stated": _budget_stated,
    "budget_to_price": _ratio("budget", to="price"),
    "building_age": _age_since("yearBuilt"),
    "cover_to_income": _ratio("coverageAmount", to="income"),
    "coverages_asked": _coverages_asked,
    "days_to_buy": lambda lead, _facts: days_to_buy(lead.data),
    "email_kind": lambda _lead, facts: facts.email_kind,
    "headcount": lambda lead, _facts: count(lead.data, "employees"),
    "interest_level": _interest_level,
    "reliability": lambda lead, _facts: lead.source.reliability,
    "seniority": _seniority,
    "vehicle_age": _age_since("vehicleYear"),
}
