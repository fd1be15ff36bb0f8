"""`leadflow leads import`."""

import asyncio
import gzip
import json
from pathlib import Path

import asyncpg
import msgspec
import pytest

from tests.cli.shells import until, workspace
from tests.world import World, people, person

SUMS = ("accepted", "replayed", "duplicate", "conflict", "rejected")


@pytest.fixture
def lines(tmp_path):
    """Write a file of leads, one a line; what is text stands as it is."""

    def write(rows, name="leads.ndjson"):
        file = tmp_path / name
        texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        file.write_text("".join(f"{text}\n" for text in texts))
        return file

    return write


async def take(shell, file, *words):
    said = await shell("leads", "import", file, "--workspace", "brand", "--json", *words)
    assert said.code == 0, said.err
    assert sum(said.json[name] for name in SUMS) == said.json["rows"]
    return said.json


def report_of(summary):
    lines = Path(summary["report"]).read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]


async def bodies(world):
    """Give what is sealed of every lead, in the order of their coming."""
    rows = await world.fetch("SELECT * FROM lead_contacts ORDER BY lead_id")
    return [
        msgspec.json.decode(world.vault.unseal(row["lead_id"], row["key_id"], row["sealed"]))
        for row in rows
    ]


async def test_every_row_is_accounted_for(shell, world, lines):
    file = lines(
        [
            person(1, external_id="x1"),
            "{not json",
            person(1, external_id="x1"),
            person(1),
            "",
            person(2, external_id="x1"),
            person(3) | {"vertical": "BOAT"},
            person(4),
        ]
    )
    found = await take(shell, file)
    assert [found[name] for name in SUMS] == [2, 1, 1, 1, 2]
    assert found["rows"] == 7
    assert found["statuses"] == {"routed": 2}
    assert await world.count("leads") == 2


async def test_rows_that_made_no_lead_are_written_down_with_reasons(shell, world, lines):
    found = await take(shell, lines([person(1), "{", person(1), person(2) | {"vertical": "BOAT"}]))
    broken, known, boat = report_of(found)
    [first] = await world.fetch("SELECT id FROM leads")
    assert (broken["row"], broken["line"], broken["result"]) == (2, 2, "rejected")
    assert broken["data"] == "{"
    assert (known["result"], known["lead_id"]) == ("duplicate", str(first["id"]))
    assert boat["problems"][0]["field"] == "vertical"
    assert boat["problems"][0]["expected"].startswith("one of AUTO")


async def test_the_report_is_only_there_when_there_is_something_to_report(shell, world, lines):
    file = lines([person(1), "{"])
    assert (await take(shell, file))["report"] == "leads.ndjson.rejects.ndjson"
    lines([person(2)])
    assert (await take(shell, file))["report"] is None
    assert [each.name for each in file.parent.iterdir()] == ["leads.ndjson"]


@pytest.mark.parametrize(
    ("where", "said"), [("leads.ndjson", "another file"), ("no/x", "--rejects")]
)
async def test_a_report_that_cannot_be_written_is_found_out_first(shell, world, lines, where, said):
    file = lines([person(1)])
    before = file.read_bytes()
    found = await shell("leads", "import", file, "--workspace", "brand", "--rejects", where)
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert file.read_bytes() == before
    assert await world.count("leads") == 0


@pytest.mark.parametrize("name", ["l.csv", "l.tsv", "l.ndjson", "l.jsonl", "l.json", "l.csv.gz"])
async def test_every_format_is_known_by_its_name(shell, world, tmp_path, name):
    rows = [("zip", "email"), ("94110", "a@b.example"), ("94110", "c@d.example")]
    table = "\n".join(("\t" if ".tsv" in name else ",").join(row) for row in rows)
    array = json.dumps([{"contact_info": {"email": row[1]}} for row in rows[1:]])
    text = array if name == "l.json" else table
    if name in ("l.ndjson", "l.jsonl"):
        text = array[1:-1].replace("}, {", "}\n{")
    file = tmp_path / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    found = await take(shell, file, "--vertical", "health")
    assert (found["rows"], found["accepted"]) == (2, 2)


async def test_json_that_is_one_object_a_line_is_read_as_that(shell, world, lines):
    assert (await take(shell, lines(people(3), "leads.json")))["accepted"] == 3


@pytest.mark.parametrize(
    ("name", "data", "code", "said"),
    [
        ("leads.txt", b"x", 1, "give --format csv, ndjson or json"),
        ("none.csv", None, 1, "cannot be read: No such file"),
        ("leads.csv", b"a,b\n1,2\n", 1, "no column of the header is a field of a lead"),
        ("leads.json", b"7", 1, "is no JSON array"),
        ("leads.csv.gz", b"x", 1, "cannot be read"),
        ("leads.csv.gz", gzip.compress(b"email\n" * 9000)[:-20], 1, "cannot be read to its end"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(shell, world, tmp_path, name, data, code, said):
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    found = await shell("leads", "import", file, "--workspace", "brand")
    assert found.code == code
    assert said in found.err
    assert "Traceback" not in found.err


CSV = """Town,Mail,Given,Budget,Firm,Notes
Reno,a@b.example,Ann,Select,x=1,secret
"""


@pytest.mark.parametrize("name", ["leads.csv", "leads.ndjson"])
async def test_columns_become_fields_and_constants_are_set(shell, world, tmp_path, name):
    file = tmp_path / name
    header, row = (line.split(",") for line in CSV.splitlines())
    file.write_text(
        CSV if name == "leads.csv" else json.dumps(dict(zip(header, row, strict=True))) + "\n"
    )
    found = await take(
        *(shell, file, "--vertical", "B2B", "--absent", "select", "--map", "Notes=-"),
        *("--map", "Town=contact_info.address.city", "--map", "Mail=email", "--map", "Given=First"),
        *("--set", "company=Acme = Co", "--set", "vertical_data.country=US", "--map", "Firm=firm"),
    )
    assert found["accepted"] == 1
    [body] = await bodies(world)
    assert body["contact"]["email"] == "a@b.example"
    assert body["contact"]["first_name"] == "Ann"
    assert body["contact"]["address"]["city"] == "Reno"
    assert (body["data"]["company"], body["data"]["country"]) == ("Acme = Co", "US")
    assert "budget" not in body["data"]
    assert body["extra"] == {"firm": "x=1"}


async def test_a_mapping_file_says_it_all_and_options_come_on_top(shell, world, lines, tmp_path):
    (tmp_path / "map.yaml").write_text(
        "vertical: B2B\nmap: {Who: first_name}\nset: {company: Acme, title: CEO}\nabsent: [none]\n"
    )
    rows = [{"Who": "Ann", "externalId": "7", "contactInfo": {"lastName": "none"}}]
    found = await take(shell, lines(rows), "--map-file", "map.yaml", "--set", "company=Other")
    assert found["accepted"] == 1
    [body] = await bodies(world)
    assert (body["contact"]["first_name"], body["contact"]["last_name"]) == ("Ann", None)
    assert (body["data"]["company"], body["data"]["title"]) == ("Other", "CEO")


@pytest.mark.parametrize("text", ["mpa: {}", "map: 7", "[]", "vertical: BOAT", "set: {'-': a}"])
async def test_a_mapping_file_that_cannot_be_meant_is_wrong_usage(shell, world, lines, text):
    file = lines([person(1)])
    file.with_name("map.yaml").write_text(text)
    said = await shell("leads", "import", file, "--map-file", "map.yaml")
    assert (said.code, said.out) == (2, "")


async def test_a_row_in_which_a_constant_has_no_place_is_rejected(shell, world, lines):
    found = await take(shell, lines([person(1) | {"vertical_data": 7}]), "--set", "make=Audi")
    [line] = report_of(found)
    assert line["problems"][0] == {
        "field": "vertical_data",
        "reason": "is no object",
        "expected": "an object, for vertical_data.make is set in it",
    }


@pytest.mark.parametrize("vertical", [None, ""])
async def test_the_vertical_is_for_rows_that_do_not_say_theirs(shell, world, lines, vertical):
    rows = [person(1, vertical="RENTERS"), person(2, vertical="HOME") | {"vertical": vertical}]
    await take(shell, lines(rows), "--vertical", "home")
    found = await world.fetch("SELECT vertical FROM leads ORDER BY id")
    assert [row["vertical"] for row in found] == ["RENTERS", "HOME"]


async def test_the_same_file_again_makes_no_second_lead(shell, world, lines):
    file = lines([*people(5), {"vertical": "HEALTH", "external_id": "7"}])
    assert (await take(shell, file))["accepted"] == 6
    again = await take(shell, file)
    assert (again["accepted"], again["replayed"], again["report"]) == (0, 6, None)
    assert await world.count("leads") == 6


async def test_the_same_file_by_another_plan_is_in_conflict_with_what_is_there(shell, world, lines):
    file = lines(people(2))
    await take(shell, file)
    found = await take(shell, file, "--set", "make=Audi")
    assert found["conflict"] == 2
    assert [line["result"] for line in report_of(found)] == ["conflict", "conflict"]


async def test_leads_come_from_the_source_that_is_named(shell, world, lines):
    file = lines([person(1)])
    said = await shell("leads", "import", file, "--workspace", "brand", "--source", "expo")
    assert said.code == 2
    assert "--source: is no source of the channel batch; wanted: one of default" in said.err
    await world.execute("UPDATE sources SET name = 'expo' WHERE channel = 'batch'")
    await take(shell, file, "--source", "expo")
    named = "leads l JOIN sources s ON s.id = l.source_id WHERE s.name = 'expo'"
    assert await world.count(named) == 1
    await world.execute("UPDATE sources SET active = false")
    said = await shell("leads", "import", file, "--workspace", "brand", "--source", "expo")
    assert "is not active" in said.err


async def test_where_there_is_one_workspace_it_need_not_be_named(shell, database, lines):
    world = World(database)
    await workspace(world, "brand")
    said = await shell("leads", "import", lines(people(2)))
    assert said.code == 0
    assert "2  accepted: new leads" in said.out
    assert "rows/s" in said.out


async def test_people_are_told_what_became_of_their_rows(shell, world, lines):
    said = await shell("leads", "import", lines([person(1), "{"]), "--workspace", "brand")
    assert (said.code, said.err) == (0, "")
    assert "new leads by status: 1 routed" in said.out
    assert "rows that made no lead, with reasons: leads.ndjson.rejects.ndjson" in said.out


async def test_a_terminal_shows_how_far_it_is(shell, world, lines):
    file = lines(people(3))
    said = await shell.ran("leads", "import", file, "--workspace", "brand", FORCE_COLOR="1")
    assert "leads.ndjson" in said.err
    assert "100%" in said.err
    assert "\x1b" not in said.out


async def test_nothing_personal_is_printed(shell, world, lines):
    file = lines([*people(3), "{", person(9) | {"vertical": "BOAT"}])
    said = await shell("leads", "import", file, "--workspace", "brand")
    for secret in ("Quackenbush", "wheelwright", "41520000", "Nowhere Lane"):
        assert secret not in said.out + said.err


async def test_a_row_that_the_database_refuses_costs_no_other_its_place(
    shell, world, database_url, lines
):
    connection = await asyncpg.connect(database_url)
    await connection.execute("ALTER TABLE leads ADD CONSTRAINT odd CHECK (external_id <> 'x13')")
    await connection.close()
    file = lines([person(number, external_id=f"x{number}") for number in range(30)])
    found = await take(shell, file)
    assert (found["accepted"], found["rejected"]) == (29, 1)
    [line] = report_of(found)
    assert line["row"] == 14
    assert line["problems"][0]["reason"] == "the database refused a row: odd"


@pytest.mark.slow
async def test_an_import_outlasts_connections_that_are_cut(shell, world, database_url, lines):
    file = lines(people(4_000))
    operator = await asyncpg.connect(database_url)
    importing = asyncio.create_task(take(shell, file))

    async def cut():
        if await operator.fetchval("SELECT count(*) FROM leads") < 600:
            return importing.done()
        return await operator.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    await until(cut, "connections to cut")
    await operator.close()
    found = await importing
    assert found["accepted"] + found["replayed"] == 4_000
    assert await world.count("leads") == 4_000
