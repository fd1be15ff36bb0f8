"""One request, as a handler sees it: who asks, about which workspace, with what at hand."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct

from leadflow.api.limits import RateLimits
from leadflow.api.tenancy import Tenants
from leadflow.app import App, utc_now
from leadflow.core.lead import JSON
from leadflow.errors import InputError, Problem
from leadflow.store import audit
from leadflow.store.clients import Client
from leadflow.store.configuration import DirectoryCache
from leadflow.store.database import Connection

NAMES_WORKSPACE = frozenset(("workspace",))
"""Members of a body that `Call.workspace_id` reads."""


class Desk(Struct, frozen=True):
    """What all requests of a process share."""

    app: App
    tenants: Tenants
    limits: RateLimits
    directories: DirectoryCache


class Call(Struct, frozen=True, kw_only=True):
    """An authorised request."""

    desk: Desk
    client: Client
    slug: str | None  # the workspace it names, in a header or in the query

    @property
    def app(self) -> App:
        return self.desk.app

    @property
    def actor(self) -> str:
        """Who the audit log says it was."""
        return f"key:{self.client.name}"

    @property
    def tenant(self) -> UUID | None:
        """Whose rows it may see; None: everybody's."""
        return self.client.workspace_id

    async def workspace_id(self, body: Mapping[str, JSON] | None = None) -> UUID:
        """Find the one workspace it is about; a body may name it too, as `workspace`.

        Raises:
            InputError: there is none, it is not the key's, or it is said in two ways.
        """
        named = None if body is None else body.get("workspace")
        if not isinstance(named, str | None):
            problem = Problem("workspace", "is no text", "a workspace's slug")
            raise InputError("The workspace cannot be read", (problem,))
        if named and self.slug and named != self.slug:
            expected = "one workspace, in the header, in the query or in the body"
            problem = Problem("workspace", "is another one than the request names", expected)
            raise InputError("The request names two workspaces", (problem,))
        return await self.desk.tenants.one_workspace_id(self.client, self.slug or named or None)

    async def filter_id(self) -> UUID | None:
        """Find the workspace a list is narrowed to; None: all that the key may see."""
        return await self.desk.tenants.workspace_id(self.client, self.slug)

    async def audit(
        self,
        connection: Connection,
        action: str,
        target: UUID | str,
        workspace_id: UUID | None,
        **detail: JSON,
    ) -> None:
        """Write down what it changes, in the transaction of the change."""
        change = audit.Change(
            actor=self.actor,
            action=action,
            target=str(target),
            workspace_id=workspace_id,
            detail=detail,
        )
        await audit.record(connection, change, utc_now())


def call_of(request: Request[Client, Any, Any]) -> Call:
    """Read off an authorised request what handlers ask for."""
    slug = request.headers.get("x-workspace") or request.query_params.get("workspace")
    return Call(desk=request.app.state.desk, client=request.user, slug=slug or None)


FromCall = NamedDependency[SkipValidation[Call]]
"""How a handler asks for it."""
