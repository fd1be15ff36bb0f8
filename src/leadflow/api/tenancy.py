"""Which workspace and which source a request is about."""

from uuid import UUID

from leadflow.api.caching import Cache
from leadflow.core.body_fields import is_slug
from leadflow.core.lead import Channel, Source
from leadflow.errors import InputError, Problem
from leadflow.store import sources, workspaces
from leadflow.store.clients import Client
from leadflow.store.database import Database
from leadflow.store.sources import DEFAULT, SourceEntry
from leadflow.store.workspaces import Workspace

NAMED_BY = "the slug of a workspace, in the header X-Workspace or the query parameter workspace"


class Tenants:
    """Looks up workspaces and sources, and remembers them for a few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._workspaces = Cache("workspaces", self._by_slug)
        self._own = Cache("workspaces", self._by_id)
        self._sources = Cache("sources", self._of_channel)

    async def named(self, slug: str) -> Workspace:
        """Find a workspace by its slug.

        Raises:
            InputError: there is none, or it is not active.
        """
        workspace = await self._workspaces.get(slug) if is_slug(slug) else None
        if workspace is None:
            self._workspaces.forget(slug)  # it may be made the next moment
            raise _refused("workspace", "is not known", NAMED_BY)
        if not workspace.active:
            raise _refused("workspace", "is not active", "an active workspace")
        return workspace

    async def workspace_id(self, client: Client, slug: str | None) -> UUID | None:
        """Find the workspace a request is about: the key's own, or the one it names.

        None: the key is good for every workspace, and the request names none.

        Raises:
            InputError: it names one that is not there, or not the key's (`forbidden`).
        """
        if client.workspace_id is None:
            return None if slug is None else (await self.named(slug)).id
        if slug is not None:
            own = await self._own.get(client.workspace_id)
            if own is None or own.slug != slug:
                message = "This key belongs to another workspace than the request names"
                raise InputError(message, code="forbidden")
        return client.workspace_id

    async def one_workspace_id(self, client: Client, slug: str | None) -> UUID:
        """Find the workspace a request is about, which has to be one.

        Raises:
            InputError: also when the key is good for every workspace and none is named.
        """
        found = await self.workspace_id(client, slug)
        if found is None:
            raise _refused("workspace", "is missing: this key is good for all", NAMED_BY)
        return found

    async def source(self, workspace_id: UUID, channel: Channel, name: object) -> Source:
        """Find the source a lead comes from. `name` is as the sender wrote it; None: the default.

        A name that is not known is refused: a source made by a typing error would split external
        ids and figures between two sources for ever.

        Raises:
            InputError: there is no such source, or it is not active.
        """
        known = await self._sources.get((workspace_id, channel))
        entry = known.get(name or DEFAULT) if name is None or isinstance(name, str) else None
        if entry is None:
            self._sources.forget((workspace_id, channel))
            expected = ", ".join(name for name, each in known.items() if each.active)
            raise _refused("source", f"is not known in the channel {channel}", f"one of {expected}")
        if not entry.active:
            raise _refused("source", "is not active", "an active source")
        return entry.source

    async def _by_slug(self, slug: str) -> Workspace | None:
        async with self._database.service() as connection:
            return await workspaces.by_slug(connection, slug)

    async def _by_id(self, workspace_id: UUID) -> Workspace | None:
        async with self._database.service() as connection:
            return await workspaces.by_id(connection, workspace_id)

    async def _of_channel(self, key: tuple[UUID, Channel]) -> dict[str, SourceEntry]:
        workspace_id, channel = key
        async with self._database.tenant(workspace_id) as connection:
            return await sources.of_channel(connection, workspace_id, channel)


def _refused(field: str, reason: str, expected: str) -> InputError:
    return InputError(f"The {field} {reason}", (Problem(field, reason, expected),))
