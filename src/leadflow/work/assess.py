"""Understand one submission, as far as that goes without asking anybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from leadflow.core import enrich, identity, score, validate
from leadflow.core.attributes import profile
from leadflow.core.classify import classify
from leadflow.core.lead import (
    Classification,
    Contact,
    Facts,
    IdentityKey,
    Lead,
    Profile,
    Quality,
    Score,
    Submission,
    Warned,
)
from leadflow.core.outcome import Refused
from leadflow.core.quality import rate

NO_MODEL = "no_model"  # why the fallback scored: nobody has trained a model for the vertical


class Assessed(Struct, frozen=True, kw_only=True):
    """A valid lead and all that was made of it."""

    submission: Submission
    lead: Lead
    facts: Facts
    quality: Quality
    score: Score
    classification: Classification
    keys: tuple[IdentityKey, ...]
    profile: Profile

    @property
    def warnings(self) -> tuple[Warned, ...]:
        return self.lead.warnings + self.facts.warnings


class Personal(Struct, frozen=True):
    """What is sealed: everything that was said about the person."""

    contact: Contact
    data: Mapping[str, Any]  # any JSON, as all members below
    extra: Mapping[str, Any]


class Assessment(Struct, frozen=True):
    """What people are told about a lead. It names nobody."""

    quality: Quality
    score: Score
    classification: Classification
    warnings: tuple[Warned, ...]


def assess(
    submission: Submission, tables: enrich.LocalTables, identity_secret: bytes, now: datetime
) -> Assessed | Refused:
    """Read, enrich, rate and classify a submission, or say all that is wrong with it."""
    lead = validate.read(submission, now)
    if isinstance(lead, Refused):
        return lead
    facts = enrich.enrich(lead, tables)
    quality = rate(lead, facts, now)
    scored = replace(score.fallback(lead, facts), degraded=NO_MODEL)
    classification = classify(lead, facts, scored, quality)
    keys = identity.keys(lead.contact, identity_secret)
    return Assessed(
        submission=submission,
        lead=lead,
        facts=facts,
        quality=quality,
        score=scored,
        classification=classification,
        keys=keys,
        profile=profile(lead, facts, quality, scored, classification, keys),
    )


def personal(lead: Lead) -> bytes:
    """Write down, as JSON, what will be sealed."""
    return msgspec.json.encode(Personal(lead.contact, lead.data, lead.extra))
