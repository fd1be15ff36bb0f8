"""Rulebooks: a workspace's rules as a whole, version by version."""

from typing import Annotated, Any, NamedTuple

from litestar import Request, get, post, put
from litestar.params import FromPath, QueryParameter

from leadflow.api.bodies import is_json, media_type, read_bytes
from leadflow.api.call import FromCall
from leadflow.api.paging import Limit, Page
from leadflow.api.workspaces import workspace_at
from leadflow.app import utc_now
from leadflow.errors import InputError, NotFoundError
from leadflow.sources.json import read_body
from leadflow.sources.yaml import pointing_to_lines, read_document
from leadflow.store import rulebooks
from leadflow.store.rulebooks import RulebookEntry, RulebookVersion
from leadflow.work.rules import Checked, check, put_in_force

TAGS = ("Rules",)
ADMIN = {"scope": "admin"}
YAML = ("application/yaml", "application/x-yaml", "text/yaml")
INT32 = 2**31 - 1


@get("/api/v1/workspaces/{slug:str}/rulebook", tags=TAGS, opt=ADMIN)
async def get_rulebook(call: FromCall, slug: FromPath[str]) -> RulebookEntry:
    """Read the rules in force."""
    async with call.app.database.tenant(call.tenant) as connection:
        workspace = await workspace_at(connection, slug)
        return _found(await rulebooks.in_force(connection, workspace.id))


@put("/api/v1/workspaces/{slug:str}/rulebook", tags=TAGS, opt={**ADMIN, "body": "rulebook"})
async def put_rulebook(
    request: Request[Any, Any, Any], call: FromCall, slug: FromPath[str]
) -> RulebookEntry:
    """Replace all rules, by a document in JSON or YAML.

    It becomes the next version, and is in force with the answer. Leads that wait are tried again at
    once. A document with a problem changes nothing, and every problem is named.
    """
    sent = await _read_document(request, call.app.settings.max_body_bytes)
    async with call.app.database.tenant(call.tenant) as connection:
        workspace = await workspace_at(connection, slug)
    with pointing_to_lines(sent.yaml):
        return await put_in_force(
            call.app.database,
            workspace.id,
            lambda _: sent.document,
            tenant=call.tenant,
            by=call.actor,
            now=utc_now(),
        )


@post(
    "/api/v1/workspaces/{slug:str}/rulebook/check",
    tags=TAGS,
    opt={**ADMIN, "body": "rulebook"},
    status_code=200,
)
async def check_rulebook(
    request: Request[Any, Any, Any], call: FromCall, slug: FromPath[str]
) -> Checked:
    """Look for mistakes in rules, and change nothing.

    Problems would keep the document from being put in force; they are what `PUT` would answer.
    Warnings would not: they are about what is allowed and probably a mistake.
    """
    sent = await _read_document(request, call.app.settings.max_body_bytes)
    database, tenant = call.app.database, call.tenant
    async with database.tenant(tenant) as connection:
        workspace = await workspace_at(connection, slug)
    return await check(database, workspace.id, sent.document, tenant=tenant, text=sent.yaml)


@get("/api/v1/workspaces/{slug:str}/rulebook/versions", tags=TAGS, opt=ADMIN)
async def list_versions(
    call: FromCall,
    slug: FromPath[str],
    limit: Limit = 50,
    cursor: Annotated[
        int | None,
        QueryParameter(ge=1, le=INT32, description="`next_cursor` of the page before"),
    ] = None,
) -> Page[RulebookVersion]:
    """List the versions of a workspace's rules, the newest first."""
    async with call.app.database.tenant(call.tenant) as connection:
        workspace = await workspace_at(connection, slug)
        rows = await rulebooks.versions(connection, workspace.id, cursor, limit + 1)
    shown = rows[:limit]
    return Page(shown, str(shown[-1].version) if len(rows) > limit else None)


@get("/api/v1/workspaces/{slug:str}/rulebook/versions/{version:str}", tags=TAGS, opt=ADMIN)
async def get_version(call: FromCall, slug: FromPath[str], version: FromPath[int]) -> RulebookEntry:
    """Read one version of a workspace's rules, in force or not."""
    async with call.app.database.tenant(call.tenant) as connection:
        workspace = await workspace_at(connection, slug)
        known = 0 < version <= INT32
        return _found(await rulebooks.version(connection, workspace.id, version) if known else None)


class _Sent(NamedTuple):
    document: object
    yaml: bytes | None  # what it stands in, where that is YAML


async def _read_document(request: Request[Any, Any, Any], most: int) -> _Sent:
    kind = media_type(request)
    if is_json(kind):
        return _Sent(read_body(await read_bytes(request, most)), None)
    if kind in YAML:
        text = await read_bytes(request, most)
        return _Sent(read_document(text), text)
    message = "Rules are application/json or application/yaml"
    raise InputError(message, code="unsupported_media_type")


def _found(entry: RulebookEntry | None) -> RulebookEntry:
    if entry is None:
        raise NotFoundError("There are no such rules")
    return entry
