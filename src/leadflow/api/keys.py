"""API keys: who may call, for which workspace, to do what."""

from datetime import datetime
from typing import Annotated, Any
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
from leadflow.core.body_fields import Name, in_utc
from leadflow.errors import InputError, NotFoundError
from leadflow.store import clients
from leadflow.store.clients import Client, Scope
from leadflow.store.ids import new_id

TAGS = ("Keys",)
ADMIN = {"scope": "admin"}


class KeyBody(Struct, frozen=True, kw_only=True):
    """A key as an administrator sets it up."""

    name: Name
    scopes: Annotated[
        frozenset[Scope], Meta(min_length=1, description="leads:write, leads:read, route, admin")
    ]
    rate_limit: (
        Annotated[
            int,
            Meta(ge=0, le=10**9, description="requests a window; null: the default; 0: no limit"),
        ]
        | None
    ) = None
    expires_at: (
        Annotated[datetime, Meta(tz=True, description="such as 2027-01-01T00:00:00Z; null: never")]
        | None
    ) = None


class NewKey(Client, frozen=True, kw_only=True):
    """A key that was just made."""

    key: Annotated[str, Meta(description="shown this once; only a digest of it is kept")]


@get("/api/v1/keys", tags=TAGS, opt={**ADMIN, "workspace": "filter"})
async def list_keys(
    call: FromCall,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Client]:
    """List keys, oldest first, those that open nothing any more too. Never the keys themselves."""
    workspace_id = await call.filter_id()
    async with call.app.database.service() as connection:
        rows = await clients.page(connection, workspace_id, read_cursor(cursor), limit + 1)
    return page_of(rows, limit, lambda client: client.id)


@post("/api/v1/keys", tags=TAGS, opt={**ADMIN, "body": KeyBody, "workspace": "one"})
async def create_key(request: Request[Any, Any, Any], call: FromCall) -> Response[NewKey]:
    """Make a key, and show it this once.

    It is for your workspace. A key that is good for every workspace makes keys for the workspace
    that the body names, or without one keys that are as good as itself. No key gives what it lacks.
    """
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = _checked(read_fields(KeyBody, body, ignore=NAMES_WORKSPACE))
    _refuse_more(call, given)
    named = call.tenant is not None or call.slug or body.get("workspace")
    workspace_id = await call.workspace_id(body) if named else None
    key = clients.new_key()
    client = Client(
        id=new_id(),
        prefix=key[: clients.SHOWN],
        workspace_id=workspace_id,
        created_at=utc_now(),
        revoked_at=None,
        **asdict(given),
    )
    async with call.app.database.service() as connection:
        await clients.insert(connection, client, key)
        await call.audit(
            connection, "key.created", client.id, workspace_id, scopes=sorted(client.scopes)
        )
    headers = {"Location": f"/api/v1/keys/{client.id}"}
    return Response(NewKey(key=key, **asdict(client)), headers=headers)


@get("/api/v1/keys/{key_id:str}", tags=TAGS, opt=ADMIN)
async def get_key(call: FromCall, key_id: FromPath[UUID]) -> Client:
    """Read about one key."""
    async with call.app.database.service() as connection:
        return _found(await clients.by_id(connection, key_id, call.tenant))


@patch("/api/v1/keys/{key_id:str}", tags=TAGS, opt={**ADMIN, "changes": KeyBody})
async def change_key(
    request: Request[Any, Any, Any], call: FromCall, key_id: FromPath[UUID]
) -> Client:
    """Change what a key may do. Its workspace stays."""
    body = await read_json(request, call.app.settings.max_body_bytes)
    async with call.app.database.service() as connection:
        present = _found(await clients.hold(connection, key_id, call.tenant))
        given = _checked(read_fields(KeyBody, body, present=present))
        _refuse_more(call, given, present)
        client = replace(present, **asdict(given))
        await clients.update(connection, client)
        await call.audit(connection, "key.changed", key_id, client.workspace_id, fields=list(body))
    return client


@delete("/api/v1/keys/{key_id:str}", tags=TAGS, opt=ADMIN)
async def revoke_key(call: FromCall, key_id: FromPath[UUID]) -> None:
    """Revoke a key, for good. Within 5 seconds it opens nothing any more."""
    async with call.app.database.service() as connection:
        present = _found(await clients.hold(connection, key_id, call.tenant))
        await clients.revoke(connection, key_id, utc_now())
        await call.audit(connection, "key.revoked", key_id, present.workspace_id)


def _checked(given: KeyBody) -> KeyBody:
    return replace(given, expires_at=in_utc(given.expires_at, "expires_at"))


def _refuse_more(call: Call, given: KeyBody, present: Client | None = None) -> None:
    """Let nobody give what they lack. What a key has already is not given.

    Raises:
        InputError: `forbidden`.
    """
    had = frozenset[Scope]() if present is None else present.scopes
    lacking = sorted(given.scopes - had - call.client.scopes)
    if lacking:
        message = f"This key cannot give what it lacks: {', '.join(lacking)}"
        raise InputError(message, code="forbidden")
    most = call.app.settings.rate_limit_max
    lifted = given.rate_limit is not None and not 0 < given.rate_limit <= most
    kept = present is not None and present.rate_limit == given.rate_limit
    if lifted and not kept and call.tenant is not None:
        message = f"Only operators give keys more than {most} requests"
        raise InputError(message, code="forbidden")


def _found(client: Client | None) -> Client:
    if client is None:
        raise NotFoundError("Key not found")
    return client
