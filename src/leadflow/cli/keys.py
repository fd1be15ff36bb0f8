"""`leadflow keys`: who may call the API."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from leadflow.cli.output import remark, say, say_json, say_table
from leadflow.cli.usage import unfit
from leadflow.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from leadflow.store.clients import Client
    from leadflow.store.database import Connection

app = App(name="keys")

Scope = Literal["leads:write", "leads:read", "route", "admin"]  # `store.clients.Scope`, unimported
Days = Annotated[int | None, Parameter(validator=Number(gte=1, lte=36_500))]

COLUMNS = ("id", "name", "prefix", "workspace", "scopes", "rate_limit", "state")
LONGEST_NAME = 100  # characters, as in the API
NO_LIMIT = 0
PAGE = 200


@app.command
def create(
    name: str,
    /,
    *,
    scope: tuple[Scope, ...] = ("leads:write", "leads:read"),
    workspace: str | None = None,
    no_limit: bool = False,
    days: Days = None,
    json: bool = False,
) -> None:
    """Make an API key, and show it: this once, for only its digest is kept.

    Args:
        name: who holds it.
        scope: what it may do; repeat it for several.
        workspace: slug of the one workspace it is good for; without it, it is good for all.
        no_limit: let it make as many requests as it likes.
        days: for how many days it is good; for ever if not given.
        json: print JSON.
    """
    from leadflow.cli.opening import run

    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise unfit("NAME", "does not fit", f"1 to {LONGEST_NAME} characters")
    client, key = run(_create(name, scope, workspace, no_limit=no_limit, days=days))
    if json:
        say_json({**_shown(client, workspace), "key": key})
        return
    remark("Keep the key: it is not shown again.")
    say(key)


@app.command(name="list")
def list_(*, json: bool = False) -> None:
    """List all keys, those that no longer open anything too.

    Args:
        json: print JSON.
    """
    from leadflow.cli.opening import run

    rows = run(_all())
    if json:
        say_json(rows)
        return
    say_table(COLUMNS, ([_cell(row[column]) for column in COLUMNS] for row in rows))


@app.command
def revoke(key: str, /) -> None:
    """End a key for good. API processes notice within seconds.

    Args:
        key: its id, or its prefix as `keys list` shows it.
    """
    from leadflow.cli.opening import run

    client = run(_revoke(key))
    say(f"revoked {client.name} ({client.prefix}...)")


async def make(
    connection: "Connection",
    name: str,
    scopes: tuple[Scope, ...],
    workspace_id: "UUID | None",
    *,
    rate_limit: int | None = None,
    good_for: timedelta | None = None,
) -> "tuple[Client, str]":
    """Add a client and write it down; give it with its key.

    Args:
        connection: whose transaction it is.
        name: who holds the key.
        scopes: what it may do.
        workspace_id: None: every workspace.
        rate_limit: requests a window; None: the installation's default; 0: no limit.
        good_for: None: for ever.
    """
    from leadflow.app import utc_now
    from leadflow.store import audit, clients
    from leadflow.store.ids import new_id

    now = utc_now()
    key = clients.new_key()
    client = clients.Client(
        id=new_id(),
        name=name,
        prefix=key[: clients.SHOWN],
        scopes=frozenset(scopes),
        workspace_id=workspace_id,
        rate_limit=rate_limit,
        created_at=now,
        expires_at=None if good_for is None else now + good_for,
        revoked_at=None,
    )
    await clients.insert(connection, client, key)
    change = audit.Change(
        actor="cli", action="key.created", target=str(client.id), workspace_id=workspace_id
    )
    await audit.record(connection, change, now)
    return client, key


async def end(connection: "Connection", client: "Client") -> None:
    """Revoke a client's key and write it down."""
    from leadflow.app import utc_now
    from leadflow.store import audit, clients

    now = utc_now()
    await clients.revoke(connection, client.id, now)
    change = audit.Change(
        actor="cli",
        action="key.revoked",
        target=str(client.id),
        workspace_id=client.workspace_id,
    )
    await audit.record(connection, change, now)


async def everyone(connection: "Connection") -> "AsyncIterator[Client]":
    """Go through all clients, oldest first."""
    from leadflow.store import clients

    after: UUID | None = None
    while page := await clients.page(connection, None, after, PAGE):
        for client in page:
            yield client
        after = page[-1].id


async def _create(
    name: str,
    scopes: tuple[Scope, ...],
    slug: str | None,
    *,
    no_limit: bool,
    days: int | None,
) -> "tuple[Client, str]":
    from leadflow.cli.opening import opened_database
    from leadflow.cli.tenants import workspace_named

    async with opened_database() as database, database.service() as connection:
        workspace = None if slug is None else await workspace_named(connection, slug)
        return await make(
            connection,
            name,
            scopes,
            workspace.id if workspace else None,
            rate_limit=NO_LIMIT if no_limit else None,
            good_for=None if days is None else timedelta(days=days),
        )


async def _all() -> list[dict[str, object]]:
    from leadflow.cli.opening import opened_database
    from leadflow.store import workspaces

    async with opened_database() as database, database.service() as connection:
        found = [client async for client in everyone(connection)]
        ids = {client.workspace_id for client in found if client.workspace_id is not None}
        slugs = await workspaces.slugs(connection, ids)
    return [
        _shown(client, slugs.get(client.workspace_id) if client.workspace_id else None)
        for client in found
    ]


async def _revoke(key: str) -> "Client":
    from leadflow.cli.opening import opened_database

    async with opened_database() as database, database.service() as connection:
        client = await _find(connection, key)
        await end(connection, client)
        return client


async def _find(connection: "Connection", key: str) -> "Client":
    """Find one client by its id or its key's beginning.

    Raises:
        NotFoundError: there is none.
        InputError: there are several.
    """
    found = [
        client
        async for client in everyone(connection)
        if str(client.id) == key or key.startswith(client.prefix)
    ]
    if not found:
        raise NotFoundError("there is no such key: `leadflow keys list` shows them")
    if len(found) > 1:
        raise InputError(f"{len(found)} keys begin like that: name one by its id")
    return found[0]


def _shown(client: "Client", slug: str | None) -> dict[str, object]:
    return {
        "id": client.id,
        "name": client.name,
        "prefix": client.prefix,
        "workspace": slug,
        "scopes": sorted(client.scopes),
        "rate_limit": client.rate_limit,
        "created_at": client.created_at,
        "expires_at": client.expires_at,
        "revoked_at": client.revoked_at,
        "state": _state(client),
    }


def _state(client: "Client") -> Literal["valid", "revoked", "expired"]:
    from leadflow.app import utc_now

    if client.revoked_at is not None:
        return "revoked"
    return "valid" if client.valid(utc_now()) else "expired"


def _cell(value: object) -> object:
    match value:
        case list():
            return " ".join(value)
        case _:
            return value
