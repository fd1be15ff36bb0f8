"""A batch of any length: answered while it is still being sent, and ended where it must."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from leadflow.api.spool import GrowingAnswer, Spool
from leadflow.errors import TemporaryError
from tests.api.conftest import error, under
from tests.api.test_batch import BATCH, NDJSON, counts, lines, stream
from tests.world import people, person


class Caller:
    """Speaks ASGI to an application, one message at a time."""

    def __init__(self, asgi, path, headers):
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self.answers: asyncio.Queue[Any] = asyncio.Queue()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        self.call = asyncio.create_task(asgi(scope, self.sent.get, self.answers.put))

    async def send(self, body, *, more=True):
        await self.sent.put({"type": "http.request", "body": body, "more_body": more})

    async def leave(self):
        await self.sent.put({"type": "http.disconnect"})

    async def answer(self):
        async with asyncio.timeout(10):
            return await self.answers.get()

    async def results(self, many):
        """Wait for as many lines of the answer, however they are cut."""
        body = b""
        while body.count(b"\n") < many:
            body += (await self.answer())["body"]
        assert body.count(b"\n") == many
        return [json.loads(line) for line in body.splitlines()]


@pytest.fixture
async def caller(world):
    headers = {"Authorization": f"Bearer {world.key}", "Content-Type": NDJSON}
    caller = Caller(world.asgi, BATCH, headers)
    yield caller
    caller.call.cancel()
    await asyncio.wait([caller.call])


async def test_results_come_while_the_rows_are_still_being_sent(caller):
    await caller.send(lines([person(1)]))
    assert (await caller.answer())["status"] == 200
    [first] = await caller.results(1)
    assert first["status"] == "accepted"
    await caller.send(lines([person(2)]), more=False)
    second, last = await caller.results(2)
    assert second["status"] == "accepted"
    assert counts(last["summary"]) == {"rows": 2, "accepted": 2}


async def test_a_client_that_reads_nothing_until_it_has_sent_all_is_answered(world):
    """What is answered is kept on disk meanwhile: neither side waits for the other."""
    async with under(world) as api:
        _, summary = await stream(api, lines([{"vertical": "B2B"}] * 3000))
    assert counts(summary) == {"rows": 3000, "rejected": 3000}


async def test_a_client_that_goes_away_leaves_what_it_sent(world, caller):
    await caller.send(lines(people(3)))
    await caller.leave()
    await caller.call
    assert await world.count() == 3


async def test_a_client_that_goes_away_before_its_first_row_leaves_nothing(world, caller):
    await caller.leave()
    await caller.call
    assert (await caller.answer())["status"] == 400
    assert await world.count() == 0


async def test_a_bucket_that_runs_dry_ends_a_stream_where_it_can_be_taken_up(world):
    async with world.holder(rate_limit=3) as api:
        results, summary = await stream(api, lines(people(5)))
        assert [each["status"] for each in results] == ["accepted"] * 3
        stopped = summary["stopped"]
        assert (stopped["code"], stopped["next_row"]) == ("rate_limited", 4)
        assert stopped["retry_after_s"] > 0
        response = await api.post(BATCH, content=lines(people(1)), headers={"Content-Type": NDJSON})
        error(response, 429, "rate_limited")


async def test_a_database_that_goes_away_ends_a_stream_where_it_can_be_taken_up(world, caller):
    await caller.send(lines(people(3)))
    await caller.answer()
    assert {each["status"] for each in await caller.results(3)} == {"accepted"}
    await world.app.intake.close()
    await caller.send(lines([person(3)]))
    [failed] = await caller.results(1)
    assert (failed["row"], failed["status"]) == (4, "failed")
    await caller.send(lines(people(3, start=4)))
    failed, last = await caller.results(2)
    assert (failed["row"], failed["status"]) == (5, "failed")
    assert last["summary"]["stopped"] == {
        "code": "unavailable",
        "message": "leadflow is stopping",
        "next_row": 6,
        "retry_after_s": 1,
    }


@pytest.mark.parametrize("kind", ["application/json", NDJSON])
async def test_a_database_that_is_away_from_the_start_is_a_503(world, api, kind):
    await world.app.intake.close()
    body = json.dumps(people(2)) if kind == "application/json" else lines(people(2))
    response = await api.post(BATCH, content=body, headers={"Content-Type": kind})
    error(response, 503, "unavailable")
    assert int(response.headers["retry-after"]) >= 1


async def test_a_row_that_the_database_refuses_is_the_only_one_that_fails(database_url, api):
    owner = await asyncpg.connect(database_url)
    await owner.execute("ALTER TABLE leads ADD CONSTRAINT no_sevens CHECK (external_id <> 'seven')")
    await owner.close()
    rows = [person(n, external_id=name) for n, name in enumerate(("six", "seven", "eight"))]
    results, summary = await stream(api, lines(rows))
    assert [each["status"] for each in results] == ["accepted", "failed", "accepted"]
    assert "no_sevens" in results[1]["message"]
    assert counts(summary) == {"rows": 3, "accepted": 2, "failed": 1}


async def test_a_spool_gives_what_was_written_in_its_order():
    spool = Spool()
    spool.write(b"a" * 100_000)
    spool.write(b"b")
    spool.finish()
    assert b"".join([chunk async for chunk in spool.chunks()]) == b"a" * 100_000 + b"b"
    spool.close()


async def test_an_answer_that_fails_before_its_first_line_has_not_begun():
    async def produce(_):
        raise TemporaryError("away")

    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        raise AssertionError("the answer reads nothing")

    with pytest.raises(TemporaryError):
        await GrowingAnswer(produce, NDJSON)({"type": "http"}, receive, send)  # type: ignore[arg-type]
    assert sent == []


async def test_an_answer_of_no_lines_is_an_empty_one():
    async def produce(_):
        await asyncio.sleep(0)

    sent = []

    async def send(message):
        sent.append(message)

    await GrowingAnswer(produce, NDJSON)({"type": "http"}, send, send)  # type: ignore[arg-type]
    assert [each.get("status", each.get("body")) for each in sent] == [200, b""]
