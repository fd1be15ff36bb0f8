"""Requests that work, as the documentation shows them."""

from collections.abc import Mapping
from typing import Any

# To the letter what the documentation of the lead service before us shows.
LEAD: Mapping[str, Any] = {
    "vertical": "AUTO",
    "contact_info": {
        "firstName": "John",
        "lastName": "Doe",
        "email": "john@example.com",
        "phone": "1234567890",
        "address": {
            "street": "123 Main St",
            "city": "Anytown",
            "state": "CA",
            "zip": "12345",
        },
        "dateOfBirth": "1980-01-01",
    },
    "vertical_data": {"vehicleYear": 2020, "make": "Toyota", "model": "Camry"},
    "traffic_source": "organic",
}

B2B: Mapping[str, Any] = {
    "vertical": "B2B",
    "contact_info": {"email": "grace@navy.example.com"},
    "vertical_data": {"company": "Navy", "employees": 120, "country": "US"},
    "external_id": "crm-4711",
}

AGENT: Mapping[str, Any] = {
    "name": "Ada Lovelace",
    "email": "ada@partner.example.com",
    "licensed_states": ["CA", "NV"],
    "specialties": ["AUTO", "HOME"],
    "state": "CA",
    "rating": 4.7,
    "conversion_rate": 0.31,
    "capacity": 25,
}

HOURS: Mapping[str, Any] = {
    "time_zone": "America/Los_Angeles",
    "openings": [{"weekday": day, "opens": "08:00:00", "closes": "18:00:00"} for day in range(5)],
}

DESTINATION: Mapping[str, Any] = {
    "name": "auto-west",
    "url": "https://leads.partner.example.com/in",
    "caps": {"day": 50, "month": 1000},
    "price_minor": 2500,
    "currency": "USD",
    "assigns_agents": True,
    "hours": HOURS,
}

RULE: Mapping[str, Any] = {
    "name": "Western cars",
    "priority": 100,
    "if": {"vertical": "AUTO", "state": ["CA", "NV", "AZ"], "score": {"min": 40}},
    "when": "lead.quality > 30",
    "to": "partner/auto-west",
}

RULEBOOK: Mapping[str, Any] = {"default": "review", "exclusivity_days": 90, "rules": [RULE]}

WORKSPACE: Mapping[str, Any] = {
    "slug": "partner",
    "name": "Partner Insurance",
    "kind": "partner",
    "time_zone": "America/Los_Angeles",
}

SOURCE: Mapping[str, Any] = {"channel": "api", "name": "landing-page", "reliability": 0.7}

KEY: Mapping[str, Any] = {"name": "website", "scopes": ["leads:write"], "rate_limit": 5000}

OF_HANDLER: Mapping[str, Mapping[str, Any]] = {
    "create_lead": LEAD,
    "create_and_route": LEAD,
    "route_lead": {"agentId": "0198a5c2-7d1e-7a3b-9c4d-5e6f708192a3"},
    "accept_lead": {"placement_id": "0198a5c2-7d1e-7a3b-9c4d-5e6f708192a3"},
    "decline_lead": {"reason": "busy"},
    "record_outcome": {"outcome": "converted"},
    "close_review": {"resolution": "called, not interested"},
    "pause_routing": {"below": "hot"},
    "retry_queued": {"leadId": "0198a5c2-7d1e-7a3b-9c4d-5e6f708192a3"},
    "set_flag": {"enabled": False},
    "create_workspace": WORKSPACE,
    "change_workspace": {"time_zone": "Europe/Berlin"},
    "create_source": SOURCE,
    "change_source": {"reliability": 0.9},
    "put_rulebook": RULEBOOK,
    "check_rulebook": RULEBOOK,
    "create_rule": RULE,
    "change_rule": {"enabled": False},
    "create_destination": DESTINATION,
    "change_destination": {"active": False},
    "create_agent": AGENT,
    "change_agent": {"capacity": 30},
    "create_key": KEY,
    "change_key": {"rate_limit": 20_000},
}
