"""Values to decide about, with only what a test is about spelled out."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from leadflow.core.conditions import Condition
from leadflow.core.decision import AgentState, DestinationState, Held, Holding, Snapshot
from leadflow.core.lead import Profile
from leadflow.core.rulebook import Rule, Rulebook

NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Denver
PERSON = b"somebody's mail."


def uid(number):
    return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number)


SOURCE = uid(1)
PARTNER = uid(2)


def profile(lead=1000, *, vertical="AUTO", identity=(PERSON,), **attributes):
    """Make a lead; `data__make="Toyota"` stands for the attribute `data.make`."""
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return Profile(
        lead_id=uid(lead),
        workspace_id=SOURCE,
        vertical=vertical,
        attributes={"vertical": vertical, **named},
        identity=identity,
        received_at=NOW,
    )


def agent(number, **changes):
    fields = {"workspace_id": PARTNER, "active": True, "capacity": 10, "load": 0}
    return AgentState(id=uid(number), **{**fields, **changes})


def destination(number, **changes):
    fields = {"workspace_id": PARTNER, "name": f"partner/{number}", "active": True}
    return DestinationState(id=uid(number), **{**fields, **changes})


def snapshot(*destinations, held=None, returned=None):
    return Snapshot({each.id: each for each in destinations}, held or {}, returned or {})


def held(lead=900, *, most=1, until=NOW + timedelta(days=1), where=800):
    return Held(uid(lead), uid(where), uid(3), most, until)


def holding(*by, revision=1):
    return Holding(by or (held(),), revision)


def rule(number, to, *, priority=0, condition=None, **changes):
    return Rule(
        id=uid(number),
        name=f"rule {number}",
        priority=priority,
        condition=condition or Condition(),
        destination_id=uid(to),
        **changes,
    )


def rulebook(*rules, default="review", version=1, **changes):
    ordered = tuple(sorted(rules, key=lambda each: (-each.priority, each.id)))
    return Rulebook(workspace_id=SOURCE, version=version, rules=ordered, default=default, **changes)
