"""Understand one submission, as far as that goes without asking anybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

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
    Lead,
    Profile,
    Quality,
    Score,
    Submission,
    Warned,
)
from leadflow.core.outcome import Refused
from leadflow.core.quality import rate
from leadflow.store.walk import KnownPerson, SubmissionKey

WHOLE_WORKSPACE = UUID(int=0)
NO_MODEL = "no_model"  # why the fallback scored: nobody has trained a model for the vertical


class Assessed(Struct, frozen=True, kw_only=True):
    """A valid lead and all that was made of it."""

    submission: Submission
    lead: Lead
    facts: Facts
    quality: Quality
    score: Score
    classification: Classification
    profile: Profile
    submission_keys: tuple[SubmissionKey, ...]  # every name its sender may repeat it by
    persons: tuple[KnownPerson, ...]  # who it is, as the workspace and vertical may know them

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
        profile=profile(lead, facts, quality, scored, classification, keys),
        submission_keys=_submission_keys(submission, lead.external_id),
        persons=tuple((key.digest, lead.vertical, lead.source.workspace_id) for key in keys),
    )


def _submission_keys(submission: Submission, external_id: str | None) -> tuple[SubmissionKey, ...]:
    source = submission.source
    named = (
        ("idempotency", WHOLE_WORKSPACE, submission.idempotency_key),
        ("row", source.id, submission.row_key),
        ("external", source.id, external_id),
    )
    return tuple(
        SubmissionKey(source.workspace_id, kind, scope, key) for kind, scope, key in named if key
    )


def personal(lead: Lead) -> bytes:
    """Write down, as JSON, what will be sealed."""
    return msgspec.json.encode(Personal(lead.contact, lead.data, lead.extra))
