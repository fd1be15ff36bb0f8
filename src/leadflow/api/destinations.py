"""Destinations: where a workspace takes delivery of leads, and on what terms."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from leadflow.api.bodies import read_json
from leadflow.api.call import NAMES_WORKSPACE, Call, FromCall
from leadflow.api.paging import Cursor, Limit, Page, page_of, read_cursor
from leadflow.app import utc_now
from leadflow.core.body import read_fields
from leadflow.core.body_fields import Flag, Hours, check_hours, check_url, refuse
from leadflow.core.condition_document import read_condition, write
from leadflow.core.decision import AgentChoice, CapWindow
from leadflow.core.signature import read_secret, write_secret
from leadflow.errors import InputError, NotFoundError, Problem
from leadflow.lookups.tables import centre_of
from leadflow.store import destinations, health, waking
from leadflow.store.database import Connection
from leadflow.store.destinations import DestinationEntry, Kind
from leadflow.store.ids import new_id

TAGS = ("Destinations",)
Terms = TypeVar("Terms", bound="DestinationChanges")
ADMIN = {"scope": "admin"}
SECRET_BYTES = 32

Limited = Annotated[int, Meta(ge=0, le=2_000_000_000)]
Money = Annotated[int, Meta(ge=0, le=10**12)]


class DestinationChanges(Struct, frozen=True, kw_only=True):
    """What may change about a destination."""

    url: Annotated[
        str, Meta(max_length=2000, description="an address such as https://leads.example.com/in")
    ]
    active: Flag = True
    hours: Hours = None
    caps: Annotated[
        Mapping[CapWindow, Limited],
        Meta(description='most leads a window, such as {"day": 20}; 0 stops it'),
    ] = {}
    spend_caps: Annotated[
        Mapping[CapWindow, Money],
        Meta(description='most money a window, in minor units, such as {"month": 500000}'),
    ] = {}
    filter: Annotated[
        Mapping[str, Any] | None,
        Meta(description='what it asks of a lead, as a rule does: {"if": {"score": {"min": 40}}}'),
    ] = None
    weight: Annotated[int, Meta(ge=1, le=1000, description="share in the rotation, 1 to 1000")] = 1
    price_minor: Annotated[
        int, Meta(ge=0, le=10**12, description="what a lead costs, in minor units of the currency")
    ] = 0
    currency: Annotated[
        str, Meta(pattern="^[A-Z]{3}$", description="an ISO 4217 code such as USD")
    ] = "USD"
    max_owners: Annotated[
        int,
        Meta(ge=1, le=100, description="how many may have a person at one time; 1: nobody else"),
    ] = 1
    assigns_agents: Annotated[
        bool, Meta(description="whether each lead goes to an agent of the workspace")
    ] = False
    agent_choice: Annotated[
        AgentChoice,
        Meta(description="rank: the best agent for the lead; rotation: whose turn it is"),
    ] = "rank"
    accept_within_minutes: Annotated[
        Annotated[int, Meta(ge=1, le=43_200)] | None,
        Meta(description="a lead that is not accepted by then comes back; null: it stays"),
    ] = None
    pause_after_errors: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None,
        Meta(description="deliveries in a row that fail, until it is paused; null: it never is"),
    ] = 10


class DestinationBody(DestinationChanges, frozen=True, kw_only=True):
    """A destination as its workspace sets it up."""

    name: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$",
            description="1 to 63 letters, digits, blanks, dots, hyphens and underscores",
        ),
    ]
    kind: Annotated[Kind, Meta(description="how it is delivered to: webhook")] = "webhook"
    secret: (
        Annotated[
            str,
            Meta(
                max_length=200, description="whsec_ and base64 of 24 to 64 bytes; else we make one"
            ),
        ]
        | None
    ) = None


class Secret(Struct, frozen=True):
    """What requests to a destination are signed with (Standard Webhooks)."""

    secret: Annotated[str, Meta(description="shown this once")]


class NewDestination(DestinationEntry, frozen=True, kw_only=True):
    """A destination that was just made, with the secret its requests are signed with."""

    secret: Annotated[str, Meta(description="shown this once")]


@get("/api/v1/destinations", tags=TAGS, opt={**ADMIN, "workspace": "filter"})
async def list_destinations(
    call: FromCall,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DestinationEntry]:
    """List destinations, oldest first."""
    workspace_id = await call.filter_id()
    async with call.app.database.tenant(call.tenant) as connection:
        rows = await destinations.page(connection, workspace_id, read_cursor(cursor), limit + 1)
    return page_of(rows, limit, lambda destination: destination.id)


@post(
    "/api/v1/destinations",
    tags=TAGS,
    opt={**ADMIN, "body": DestinationBody, "workspace": "one", "fails": (409,)},
)
async def create_destination(
    request: Request[Any, Any, Any], call: FromCall
) -> Response[NewDestination]:
    """Add a destination. Rules of any workspace may name it, as `workspace-slug/name`.

    The answer shows the secret that its requests are signed with. It is not shown again.
    """
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = _checked(call, read_fields(DestinationBody, body, ignore=NAMES_WORKSPACE))
    secret = _secret(given.secret)
    workspace_id = await call.workspace_id(body)
    now = utc_now()
    terms = {name: value for name, value in asdict(given).items() if name != "secret"}
    destination = DestinationEntry(
        id=new_id(), workspace_id=workspace_id, created_at=now, updated_at=now, **terms
    )
    sealed = call.app.vault.seal_text(destination.id, secret.encode())
    async with call.app.database.tenant(call.tenant) as connection:
        await destinations.insert(connection, destination, sealed)
        await _follow_up(call, connection, "destination.created", destination)
    return Response(
        NewDestination(secret=secret, **asdict(destination)),
        headers={"Location": f"/api/v1/destinations/{destination.id}"},
    )


@get("/api/v1/destinations/{destination_id:str}", tags=TAGS, opt=ADMIN)
async def get_destination(call: FromCall, destination_id: FromPath[UUID]) -> DestinationEntry:
    """Read one destination."""
    async with call.app.database.tenant(call.tenant) as connection:
        return _found(await destinations.by_id(connection, destination_id))


@patch(
    "/api/v1/destinations/{destination_id:str}",
    tags=TAGS,
    opt={**ADMIN, "changes": DestinationChanges},
)
async def change_destination(
    request: Request[Any, Any, Any], call: FromCall, destination_id: FromPath[UUID]
) -> DestinationEntry:
    """Change a destination. Its name stays: rules refer to it.

    Leads that wait for it are tried again at once. To say `"active": true` also ends a pause that
    failing deliveries have led to.
    """
    body = await read_json(request, call.app.settings.max_body_bytes)
    async with call.app.database.tenant(call.tenant) as connection:
        present = _found(await destinations.hold(connection, destination_id))
        given = _checked(call, read_fields(DestinationChanges, body, present=present))
        destination = replace(present, updated_at=utc_now(), **asdict(given))
        await destinations.update(connection, destination)
        if body.get("active") is True:
            await health.resume(connection, destination_id)
        await _follow_up(call, connection, "destination.changed", destination, *body)
    return destination


@post("/api/v1/destinations/{destination_id:str}/secret", tags=TAGS, status_code=200, opt=ADMIN)
async def replace_secret(call: FromCall, destination_id: FromPath[UUID]) -> Secret:
    """Make a new secret, and show it this once. The old one signs nothing any more."""
    secret = _secret(None)
    async with call.app.database.tenant(call.tenant) as connection:
        present = _found(await destinations.hold(connection, destination_id))
        sealed = call.app.vault.seal_text(destination_id, secret.encode())
        await destinations.replace_secret(connection, destination_id, sealed, utc_now())
        await call.audit(
            connection, "destination.secret_replaced", destination_id, present.workspace_id
        )
    return Secret(secret)


@delete("/api/v1/destinations/{destination_id:str}", tags=TAGS, opt=ADMIN)
async def remove_destination(call: FromCall, destination_id: FromPath[UUID]) -> None:
    """Deactivate a destination: it gets no more leads. Rules and leads refer to it, so it stays."""
    async with call.app.database.tenant(call.tenant) as connection:
        present = _found(await destinations.hold(connection, destination_id))
        destination = replace(present, active=False, updated_at=utc_now())
        await destinations.update(connection, destination)
        await _follow_up(call, connection, "destination.removed", destination)


def _checked(call: Call, given: Terms) -> Terms:
    """Refuse terms that cannot be. In a filter, where its zips are is written down."""
    private = call.app.settings.allow_private_destinations
    problems = [*check_url(given.url, "url", private=private), *check_hours(given.hours)]
    asked = given.filter
    if asked is not None:
        try:
            asked = write(read_condition(asked, "filter", centre_of))
        except InputError as error:
            problems += error.problems
    refuse(problems)
    return replace(given, filter=asked)


def _secret(given: str | None) -> str:
    if given is None:
        return write_secret(secrets.token_bytes(SECRET_BYTES))
    try:
        return write_secret(read_secret(given))
    except InputError as error:
        expected = "whsec_ and the base64 of 24 to 64 bytes"
        problem = Problem("secret", "is no webhook secret", expected)
        raise InputError("The body does not fit", (problem,)) from error


def _found(destination: DestinationEntry | None) -> DestinationEntry:
    if destination is None:
        raise NotFoundError("Destination not found")
    return destination


async def _follow_up(
    call: Call, connection: Connection, action: str, destination: DestinationEntry, *changed: str
) -> None:
    workspace_id = destination.workspace_id
    await call.audit(connection, action, destination.id, workspace_id, fields=changed)
    await waking.wake(connection, workspace_id, destination.updated_at)
