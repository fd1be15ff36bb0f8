"""Many leads are sent in one call: each row has a result of its own."""

import csv
import io
import json

import pytest

from tests.api.conftest import error, fields, made, under
from tests.world import people, person

BATCH = "/api/v1/leads/batch"
NDJSON = "application/x-ndjson"
CSV = "text/csv"

TABLE = """\
vertical,first_name,Last Name,E-Mail,phone,zip,company,utm
B2B,Ann,Lee,ann@lee.example.com,,02108,Lee & Sons,spring
B2B,Bob,"O'Neil, Jr",bob@oneil.example.com,,02108,"Two
lines",
HEALTH,,,,,,,
b2b,Cy,,cy@example.org,,,Cy,
"""


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def table(rows):
    """Write flat rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


async def stream(client, content, kind=NDJSON, status=200, **options):
    """Send a batch that is answered line by line; give the results and the summary."""
    headers = {"Content-Type": kind, **options.pop("headers", {})}
    response = await client.post(BATCH, content=content, headers=headers, **options)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == NDJSON
    *results, last = [json.loads(line) for line in response.text.splitlines()]
    assert last.keys() == {"summary"}
    return results, last["summary"]


def counts(summary):
    """Give what is not zero of a summary."""
    return {name: number for name, number in summary.items() if number}


async def test_an_array_is_answered_row_by_row_in_its_order(api, world):
    rows = [person(1), {"vertical": "AUTO"}, person(1), person(2, external_id="x"), 7]
    answer = made(await api.post(BATCH, json=rows), 200)
    results = answer["results"]
    assert [each["status"] for each in results] == [
        "accepted",
        "rejected",
        "duplicate",
        "accepted",
        "rejected",
    ]
    assert [each["row"] for each in results] == [1, 2, 3, 4, 5]
    assert results[2]["existing_id"] == results[0]["id"]
    assert {problem["field"] for problem in results[1]["problems"]} == {
        "contact_info",
        "vertical_data.vehicleYear",
        "vertical_data.make",
        "vertical_data.model",
    }
    assert results[4]["problems"][0]["reason"] == "the body is a number"
    assert counts(answer["summary"]) == {"rows": 5, "accepted": 2, "duplicate": 1, "rejected": 2}
    assert await world.count() == 2


async def test_an_empty_array_is_a_batch_of_nothing(api):
    answer = made(await api.post(BATCH, json=[]), 200)
    assert answer["results"] == []
    assert counts(answer["summary"]) == {}


@pytest.mark.parametrize("body", [b"{}", b"", b"[", b"[1,]", b"null", b"\xef\xbb\xbf[]", b"[\xff]"])
async def test_what_is_no_array_is_refused_as_a_whole(api, body):
    response = await api.post(BATCH, content=body, headers={"Content-Type": "application/json"})
    error(response, 400, "invalid")


async def test_an_array_has_a_limit_that_streams_have_not(world):
    async with under(world, max_batch_size=2) as api:
        made(await api.post(BATCH, json=people(2)), 200)
        said = error(await api.post(BATCH, json=people(3, start=2)), 413, "too_large")
        assert "has 3 rows, more than 2" in said["message"]
        assert await world.count() == 2
        _, summary = await stream(api, lines(people(5, start=2)))
        assert counts(summary) == {"rows": 5, "accepted": 5}


async def test_lines_of_json_are_answered_with_lines(api):
    body = lines([person(1)]) + b"\n\r\n{broken\n" + lines([person(2)]).rstrip()
    results, summary = await stream(api, body)
    assert [(each["row"], each["line"], each["status"]) for each in results] == [
        (1, 1, "accepted"),
        (2, 4, "rejected"),
        (3, 5, "accepted"),
    ]
    assert counts(summary) == {"rows": 3, "accepted": 2, "rejected": 1}


@pytest.mark.parametrize("kind", ["application/ndjson", "application/jsonl; charset=utf-8"])
async def test_lines_of_json_go_by_several_names(api, kind):
    _, summary = await stream(api, lines([person(1)]), kind)
    assert counts(summary) == {"rows": 1, "accepted": 1}


@pytest.mark.parametrize("kind", [NDJSON, CSV])
async def test_a_stream_of_nothing_is_a_batch_of_nothing(api, kind):
    results, summary = await stream(api, b"", kind)
    assert results == []
    assert counts(summary) == {}


async def test_csv_is_read_by_its_header(api):
    results, summary = await stream(api, TABLE.encode(), CSV)
    assert counts(summary) == {"rows": 4, "accepted": 3, "rejected": 1}
    assert [each["line"] for each in results] == [2, 3, 5, 6]
    first, second = [
        made(await api.get(f"/api/v1/leads/{each['id']}"), 200) for each in results[:2]
    ]
    assert first["contact"]["address"]["zip"] == "02108"
    assert first["extra"] == {"utm": "spring"}
    assert (first["channel"], first["source"]) == ("batch", "default")
    assert second["contact"]["last_name"] == "O'Neil, Jr"
    assert second["vertical_data"]["company"] == "Two lines"


async def test_csv_is_mapped_by_what_the_query_says(api):
    body = "Prospect ID,Notes,Firm\n00012,call him,Lee\n"
    mapping = {"Prospect ID": "external_id", "Notes": "-", "Firm": "vertical_data.company"}
    query = {"mapping": json.dumps(mapping), "vertical": "B2B"}
    [result], _ = await stream(api, body, CSV, params=query)
    lead = made(await api.get(f"/api/v1/leads/{result['id']}"), 200)
    assert (lead["external_id"], lead["vertical_data"], lead["extra"]) == (
        "00012",
        {"company": "Lee"},
        {},
    )


@pytest.mark.parametrize(
    ("query", "kind", "field"),
    [
        ({"mapping": "{"}, CSV, "mapping"),
        ({"mapping": "[]"}, CSV, "mapping"),
        ({"mapping": '{"a": 1}'}, CSV, "mapping"),
        ({"mapping": "{}"}, NDJSON, "mapping"),
        ({"mapping": '{"Nmae": "-"}'}, CSV, "mapping.Nmae"),
        ({"source": "nobody"}, CSV, "source"),
        ({"source": "nobody"}, NDJSON, "source"),
    ],
)
async def test_what_no_row_could_use_is_refused_as_a_whole(api, query, kind, field):
    response = await api.post(
        BATCH, content=b"email\na@b.example\n", headers={"Content-Type": kind}, params=query
    )
    assert fields(error(response, 400, "invalid")) == [field]


@pytest.mark.parametrize(
    "header", ["a,b\n1,2\n", "email,E-Mail\na@b.example,\n", '"email\n', "\xff\n"]
)
async def test_csv_without_a_header_is_refused_as_a_whole(api, header):
    response = await api.post(
        BATCH, content=header.encode("latin-1"), headers={"Content-Type": CSV}
    )
    error(response, 400, "invalid")


async def test_a_batch_of_another_type_is_not_taken(api):
    for kind in ("text/plain", "application/xml", ""):
        response = await api.post(BATCH, content=b"x", headers={"Content-Type": kind})
        error(response, 415, "unsupported_media_type")


async def test_rows_that_name_no_vertical_and_no_source_take_the_query_s(api):
    made(await api.post("/api/v1/sources", json={"channel": "batch", "name": "fair"}))
    rows = [{key: value for key, value in person(1).items() if key != "vertical"}, person(2)]
    answer = made(
        await api.post(BATCH, json=rows, params={"vertical": "auto", "source": "fair"}), 200
    )
    leads = [made(await api.get(f"/api/v1/leads/{each['id']}"), 200) for each in answer["results"]]
    assert [(lead["vertical"], lead["source"]) for lead in leads] == [("AUTO", "fair")] * 2


async def test_a_source_that_a_row_names_and_nobody_knows_costs_that_row(api):
    results = made(await api.post(BATCH, json=[person(1, source="?"), person(2)]), 200)["results"]
    assert [each["status"] for each in results] == ["rejected", "accepted"]
    assert results[0]["problems"][0]["field"] == "source"


@pytest.mark.parametrize("kind", ["application/json", NDJSON, CSV])
async def test_the_same_file_again_makes_no_second_lead(api, world, kind):
    """The rows have neither an id nor an address: only the key and their numbers tell them."""
    rows = [{"vertical": "B2B", "phone": "1234567890", "company": f"Firm {n}"} for n in range(5)]
    body = {
        "application/json": json.dumps([nested(row) for row in rows]),
        NDJSON: lines(nested(row) for row in rows),
        CSV: table(rows),
    }[kind]
    headers = {"Content-Type": kind, "Idempotency-Key": "file-1"}
    first = await api.post(BATCH, content=body, headers=headers)
    again = await api.post(BATCH, content=body, headers=headers)
    assert statuses(first) == ["accepted"] * 5
    assert statuses(again) == ["replayed"] * 5
    assert ids(first) == ids(again)
    assert await world.count() == 5


async def test_a_row_that_has_changed_under_the_same_key_is_a_conflict(api):
    key = {"Idempotency-Key": "file-1"}
    first = made(await api.post(BATCH, json=people(2), headers=key), 200)["results"]
    again = made(await api.post(BATCH, json=[person(0), person(9)], headers=key), 200)["results"]
    assert [each["status"] for each in again] == ["replayed", "conflict"]
    assert again[1]["existing_id"] == first[1]["id"]
    assert again[1]["message"] == "The row came before, with another body"


async def test_rows_with_an_id_are_known_by_it_whatever_their_number(api, world):
    rows = [person(n, external_id=f"crm-{n}") for n in range(3)]
    made(await api.post(BATCH, json=rows, headers={"Idempotency-Key": "a"}), 200)
    again = await api.post(BATCH, json=rows[::-1], headers={"Idempotency-Key": "b"})
    assert statuses(again) == ["replayed"] * 3
    assert await world.count() == 3


async def test_the_batch_s_key_must_be_one_that_can_be_kept(api):
    response = await api.post(BATCH, json=[], headers={"Idempotency-Key": "a b"})
    assert fields(error(response, 400, "invalid")) == ["Idempotency-Key"]


async def test_a_key_that_is_good_for_all_names_the_workspace_of_every_row(operator):
    rows = [person(1, workspace="brand"), person(2), person(3, workspace="nobody")]
    results = made(await operator.post(BATCH, json=rows), 200)["results"]
    assert [each["status"] for each in results] == ["accepted", "rejected", "rejected"]
    named = made(await operator.post(f"{BATCH}?workspace=brand", json=[person(2)]), 200)
    assert named["results"][0]["status"] == "accepted"


def nested(row):
    return {
        "vertical": row["vertical"],
        "contact_info": {"phone": row["phone"]},
        "vertical_data": {"company": row["company"]},
    }


def results_of(response):
    assert response.status_code == 200, response.text
    if response.headers["content-type"] == "application/json":
        return response.json()["results"]
    return [json.loads(line) for line in response.text.splitlines()][:-1]


def statuses(response):
    return [each["status"] for each in results_of(response)]


def ids(response):
    return [each["id"] for each in results_of(response)]
