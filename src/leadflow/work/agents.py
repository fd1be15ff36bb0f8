"""Agents as their workspace sets them up: read, and changed so that waiting leads notice."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import replace

from leadflow.core.body import read_fields
from leadflow.core.body_fields import (
    Flag,
    Hours,
    Name,
    Share,
    State,
    check_hours,
    check_leave,
    check_verticals,
)
from leadflow.core.lead import JSON
from leadflow.core.normalise import email
from leadflow.core.normalise.wrong import Wrong
from leadflow.core.schedule import Leave
from leadflow.core.verticals import find
from leadflow.errors import Problem
from leadflow.store import audit
from leadflow.store.agents import Agent
from leadflow.store.database import Connection


class AgentBody(Struct, frozen=True, kw_only=True):
    """An agent as their workspace sets them up."""

    name: Name
    email: (
        Annotated[str, Meta(max_length=254, description="an address such as name@example.com")]
        | None
    ) = None
    active: Flag = True
    licensed_states: Annotated[
        tuple[State, ...], Meta(max_length=60, description="two-letter codes; none: everywhere")
    ] = ()
    specialties: Annotated[
        tuple[Name, ...], Meta(max_length=50, description="names of verticals; none: unknown")
    ] = ()
    city: Name | None = None
    state: State | None = None
    rating: Annotated[float, Meta(ge=0, le=5, description="a number from 0 to 5")] | None = None
    conversion_rate: Share | None = None
    capacity: Annotated[
        int, Meta(ge=0, le=100_000, description="leads open at one time, 0 to 100000")
    ] = 20
    hours: Hours = None
    leave: Annotated[
        tuple[Leave, ...],
        Meta(
            max_length=100,
            description='times away, such as {"starts_at": "2026-12-24T00:00:00Z", '
            '"ends_at": "2027-01-02T00:00:00Z"}',
        ),
    ] = ()
    teams: Annotated[
        tuple[Name, ...], Meta(max_length=50, description="names of teams, which rules may name")
    ] = ()
    weight: Annotated[
        int, Meta(ge=1, le=1000, description="share where agents take turns, 1 to 1000")
    ] = 1


def read_agent(
    body: Mapping[str, JSON],
    *,
    present: Agent | None = None,
    ignore: frozenset[str] = frozenset(),
    texts: bool = False,
) -> AgentBody:
    """Read an agent, with states and verticals spelled as they are kept. See `read_fields`.

    Raises:
        InputError: with everything that is wrong with it.
    """
    given = read_fields(
        AgentBody, body, present=present, ignore=ignore, texts=texts, check=_problems
    )
    return replace(
        given,
        licensed_states=tuple(state.upper() for state in given.licensed_states),
        specialties=tuple(found.name for name in given.specialties if (found := find(name))),
        state=given.state and given.state.upper(),
    )


async def audit_agent(
    connection: Connection,
    action: str,
    agent: Agent,
    *,
    by: str,
    fields: Sequence[str] = (),
) -> None:
    """Write down what was done to an agent, in the transaction that does it."""
    change = audit.Change(
        actor=by,
        action=action,
        target=str(agent.id),
        workspace_id=agent.workspace_id,
        detail={"fields": fields},
    )
    await audit.record(connection, change, agent.updated_at)


def _problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    yield from check_hours(given.get("hours"))
    yield from check_leave(given.get("leave", ()))
    yield from check_verticals(given.get("specialties", ()), "specialties")
    address = given.get("email")
    if address is not None and isinstance(wrong := email.address(address), Wrong):
        yield Problem("email", wrong.reason, "an address such as name@example.com")
