"""Workspaces and sources as commands name them."""

from leadflow.cli.usage import unfit
from leadflow.core.lead import Channel, Source
from leadflow.errors import NotFoundError
from leadflow.store import sources, workspaces
from leadflow.store.database import Connection
from leadflow.store.sources import DEFAULT
from leadflow.store.workspaces import Workspace

MOST = 1000  # workspaces that a sentence could not list anyway


async def workspace_named(connection: Connection, slug: str) -> Workspace:
    """Find a workspace by its slug.

    Raises:
        NotFoundError: there is none.
    """
    found = await workspaces.by_slug(connection, slug)
    if found is None:
        raise NotFoundError(f"there is no workspace {slug}")
    return found


async def one_workspace(connection: Connection, slug: str | None) -> Workspace:
    """Find the workspace that a command is about: where there is only one, it need not be named.

    Raises:
        NotFoundError: there is none of this name.
        UsageError: none was named, and there is not exactly one.
    """
    if slug is not None:
        return await workspace_named(connection, slug)
    found = await workspaces.page(connection, None, MOST)
    if len(found) == 1:
        return found[0]
    slugs = ", ".join(each.slug for each in found) or "there is none yet"
    raise unfit("--workspace", "is missing", f"the slug of one: {slugs}")


async def source_named(
    connection: Connection, workspace: Workspace, channel: Channel, name: str | None
) -> Source:
    """Find the source that a command's leads come from. None: the channel's default.

    Raises:
        UsageError: there is none of this name, or it is not active.
    """
    known = await sources.of_channel(connection, workspace.id, channel)
    entry = known.get(name or DEFAULT)
    if entry is None or not entry.active:
        what = "is not active" if entry else f"is no source of the channel {channel}"
        names = ", ".join(each.name for each in known.values() if each.active)
        raise unfit("--source", what, f"one of {names}")
    return entry.source
