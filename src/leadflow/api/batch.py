"""Many leads come in, each with a result of its own."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Struct

from leadflow.api.bodies import chunks, is_json, media_type, read_bytes
from leadflow.api.call import Call, FromCall
from leadflow.api.rows import Defaults, RowResult, Rows, Summary
from leadflow.api.spool import GrowingAnswer, Write
from leadflow.api.submit import IdempotencyKey, check_key
from leadflow.app import utc_now
from leadflow.errors import InputError, Problem
from leadflow.sources import Reader, Row
from leadflow.sources.csv import CsvReader
from leadflow.sources.json import LinesReader, read_array

NDJSON = "application/x-ndjson"
LINES = (NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines")
CSV = ("text/csv", "application/csv")

Vertical = Annotated[
    str | None, QueryParameter(description="the vertical of rows that name none", max_length=100)
]
SourceName = Annotated[
    str | None, QueryParameter(description="the source of rows that name none", max_length=100)
]
Mapped = Annotated[
    str | None,
    QueryParameter(
        description="CSV only: a JSON object from columns to fields, such as "
        '`{"Prospect ID": "external_id", "Notes": "-"}`; `-` leaves a column out',
        max_length=4000,  # percent-encoded it fits into the 64 kB that the server reads of a URL
    ),
]


class BatchAnswer(Struct, frozen=True):
    """What became of each row of an array, in its order, and of all of them."""

    results: tuple[RowResult, ...]
    summary: Summary


@post(
    "/api/v1/leads/batch",
    tags=["Leads"],
    status_code=200,
    opt={"scope": "leads:write", "counts_rows": True, "body": "batch", "workspace": "one"},
)
async def send_batch(
    request: Request[Any, Any, Any],
    call: FromCall,
    idempotency_key: IdempotencyKey = None,
    vertical: Vertical = None,
    source: SourceName = None,
    mapping: Mapped = None,
) -> ASGIApp:
    """Send many leads.

    A JSON array is answered as a whole. NDJSON and CSV may be of any length: their rows are taken
    as they arrive, and each is answered with a line of NDJSON, the last line being the summary. A
    bad row never costs another one its place: it is rejected by itself.

    Against the rate limit each row counts as a request. An `Idempotency-Key` makes every row known
    by its number, so that the same file sent again makes no second lead.
    """
    kind = media_type(request)
    await _check_names(call, source)
    rows = Rows(call, Defaults(vertical, source, check_key(idempotency_key)))
    columns = _read_mapping(mapping, kind)
    if is_json(kind):
        return await _answer_array(request, call, rows)
    if kind in LINES:
        return _answer_stream(request, call, rows, LinesReader())
    if kind in CSV:
        return _answer_stream(request, call, rows, CsvReader(columns))
    message = f"A batch is application/json (an array), {NDJSON} or text/csv"
    raise InputError(message, code="unsupported_media_type")


async def _check_names(call: Call, source: str | None) -> None:
    """Refuse at once what every row would be refused for."""
    workspace_id = await call.filter_id()
    if workspace_id is not None and source is not None:
        await call.desk.tenants.source(workspace_id, "batch", source)


async def _answer_array(request: Request[Any, Any, Any], call: Call, rows: Rows) -> ASGIApp:
    settings = call.app.settings
    data = await read_bytes(request, settings.max_body_bytes)
    received_at = utc_now()
    items = read_array(data)
    if len(items) > settings.max_batch_size:
        message = (
            f"The array has {len(items)} rows, more than {settings.max_batch_size}: send it as "
            f"{NDJSON} or text/csv, which may be of any length"
        )
        raise InputError(message, code="too_large")
    if items:
        await call.desk.limits.take(call.client, len(items))
    results: list[RowResult] = []
    summary = await rows.take(_listed(items, received_at), results.append)
    body = msgspec.json.encode(BatchAnswer(tuple(results), summary))
    return ASGIResponse(body=body, media_type="application/json", status_code=200)


def _answer_stream(
    request: Request[Any, Any, Any], call: Call, rows: Rows, reader: Reader
) -> ASGIApp:
    async def produce(write: Write) -> None:
        def tell(line: Struct) -> None:
            write(msgspec.json.encode(line) + b"\n")

        summary = await rows.take(_streamed(request, call, reader), tell)
        tell(LastLine(summary))

    return GrowingAnswer(produce, NDJSON)


class LastLine(Struct, frozen=True):
    """What comes after the last row's line."""

    summary: Summary


async def _listed(items: list[Row], received_at: datetime) -> AsyncGenerator[tuple[Row, datetime]]:
    for item in items:
        yield item, received_at


async def _streamed(
    request: Request[Any, Any, Any], call: Call, reader: Reader
) -> AsyncGenerator[tuple[Row, datetime]]:
    """Give rows as they arrive. Each takes its token of the rate limit first."""
    received_at = utc_now()
    async for chunk in chunks(request):
        received_at = utc_now()
        for row in reader.feed(chunk):
            await call.desk.limits.take(call.client)
            yield row, received_at
    for row in reader.end():
        await call.desk.limits.take(call.client)
        yield row, received_at


def _read_mapping(mapping: str | None, kind: str) -> Mapping[str, str]:
    if mapping is None:
        return {}
    expected = 'a JSON object such as {"Prospect ID": "external_id"}, with text/csv'
    if kind not in CSV:
        problem = Problem("mapping", "only CSV has columns", expected)
        raise InputError("The mapping cannot be used", (problem,))
    try:
        return msgspec.json.decode(mapping, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeError) as error:
        problem = Problem("mapping", "cannot be read", expected)
        raise InputError("The mapping cannot be read", (problem,)) from error
