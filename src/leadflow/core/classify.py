"""Sort a lead into the classes that people work by: how urgent, how big, which industry, where."""

import re
from collections.abc import Mapping
from typing import Literal

from leadflow.core.amounts import count, dollars
from leadflow.core.features import days_to_buy
from leadflow.core.industry import sector
from leadflow.core.lead import JSON, Classification, Facts, Lead, Priority, Quality, Score

# Cards start at 40 or 45: hot takes several good answers, cold a bad one or none at all.
HOT_SCORE = 70
WARM_SCORE = 45
SOON = 7  # days to buying
LATE = 180
HOT_QUALITY = 30  # below it hardly a field is there to call by

Size = Literal["small", "mid", "enterprise"]

# Small ends at 50 people and 10 million a year (EU recommendation 2003/361); Gartner's enterprises
# begin at 1,000 people and 1 billion. Both are edges of the bands that forms offer.
_MID_HEADCOUNT, _ENTERPRISE_HEADCOUNT = 50, 1000
_MID_REVENUE, _ENTERPRISE_REVENUE = 10_000_000, 1_000_000_000

_SIZE_WORDS: tuple[tuple[re.Pattern[str], Size], ...] = (
    (re.compile(r"\b(?:small|smb|micro|startup|start-up|self-employed|just me)\b"), "small"),
    (re.compile(r"\b(?:mid|mid-?size[d]?|medium|mid-?market)\b"), "mid"),
    (re.compile(r"\b(?:large|enterprise)\b"), "enterprise"),
)
_LADDER: tuple[Priority, ...] = ("cold", "warm", "hot")


def classify(lead: Lead, facts: Facts, score: Score, quality: Quality) -> Classification:
    """Classify a lead; what nothing is known about stays None."""
    return Classification(
        priority=_priority(lead, score, quality),
        size=_size(lead.data),
        industry=_industry(lead.data),
        territory=facts.region or facts.country,
    )


def _priority(lead: Lead, score: Score, quality: Quality) -> Priority:
    """Say when to call: by the score, a step sooner or later by when the person means to buy."""
    step = (score.value >= WARM_SCORE) + (score.value >= HOT_SCORE)
    days = days_to_buy(lead.data)
    if days is not None:
        step += (days <= SOON) - (days > LATE)
    hottest = 2 if quality.value >= HOT_QUALITY else 1
    return _LADDER[min(max(step, 0), hottest)]


def _size(data: Mapping[str, JSON]) -> Size | None:
    """Size a company by its people; by its revenue where they are not known."""
    people = count(data, "employees")
    if people is not None:
        return _grade(people, _MID_HEADCOUNT, _ENTERPRISE_HEADCOUNT)
    words = data.get("employeesBand")
    if isinstance(words, str) and (size := _size_in_words(words)):
        return size
    revenue = dollars(data, "revenue")
    return None if revenue is None else _grade(revenue, _MID_REVENUE, _ENTERPRISE_REVENUE)


def _grade(amount: float, mid: float, enterprise: float) -> Size:
    if amount >= enterprise:
        return "enterprise"
    return "mid" if amount >= mid else "small"


def _size_in_words(words: str) -> Size | None:
    text = words.casefold()
    return next((size for pattern, size in _SIZE_WORDS if pattern.search(text)), None)


def _industry(data: Mapping[str, JSON]) -> str | None:
    """Find the sector by what the industry is said to be, else by the type of business."""
    for field in ("industry", "businessType"):
        answer = data.get(field)
        if isinstance(answer, str) and (found := sector(answer)):
            return found
    return None
