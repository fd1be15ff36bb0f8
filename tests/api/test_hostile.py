"""Nothing that anybody sends is answered with a 5xx; what is refused leaves nothing behind.

A few of each kind of trouble are here; the whole published sets are read where they are, if they
are there.
"""

import asyncio
import json
import unicodedata

import pytest

from tests.api.conftest import made
from tests.core.submissions import shared
from tests.world import person

LEADS = "/api/v1/leads"
BATCH = f"{LEADS}/batch"
JSON = {"Content-Type": "application/json"}

BODIES = [
    b"",
    b" ",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"[",
    b"[" * 100_000,
    b"{" * 100_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'[{"":' * 5_000,
    b'{"a":1,"a":2}',
    b'{"a":"\\ud800"}',
    b'{"\\udfff":1}',
    b'{"a":"\\u0000"}',
    b'{"\\u0000":1}',
    b'{"a":"\xed\xa0\x80"}',
    b'{"a":1e400}',
    b'{"a":-1e-400}',
    b'{"a":' + b"9" * 5_000 + b"}",
    b'{"a":NaN}',
    b'{"a":Infinity}',
    b'{"a":01}',
    b"{'a':1}",
    b'{"a":1,}',
    b'{"a":1}{"a":1}',
    b'{"a":"\t"}',
    b'{"vertical":"AUTO"} //',
    b'"x"',
    b"[[[[]]]]",
    b'[{"vertical":"B2B","external_id":"1","vertical_data":{"company":"x"}},{]',
]
STRINGS = [
    "\0",
    "\x1b[31m",
    "\u202eevil",
    "\ufeff",
    "\u200b",
    "e\u0301",
    "\U0010ffff",
    "Ω≈ç√∫˜µ≤≥÷",  # noqa: RUF001  # look-alikes are the point
    "田中さん",
    "👩‍👩‍👧‍👦",
    "ﷺ" * 100,
    "' OR 1=1; DROP TABLE leads; --",
    "<script>alert(1)</script>",
    "{{7*7}}${7*7}<%=7*7%>",
    "../../../../etc/passwd\0.txt",
    "() { :; }; echo",
    "%s%n%x{0}",
    "=cmd|' /C calc'!A0",
    "1e309",
    "-9223372036854775809",
    "NaN",
    "null",
    "\r\nSet-Cookie: a=b",
    "x" * 100_000,
    " ",
    "",
]


def json_files():
    return sorted(shared("attack/json_test_suite/test_parsing").glob("*.json"))


def naughty_strings():
    found: list[str] = json.loads(shared("attack/blns/blns.json").read_text("utf-8"))
    return found


def sent_with(text):
    """Give parts of bodies with a text in every place where a text may stand.

    What is kept as it is stands together; what a text may be refused for stands by itself.
    """
    yield {
        "contact_info": {"firstName": text, "lastName": text},
        "vertical_data": {"company": text, "industry": text},
    }
    yield {
        "contact_info": {"address": {"street": text, "city": text}},
        "extra": text,
        "more": {"deep": [text, {"x": text}]},
    }
    yield {"external_id": text}
    yield {"traffic_source": text, "vertical_data": {"company": "x", "need": text}}
    yield {"contact_info": {"email": text}}
    yield {"contact_info": {"phone": text}}
    yield {"contact_info": {"address": {"state": text}}}
    yield {"contact_info": {"address": {"zip": text}}}
    yield {"contact_info": {"dateOfBirth": text}}
    yield {"vertical_data": {"company": "x", "revenue": text, "employees": text}}
    yield {"vertical_data": {"company": "x", "timeline": text, "budget": text}}
    yield {"x" + text: 1}
    yield {"vertical": text}
    yield {"source": text}
    yield {"submitted_at": text}


KEPT = 4
"""As many of them, the first, are kept as they are: they can be compared."""


def lead_with(parts, number):
    """Make a whole lead of some parts, by somebody whom nobody else is."""
    whole = {
        "vertical": "B2B",
        "external_id": f"hostile-{number}",
        "vertical_data": {"company": "x"},
        "contact_info": {},
    }
    return {**whole, **parts}


async def post_all(client, requests):
    """Send many requests, a few at a time; give the answers in their order."""
    turn = asyncio.Semaphore(16)

    async def post(path, body, headers):
        async with turn:
            return await client.post(path, content=body, headers=headers)

    return await asyncio.gather(*(post(*each) for each in requests))


def taken_by(path, response):
    """Give the ids of the leads that an answer says were taken: the same ones, if sent again."""
    if path != BATCH:
        answer = response.json()
        return {answer["lead"]["id"] if "lead" in answer else answer["id"]}
    if response.headers["content-type"] == "application/json":
        rows = response.json()["results"]
    else:
        rows = [json.loads(line) for line in response.text.splitlines()[:-1]]
    return {row["id"] for row in rows if row["status"] == "accepted"}


DOORS = (
    (LEADS, JSON),
    ("/api/leads/route", JSON),
    (BATCH, JSON),
    (BATCH, {"Content-Type": "application/x-ndjson"}),
    (BATCH, {"Content-Type": "text/csv"}),
)


async def bodies_do_no_harm(client, world, bodies, doors=DOORS):
    """Post bodies to doors, and insist that each is taken or refused, and nothing between."""
    requests = [(path, body, headers) for body in bodies for path, headers in doors]
    taken = set()
    for (path, body, _), response in zip(requests, await post_all(client, requests), strict=True):
        assert response.status_code < 500, (path, body[:200], response.text)
        if response.is_success:
            taken |= taken_by(path, response)
    assert await world.count() == len(taken)


async def strings_do_no_harm(client, world, strings):
    """Send texts in every field; what is taken is read again as it was understood."""
    bodies = [parts for text in strings for parts in sent_with(text)]
    leads = [lead_with(parts, number) for number, parts in enumerate(bodies)]
    places = len(list(sent_with("")))
    taken = 0
    for start in range(0, len(leads), 1000):
        part = leads[start : start + 1000]
        results = made(await client.post(BATCH, json=part), 200)["results"]
        for number, (lead, result) in enumerate(zip(part, results, strict=True), start=start):
            assert result["status"] != "failed", (lead, result)
            taken += result["status"] == "accepted"
            if result["status"] == "accepted" and number % places < KEPT:
                reads_back(lead, made(await client.get(f"{LEADS}/{result['id']}"), 200))
    assert await world.count() == taken
    assert taken >= len(leads) // 4


async def strings_in_posts_do_no_harm(client, world, strings):
    """Send texts in every field, each lead by itself."""
    leads = [
        lead_with(parts, number)
        for number, parts in enumerate(parts for text in strings for parts in sent_with(text))
    ]
    taken = set()
    requests = [(LEADS, json.dumps(lead), JSON) for lead in leads]
    for lead, response in zip(leads, await post_all(client, requests), strict=True):
        assert response.status_code in (201, 400, 409), (lead, response.text)
        if response.status_code == 201:
            taken.add(response.json()["id"])
    assert await world.count() == len(taken)


def reads_back(lead, seen):
    """Insist that what was stored is what was sent, in one line and in the composed form."""
    contact = lead["contact_info"]
    same("first_name", contact.get("firstName"), seen["contact"]["first_name"])
    same("last_name", contact.get("lastName"), seen["contact"]["last_name"])
    address = contact.get("address", {})
    same("street", address.get("street"), seen["contact"]["address"]["street"])
    same("traffic_source", lead.get("traffic_source"), seen["traffic_source"])
    same("external_id", lead.get("external_id"), seen["external_id"])
    same("company", lead["vertical_data"].get("company"), seen["vertical_data"].get("company"))
    if isinstance(lead.get("extra"), str) and lead["extra"].strip():
        kept = seen["extra"]["extra"]
        assert plain(kept) == plain(lead["extra"])


def same(what, sent, stored):
    if sent is not None:
        assert plain(stored or "") == plain(sent), what


def plain(text):
    """Reduce a text to its letters and digits: what no normalisation may touch."""
    composed = unicodedata.normalize("NFC", str(text))
    kept = (char for char in composed if unicodedata.category(char)[0] in "LN")
    return "".join(kept).casefold()


def naming(text):
    """Give requests in which a text names something: in the query, the path or a header."""
    short = text[:2000]
    filters = ("vertical", "status", "source", "destination", "cursor", "agent", "limit")
    for name in (*filters, "created_from", "workspace"):
        yield "GET", LEADS, {"params": {name: short}}
    yield "POST", BATCH, {"params": {"mapping": short}, "content": "email\n", "headers": CSV}
    yield "POST", BATCH, {"params": {"vertical": short}, "json": []}
    quoted = "".join(f"%{byte:02x}" for byte in text.encode()[:500]) or "%20"
    yield "GET", f"{LEADS}/{quoted}", {}
    yield "GET", f"/api/v1/workspaces/{quoted}", {}
    yield "GET", f"/api/v1/workspaces/{quoted}/rulebook/versions/{quoted}", {}
    yield "POST", f"{LEADS}/{quoted}/route", {"json": {"agentId": text}}
    header = text.encode()[:500].translate(None, b"\r\n\0")
    yield "POST", LEADS, {"json": {}, "headers": {b"Idempotency-Key": header}}
    yield "GET", LEADS, {"headers": {b"X-Workspace": header}}
    yield "GET", LEADS, {"headers": {b"X-Request-Id": header}}
    yield "GET", LEADS, {"headers": {b"Authorization": b"Bearer " + header}}
    yield "POST", LEADS, {"content": b"{}", "headers": {b"Content-Type": header}}


async def names_do_no_harm(client, requests):
    turn = asyncio.Semaphore(16)

    async def ask(method, path, options):
        async with turn:
            return await client.request(method, path, **options)

    for response in await asyncio.gather(*(ask(*each) for each in requests)):
        assert response.status_code < 500, (response.request.url, response.text)
        assert "location" not in response.headers


CSV = {"Content-Type": "text/csv"}


async def test_bodies_that_are_trouble_are_refused(api, world):
    await bodies_do_no_harm(api, world, BODIES)


async def test_texts_that_are_trouble_are_kept_or_refused(api, world):
    await strings_do_no_harm(api, world, STRINGS)


async def test_texts_that_are_trouble_are_kept_or_refused_one_by_one(api, world):
    await strings_in_posts_do_no_harm(api, world, STRINGS)


async def test_names_that_are_trouble_name_nothing(api):
    await names_do_no_harm(api, [each for text in STRINGS for each in naming(text)])


@pytest.mark.slow
async def test_every_file_of_the_json_test_suite_is_taken_or_refused(api, world):
    await bodies_do_no_harm(api, world, [file.read_bytes() for file in json_files()])


@pytest.mark.slow
async def test_every_file_of_the_json_test_suite_is_kept_as_a_field_or_refused(api, world):
    wrapped = [
        b'{"vertical":"B2B","external_id":"%d","vertical_data":{"company":"x"},"extra":%s}'
        % (number, file.read_bytes())
        for number, file in enumerate(json_files())
    ]
    await bodies_do_no_harm(api, world, wrapped, (DOORS[0], DOORS[3]))


@pytest.mark.slow
async def test_every_naughty_string_is_kept_or_refused(api, world):
    await strings_do_no_harm(api, world, naughty_strings())


@pytest.mark.slow
async def test_naughty_strings_are_kept_or_refused_one_by_one(api, world):
    await strings_in_posts_do_no_harm(api, world, naughty_strings()[::8])


@pytest.mark.slow
async def test_every_naughty_string_names_nothing(api):
    """Each stands in every fourth place, and the next one in others."""
    await names_do_no_harm(
        api,
        [
            each
            for number, text in enumerate(naughty_strings())
            for each in list(naming(text))[number % 4 :: 4]
        ],
    )


@pytest.mark.parametrize(
    "query",
    ["%", "%zz", "%ff", "%ed%a0%80", "a=%00", "limit=%ff", "source=%ed%a0%80", "&&==", "cursor=%f"],
)
async def test_a_query_in_no_encoding_is_no_crash(api, query):
    response = await api.get(f"{LEADS}?{query}")
    assert response.status_code in (200, 400)


@pytest.mark.parametrize("host", ["[", "a b", "x:99999999", "évil", "", "<script>"])
async def test_a_host_that_is_none_is_no_crash(anybody, host):
    for path in ("/docs", "/health/live", "/openapi.json", f"{LEADS}?limit=x"):
        response = await anybody.get(path, headers={b"Host": host.encode()})
        assert response.status_code < 500
        assert "<script>" not in response.text


async def test_a_lead_in_the_largest_shape_that_is_read_is_no_crash(api, world):
    """Thousands of members, long names, deep values: refused at once, in one short answer."""
    many = {f"field {number}": "x" * 100 for number in range(20_000)}
    response = await api.post(LEADS, json=person(1) | many)
    assert response.status_code == 400
    assert len(response.content) < 50_000
    assert await world.count() == 0
