"""The demo: leads of all kinds through the real doors, each of them accounted for."""

import re
import subprocess
from pathlib import Path

import aiohttp
import asyncpg
import msgspec
import pytest

from leadflow.core.verticals import REGISTRY
from leadflow.store.embedded import EmbeddedPostgres
from tests.demo.conftest import LEADFLOW, LEADS
from tests.demo.runbook import STATEMENTS

pytestmark = pytest.mark.xdist_group("demo")

SOURCE = next(
    iter((Path(__file__).parents[3] / "shared/requirements/originals").glob("001_*.txt")), None
)


def test_every_request_ends_as_it_was_meant_to(demo):
    assert demo.summary.problems == ()
    assert demo.summary.ok
    assert demo.summary.sent == len(demo.sendings)


def test_leads_end_in_every_way_there_is(demo):
    assert set(demo.summary.ended) == {"new", "known", "repeated", "refused"}
    assert set(demo.summary.leads) == {"routed", "processed", "duplicate", "review"}
    assert demo.summary.leads["routed"] > 0.75 * sum(demo.summary.leads.values())


def test_what_the_receiver_put_off_came_again(demo):
    assert demo.summary.put_off > 0
    assert set(demo.summary.deliveries) == {"delivered"}


def test_the_log_is_json_line_by_line(demo):
    lines = (demo.state / "demo.log").read_bytes().splitlines()
    assert all(msgspec.json.decode(line)["event_name"] for line in lines)


def test_nothing_personal_is_printed_or_logged(demo):
    assert len(told(demo)) > 500
    assert given_away(demo, demo.said) == set()


def given_away(demo, said):
    """List what is personal in a text: names as words of their own, the rest wherever it stands."""
    said = said.casefold()
    words = set(re.findall(r"[\w'-]+", said))
    return {each for each in told(demo) if each in (words if each.isalpha() else said)}


def told(demo):
    return {each.casefold() for sending in demo.sendings for each in personal(sending)}


def personal(sending):
    """List the names, the mailbox and the number that a request holds; not of one that is cut."""
    try:
        contact = msgspec.json.decode(sending.body)["contact_info"]
    except msgspec.DecodeError:
        return
    for name in ("firstName", "lastName"):
        if contact.get(name):
            yield contact[name]
    if contact.get("email"):
        yield contact["email"]
        yield re.split(r" at |@", contact["email"])[0]
    if len(contact.get("phone", "")) == 10:
        yield contact["phone"]


async def test_nothing_personal_is_answered_to_who_is_refused_or_counted_in_metrics(demo, up):
    answers = []
    async with aiohttp.ClientSession(up.address, headers=up.headers) as session:
        for sending in demo.sendings:
            if sending.expected in ("refused", "known"):
                where = f"/api/v1/leads?workspace={sending.brand}"
                async with session.post(where, data=sending.body) as response:
                    assert response.status in (400, 409)
                    answers.append(await response.text())
        async with session.get("/metrics") as response:
            assert response.status == 200
            answers.append(await response.text())
    assert given_away(demo, "".join(answers)) == set()


@pytest.fixture(scope="module")
def reader_url(demo):
    """Give the address of what the demo left behind."""
    with EmbeddedPostgres(demo.state).in_use() as url:
        yield url


async def fetch(url, statement, role):
    connection = await asyncpg.connect(url, server_settings={"role": role})
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("shows", "statement"),
    [pytest.param(bool(shows), sql, id=title) for title, shows, sql in STATEMENTS],
)
async def test_a_statement_of_the_runbook_runs_as_it_is(reader_url, shows, statement):
    rows = await fetch(reader_url, statement, "adf_ro")
    assert any(value is not None for row in rows for value in row) is shows


def test_the_runbook_has_every_statement_of_its_source():
    if SOURCE is None:
        pytest.skip("the source document is not here")
    text = SOURCE.read_text(encoding="utf-8")
    assert [sql for _, _, sql in STATEMENTS if sql not in text] == []
    selects = re.findall(r"^(?:.*: )?SELECT\b", text, re.M)
    assert len(STATEMENTS) == len(selects) == 12


async def test_leads_of_all_verticals_have_an_owner(reader_url):
    rows = await fetch(
        reader_url, "SELECT DISTINCT vertical FROM leads WHERE status = 'routed'", "adf_ro"
    )
    assert {row["vertical"] for row in rows} == set(REGISTRY)


async def test_no_lead_has_two_owners_and_none_is_forgotten(reader_url):
    [found] = await fetch(
        reader_url,
        """
        SELECT
          (SELECT count(*) FROM leads) AS leads,
          (SELECT count(DISTINCT lead_id) FROM decisions) AS decided,
          (SELECT count(*) FROM leads l WHERE status = 'routed' AND 1 <> (
            SELECT count(*) FROM placements p WHERE p.lead_id = l.id AND released_at IS NULL
          )) AS without_one_owner,
          (SELECT count(*) FROM leads l WHERE status = 'processed' AND NOT EXISTS (
            SELECT FROM lead_routing_queue q WHERE q.lead_id = l.id AND processed_at IS NULL
          )) AS forgotten
        """,
        "leadflow_service",
    )
    assert found["decided"] == found["leads"]
    assert found["without_one_owner"] == found["forgotten"] == 0


def test_every_decision_comes_out_the_same_when_it_is_taken_again(demo, reader_url):
    found = subprocess.run(
        [LEADFLOW, "decisions", "verify", "--json"],
        env=demo.environment | {"DATABASE_URL": reader_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    verified = msgspec.json.decode(found.stdout)
    assert verified["same"] > LEADS / 2
    assert (verified["differences"], verified["inputs_gone"]) == ([], {})
