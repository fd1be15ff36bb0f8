"""Submissions as senders make them, with only what a test is about spelled out."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from leadflow.core import validate
from leadflow.core.lead import JSON, Lead, Source, Submission
from leadflow.core.normalise.wrong import Wrong
from leadflow.core.outcome import Refused
from leadflow.core.verticals import REGISTRY

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SOURCE = Source(UUID(int=1), UUID(int=2), "api", "website")
SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

EXAMPLE: dict[str, JSON] = {
    "vertical": "AUTO",
    "contact_info": {
        "firstName": "John",
        "lastName": "Doe",
        "email": "john@example.com",
        "phone": "1234567890",
        "address": {"street": "123 Main St", "city": "Anytown", "state": "CA", "zip": "12345"},
        "dateOfBirth": "1980-01-01",
    },
    "vertical_data": {"vehicleYear": 2020, "make": "Toyota", "model": "Camry"},
    "traffic_source": "organic",
}
"""The body that the lead service's own document gives as its example."""

NEEDED: dict[str, dict[str, JSON]] = {
    "AUTO": {"vehicleYear": 2020, "make": "Toyota", "model": "Camry"},
    "HOME": {"propertyType": "house"},
    "HEALTH": {},
    "LIFE": {"coverageAmount": 100_000},
    "RENTERS": {"propertyType": "flat"},
    "COMMERCIAL": {"businessName": "Ann's Bakery", "businessType": "bakery"},
    "VEHICLE_SALE": {},
    "B2B": {"company": "example.com"},
}
"""What each vertical asks for, and no more."""


def submission(body):
    return Submission(
        lead_id=UUID(int=3), source=SOURCE, body=body, received_at=NOW, fingerprint=b"f" * 16
    )


def read(body, registry=REGISTRY):
    return validate.read(submission(body), NOW, registry)


def accepted(body, registry=REGISTRY):
    lead = read(body, registry)
    assert isinstance(lead, Lead), lead
    return lead


def problems(body, registry=REGISTRY):
    """Read a body that is wrong; give each problem by its path."""
    refused = read(body, registry)
    assert isinstance(refused, Refused), refused
    return {problem.field: problem for problem in refused.problems}


def with_data(vertical, **data):
    """Make a body whose vertical's fields are what is needed and `data`."""
    return {
        "vertical": vertical,
        "external_id": "1",
        "vertical_data": NEEDED[vertical] | data,
    }


def with_contact(**contact):
    return {"vertical": "HEALTH", "external_id": "1", "contact_info": contact}


def understood(found):
    """Give what a normaliser found, which must not be `Wrong`."""
    assert not isinstance(found, Wrong), found
    return found


def shared(name):
    """Find a file of the shared data; a test that needs it is skipped where there is none."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"no {path}")
    return path
