"""Flags: the switches of the whole installation."""

from typing import Any

from litestar import Request, get, put
from litestar.params import FromPath
from msgspec import Struct

from leadflow.api.bodies import read_json
from leadflow.api.call import FromCall
from leadflow.api.paging import Page
from leadflow.api.workspaces import demand_operator
from leadflow.app import utc_now
from leadflow.core import body_fields
from leadflow.core.body import read_fields
from leadflow.core.controls import FLAGS
from leadflow.errors import NotFoundError
from leadflow.work import controls
from leadflow.work.controls import Switch

TAGS = ("Flags",)
ADMIN = {"scope": "admin"}


class FlagBody(Struct, frozen=True, kw_only=True):
    """What a flag is to be."""

    enabled: body_fields.Flag


@get("/api/v1/flags", tags=TAGS, opt=ADMIN)
async def list_flags(call: FromCall) -> Page[Switch]:
    """List the installation's flags. It is one page. For operators only."""
    demand_operator(call)
    return Page(await controls.switches(call.app.database), None)


@put("/api/v1/flags/{name:str}", tags=TAGS, opt={**ADMIN, "body": FlagBody})
async def set_flag(request: Request[Any, Any, Any], call: FromCall, name: FromPath[str]) -> Switch:
    """Switch a flag on or off. For operators only.

    Every process goes by it from its next transaction on. What is in hand is finished.
    """
    demand_operator(call)
    flag = next((each for each in FLAGS if each == name), None)
    if flag is None:
        raise NotFoundError("Flag not found")
    body = await read_json(request, call.app.settings.max_body_bytes)
    given = read_fields(FlagBody, body)
    return await controls.switch(
        call.app.database, flag, on=given.enabled, by=call.actor, now=utc_now()
    )
