"""One lead comes in."""

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, assert_never

from litestar import Request, Response, post
from litestar.params import HeaderParameter
from msgspec import Struct
from msgspec.structs import replace

from leadflow.api.bodies import demand_json, read_bytes
from leadflow.api.call import Call, FromCall
from leadflow.api.errors import ExistingLeadError, link_of
from leadflow.app import utc_now
from leadflow.core.lead import JSON, Channel, Submission
from leadflow.core.outcome import (
    Accepted,
    Answer,
    DuplicateLead,
    KeyConflict,
    Outcome,
    Refused,
    Replayed,
)
from leadflow.errors import InputError, Problem
from leadflow.sources.json import read_body
from leadflow.store import manual
from leadflow.store.ids import new_id

FINGERPRINT_BYTES = 16
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_KEY_EXPECTED = "1 to 200 visible ASCII characters"

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="The same key and body again give the same answer, and no second lead: "
        f"{_KEY_EXPECTED}",
        schema_extra={"pattern": "^[!-~]{1,200}$"},  # which `check_key` says in words
    ),
]


class Sent(Struct, frozen=True):
    """One lead as it was sent."""

    body: Mapping[str, JSON]
    raw: bytes
    received_at: datetime  # when its last byte arrived


@post(
    "/api/v1/leads",
    tags=["Leads"],
    opt={"scope": "leads:write", "body": "lead", "workspace": "one", "fails": (409,)},
)
async def create_lead(
    request: Request[Any, Any, Any], call: FromCall, idempotency_key: IdempotencyKey = None
) -> Response[Answer]:
    """Send a lead.

    It is checked, recognised, scored and routed. The answer comes once all of that is on disk, and
    says where the lead went or what it waits for.
    """
    answer, headers = await take_in(request, call, idempotency_key)
    return Response(answer, status_code=201, headers=headers)


async def take_in(
    request: Request[Any, Any, Any], call: Call, idempotency_key: str | None
) -> tuple[Answer, dict[str, str]]:
    """Take the lead that a request brings through the walk; raises as `accepted` does."""
    sent = await read_sent(request, call.app.settings.max_body_bytes)
    submission = await submission_of(call, sent, "api", idempotency_key=check_key(idempotency_key))
    answer, headers = accepted(await call.app.intake.submit(submission))
    return await _shown(call, answer), headers


async def _shown(call: Call, answer: Answer) -> Answer:
    """Leave out which lead holds the person, where it is another workspace's."""
    if answer.duplicate_of is None:
        return answer
    async with call.app.database.tenant(call.tenant) as connection:
        if await manual.is_visible(connection, answer.duplicate_of):
            return answer
    return replace(answer, duplicate_of=None)


async def read_sent(request: Request[Any, Any, Any], most: int) -> Sent:
    """Read a request whose body is one lead.

    Raises:
        InputError: it is too long, of another type, or no JSON object.
    """
    demand_json(request)
    raw = await read_bytes(request, most)
    received_at = utc_now()
    return Sent(read_body(raw), raw, received_at)


async def submission_of(
    call: Call,
    sent: Sent,
    channel: Channel,
    *,
    source: str | None = None,
    idempotency_key: str | None = None,
    row_key: str | None = None,
) -> Submission:
    """Find out where a lead comes from, and give it its id.

    Args:
        call: who sends it.
        sent: what; a `source` that its body names wins over the argument.
        channel: the door it came through.
        source: the source's name, if the request as a whole says it.
        idempotency_key: of the request.
        row_key: of a row that has no id of its own.

    Raises:
        InputError: the workspace or the source is not there.
    """
    workspace_id = await call.workspace_id(sent.body)
    found = await call.desk.tenants.source(workspace_id, channel, sent.body.get("source") or source)
    return Submission(
        lead_id=new_id(),
        source=found,
        body={name: value for name, value in sent.body.items() if name != "workspace"},
        received_at=sent.received_at,
        fingerprint=blake2b(sent.raw, digest_size=FINGERPRINT_BYTES).digest(),
        idempotency_key=idempotency_key,
        row_key=row_key,
    )


def accepted(outcome: Outcome) -> tuple[Answer, dict[str, str]]:
    """Give what an accepted lead's sender is told, and the headers with it.

    Raises:
        InputError: it was not accepted, and why.
        ExistingLeadError: it is there already.
    """
    match outcome:
        case Accepted(answer=answer):
            return answer, {"Location": link_of(answer.id)}
        case Replayed(answer=answer):
            return answer, {"Location": link_of(answer.id), "Idempotency-Replayed": "true"}
        case DuplicateLead(lead_id=lead_id):
            message = "The same person has come in for this vertical before"
            raise ExistingLeadError(message, lead_id, "duplicate")
        case KeyConflict(kind=kind, lead_id=lead_id):
            message = f"{KEYS[kind]} came before, with another body"
            raise ExistingLeadError(message, lead_id, "idempotency_conflict")
        case Refused(problems=problems):
            count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
            raise InputError(f"The lead has {count}", problems)
        case _ as never:
            assert_never(never)


KEYS: Mapping[str, str] = {
    "idempotency": "The Idempotency-Key",
    "external": "The external id",
    "row": "The row",
}


def check_key(key: str | None) -> str | None:
    """Insist on a key that can be kept.

    Raises:
        InputError: it is too long, or has characters in it that nobody sees.
    """
    if key is None or _KEY.fullmatch(key):
        return key
    problem = Problem("Idempotency-Key", "cannot be kept", _KEY_EXPECTED)
    raise InputError("The Idempotency-Key cannot be used", (problem,))
