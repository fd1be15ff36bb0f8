"""How good a lead is as a record: complete, fresh, from a good source, easy to engage.

Quality says how well a lead can be worked; the score says how much it seems worth. The weights
are a judgement:

- completeness weighs most: an agent must ask for whatever is missing before giving a price;
- engagement comes next: a person who cannot be reached, or wants nothing yet, is not engaged by
  any call;
- freshness halves in a day: companies that answer within the hour qualify 7 times as many web
  leads as those that take longer, and 60 times as many as those that take a day ("The Short Life
  of Online Sales Leads", Harvard Business Review, March 2011);
- the source's record weighs least: it is about other people's leads.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import compress
from operator import attrgetter

from leadflow.core.lead import Facts, Lead, Quality
from leadflow.core.verticals import find

COMPLETENESS, ENGAGEMENT, FRESHNESS, RELIABILITY = 40, 25, 20, 15  # points of 100

HALF_LIFE = timedelta(days=1)

# What it takes to call and to write, then who the person is.
CONTACT_WEIGHTS: Mapping[str, float] = {
    "email": 3,
    "phone": 3,
    "first_name": 1,
    "last_name": 1,
    "address.street": 0.5,
    "date_of_birth": 0.5,
}
# The place decides who may sell to them, whether they named it or their zip tells.
PLACE_WEIGHTS: Mapping[str, float] = {"zip": 2, "state": 1, "city": 0.5}
ANSWER_WEIGHT = 0.5  # of each question: the ten or so of a vertical weigh less than mail and phone

# Hundredths of engagement. A throw-away mailbox is made to avoid being engaged.
VERIFIED_PHONE = 35
MAILBOX: Mapping[str | None, int] = {"business": 30, "free": 25, "disposable": -30}
STATED: Mapping[tuple[str, ...], int] = {
    ("budget", "budgetBand"): 15,
    ("timeline", "timeframe"): 10,
    ("interestLevel",): 10,
}


def rate(lead: Lead, facts: Facts, now: datetime) -> Quality:
    """Rate a lead. Without the time a form was filled in, the lead was fresh when it came."""
    completeness = _completeness(lead, facts)
    engagement = _engagement(lead, facts)
    freshness = _freshness(now - (lead.submitted_at or lead.received_at))
    reliability = lead.source.reliability
    total = (
        COMPLETENESS * completeness
        + ENGAGEMENT * engagement
        + FRESHNESS * freshness
        + RELIABILITY * reliability
    )
    return Quality(
        value=round(total),
        completeness=completeness,
        freshness=freshness,
        reliability=reliability,
        engagement=engagement,
    )


_contact_values = attrgetter(*CONTACT_WEIGHTS)
_place_values = attrgetter(*PLACE_WEIGHTS)
_WEIGHT_WITHOUT_ANSWERS = sum(CONTACT_WEIGHTS.values()) + sum(PLACE_WEIGHTS.values())


def _completeness(lead: Lead, facts: Facts) -> float:
    """Weigh what is there against what could be."""
    question_of, questions = _questions(lead.vertical)
    answered = len({question_of[field] for field in lead.data if field in question_of})
    present = (
        sum(compress(CONTACT_WEIGHTS.values(), _contact_values(lead.contact)))
        + sum(compress(PLACE_WEIGHTS.values(), _place_values(facts)))
        + ANSWER_WEIGHT * answered
    )
    return present / (_WEIGHT_WITHOUT_ANSWERS + ANSWER_WEIGHT * questions)


@lru_cache(maxsize=64)
def _questions(vertical: str) -> tuple[Mapping[str, str], int]:
    """Map each field a form may ask for to its question, and count the questions.

    A number and its band answer one question. Required fields are left out: every lead has them.
    """
    known = find(vertical)
    asked = () if known is None else [field for field in known.fields if not field.required]
    question_of = {field.name: field.name for field in asked if field.kind != "currency"}
    question_of |= {field.band: field.name for field in asked if field.band}
    return question_of, len(set(question_of.values()))


def _engagement(lead: Lead, facts: Facts) -> float:
    hundredths = VERIFIED_PHONE if lead.contact.phone_verified else 0
    hundredths += MAILBOX.get(facts.email_kind, 0)
    for fields, worth in STATED.items():
        if not lead.data.keys().isdisjoint(fields):
            hundredths += worth
    return max(hundredths, 0) / 100


def _freshness(age: timedelta) -> float:
    halvings = max(age / HALF_LIFE, 0.0)  # a sender's clock may run ahead of ours
    return float(0.5**halvings)
