"""Taking leads in: each is stored, decided and answered once, whoever sends it how often."""

import asyncio
from collections import Counter
from datetime import timedelta

import msgspec
import pytest
import zstandard
from msgspec.structs import replace

from leadflow.core.outcome import (
    Accepted,
    DuplicateLead,
    KeyConflict,
    Refused,
    Replayed,
)
from leadflow.errors import PermanentError
from leadflow.store import records
from leadflow.store.database import Database
from leadflow.work.assess import Assessed, assess
from leadflow.work.intake import Settled
from leadflow.work.known import Known
from tests.core.leads import TABLES
from tests.world import IDENTITY_SECRET, NOW, Clock, people, person


@pytest.fixture
async def market(world):
    """Have one partner who takes every lead of the brand."""
    await world.destination("acme/leads")
    await world.rules("brand", "acme/leads")
    return world


@pytest.fixture
async def intake(market):
    async with market.intake() as intake:
        yield intake


@pytest.fixture
async def two_processes(market, database_url):
    """Have two intakes that know nothing of each other, over one database."""
    elsewhere = Database(database_url, size=4)
    await elsewhere.open()
    async with market.intake() as here, market.intake(elsewhere) as there:
        yield here, there
    await elsewhere.close()


async def submit_all(intakes, submissions):
    """Submit all at once, turn by turn to each intake."""
    pairs = ((intakes[n % len(intakes)], each) for n, each in enumerate(submissions))
    tasks = (intake.submit(submission) for intake, submission in pairs)
    return await asyncio.gather(*tasks, return_exceptions=True)


def kinds(outcomes):
    return Counter(type(outcome) for outcome in outcomes)


# What an accepted lead is told, and what is stored of it.


async def test_an_accepted_lead_is_told_where_it_went(market, intake):
    submission = market.submission(person(1))
    outcome = await intake.submit(submission)
    answer = outcome.answer
    assert isinstance(outcome, Accepted)
    assert answer.id == submission.lead_id
    assert (answer.status, answer.routing_status, answer.routing_result) == (
        "routed",
        "routed",
        "success",
    )
    assert answer.destination_workspace_id == market.ids["acme"]
    assert answer.reason == 'Rule "to acme/leads" places it with acme/leads: it takes every lead.'
    assert await market.state(answer.id) == "routed/routed/success"


async def test_its_timeline_tells_the_walk(market, intake):
    outcome = await intake.submit(market.submission(person(1)))
    assert await market.events(outcome.answer.id) == [
        "lead.created",
        "lead.validated",
        "lead.enriched",
        "lead.scored",
        "lead.processed",
        "lead.routed",
    ]


async def test_one_placement_has_one_log_row_one_delivery_and_one_decision(market, intake):
    outcome = await intake.submit(market.submission(person(1)))
    placement = await market.one("SELECT * FROM placements")
    log = await market.one("SELECT * FROM lead_routing_logs")
    delivery = await market.one("SELECT * FROM deliveries")
    assert placement["lead_id"] == outcome.answer.id
    assert (log["placement_id"], log["routing_result"]) == (placement["id"], "success")
    assert log["source_workspace_id"] == market.ids["brand"]
    assert log["destination_workspace_id"] == market.ids["acme"]
    assert log["matched_rule_id"] == placement["rule_id"]
    assert (delivery["placement_id"], delivery["state"]) == (placement["id"], "pending")
    assert await market.count("decisions") == 1


async def test_the_sealed_contact_opens_with_the_key_and_the_lead_s_id(market, intake):
    outcome = await intake.submit(market.submission(person(7, data={"vin": "1HGCM82633A004352"})))
    row = await market.one("SELECT * FROM lead_contacts")
    opened = market.vault.unseal(outcome.answer.id, row["key_id"], row["sealed"])
    personal = msgspec.json.decode(opened)
    assert personal["contact"]["last_name"] == "Quackenbush7"
    assert personal["data"]["vin"] == "1HGCM82633A004352"


async def test_nothing_personal_is_stored_in_the_open(market, intake):
    secrets = ("Zebulon", "Quackenbush", "wheelwright", "2000042", "Nowhere Lane", "whisper")
    body = person(42, contact={"dateOfBirth": "1961-07-09"}, favourite_word="whisper")
    await intake.submit(market.submission(body))
    await intake.submit(market.submission(body, of="brand"))  # a duplicate leaves no more
    tables = await market.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    seen = 0
    for table in tables:
        for row in await everything(market, table["tablename"]):
            seen += 1
            text = b" ".join(readable(value) for value in row.values()).decode(errors="replace")
            assert not [secret for secret in (*secrets, "1961-07-09") if secret in text], table
    assert seen > 15


async def everything(world, table):
    async with world.database.service() as connection:
        await connection.execute("RESET ROLE")
        return [dict(row) for row in await connection.fetch(f"SELECT * FROM {table}")]


def readable(value):
    """Turn a value into bytes that show what is in it, packed or not."""
    if not isinstance(value, bytes):
        return msgspec.json.encode(value, enc_hook=str)
    try:
        return records.plain(value)
    except zstandard.ZstdError:
        return value


async def test_a_refused_submission_stores_nothing(market, intake):
    outcome = await intake.submit(market.submission({"vertical": "AUTO"}))
    assert isinstance(outcome, Refused)
    assert {problem.field for problem in outcome.problems} >= {
        "contact_info",
        "vertical_data.make",
    }
    assert await market.count("leads") == 0


async def test_of_what_is_refused_the_number_is_kept_by_workspace_and_day(market, two_processes):
    await market.workspace("other")
    bad = [market.submission({"vertical": "AUTO"}) for _ in range(30)]
    bad += [market.submission({"vertical": "?"}, of="other") for _ in range(3)]
    assert kinds(await submit_all(two_processes, bad)) == {Refused: 33}
    market.clock.move(days=1)
    await submit_all(two_processes, [market.submission({})])
    rows = await market.fetch("SELECT * FROM refusals ORDER BY day, count")
    today = NOW.date()
    assert [tuple(row.values()) for row in rows] == [
        (market.ids["other"], today, 3),
        (market.ids["brand"], today, 30),
        (market.ids["brand"], today + timedelta(days=1), 1),
    ]


async def test_while_the_database_is_away_a_wrong_body_is_still_told_so(market, database):
    async with market.intake() as intake:
        await database.close()
        outcome = await intake.submit(market.submission({"vertical": "AUTO"}))
    assert isinstance(outcome, Refused)


async def test_the_latency_that_others_measure_ends_just_before_the_commit(market):
    class Ticking(Clock):
        def __call__(self):
            self.move(milliseconds=1)
            return self.now

    market.clock = Ticking()
    async with market.intake() as intake:
        outcome = await intake.submit(market.submission(person(1)))
    lead = await market.lead(outcome.answer.id)
    [decided] = await market.fetch("SELECT decided_at FROM decisions")
    assert lead["created_at"] < decided["decided_at"] < lead["updated_at"]


async def test_while_routing_is_switched_off_leads_are_received(market, intake):
    await market.flag("enableAutoRouting", False)
    outcome = await intake.submit(market.submission(person(1)))
    assert (outcome.answer.status, outcome.answer.reason) == (
        "received",
        "Routing is switched off.",
    )
    assert await market.state(outcome.answer.id) == "received/pending/-"
    assert await market.count("decisions") == 0
    assert await market.events(outcome.answer.id) == [
        "lead.created",
        "lead.validated",
        "lead.enriched",
        "lead.scored",
    ]


async def test_a_lead_no_rule_matches_stays_with_a_source_that_keeps_such_leads(market, intake):
    await market.rules("brand", default="stay")
    outcome = await intake.submit(market.submission(person(1)))
    assert outcome.answer.destination_workspace_id == market.ids["brand"]
    assert await market.state(outcome.answer.id) == "routed/routed/success"
    assert await market.count("lead_routing_logs WHERE routing_result = 'success'") == 1
    assert await market.count("deliveries") == 0


async def test_a_lead_no_rule_matches_goes_to_a_person_where_the_source_wants_that(market, intake):
    await market.rules("brand", default="review")
    outcome = await intake.submit(market.submission(person(1)))
    assert await market.state(outcome.answer.id) == "review/failed/failed"
    review = await market.one("SELECT * FROM reviews")
    assert (review["lead_id"], review["closed_at"]) == (outcome.answer.id, None)
    assert await market.count("lead_routing_logs WHERE routing_result = 'failed'") == 1


async def test_rules_that_cannot_be_read_send_leads_to_a_person_and_stop_nobody_else(
    market, intake
):
    await market.workspace("other")
    await market.rules("other", "nobody/there")
    broken = await intake.submit(market.submission(person(1), of="other"))
    assert broken.answer.status == "review"
    assert (await intake.submit(market.submission(person(2)))).answer.status == "routed"


# The same submission again.


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ({"idempotency_key": "k"}, {}),
        ({"row_key": "file:1"}, {}),
        ({}, {"external_id": "X-1"}),
    ],
    ids=["idempotency", "row", "external"],
)
async def test_the_same_submission_again_gets_the_same_answer(market, intake, key, body):
    first = await intake.submit(market.submission(person(1, **body), **key))
    again = await intake.submit(market.submission(person(1, **body), **key))
    assert again == Replayed(first.answer)
    assert await market.count("leads") == 1


@pytest.mark.parametrize(
    ("kind", "key", "body"),
    [
        ("idempotency", {"idempotency_key": "k"}, {}),
        ("row", {"row_key": "file:1"}, {}),
        ("external", {}, {"external_id": "X-1"}),
    ],
)
async def test_a_key_with_another_body_is_a_conflict(market, intake, kind, key, body):
    first = await intake.submit(market.submission(person(1, **body), **key))
    other = await intake.submit(market.submission(person(2, **body), **key))
    assert other == KeyConflict(kind, first.answer.id)
    assert await market.count("leads") == 1


async def test_external_ids_of_different_sources_have_nothing_to_do_with_each_other(market, intake):
    for source in (1, 2):
        body = person(source, external_id="X-1")
        assert isinstance(await intake.submit(market.submission(body, source=source)), Accepted)


async def test_an_idempotency_key_holds_for_the_whole_workspace_and_no_further(market, intake):
    await market.workspace("other")
    await market.rules("other", "acme/leads")
    first = await intake.submit(market.submission(person(1), source=1, idempotency_key="k"))
    again = await intake.submit(market.submission(person(1), source=2, idempotency_key="k"))
    elsewhere = await intake.submit(market.submission(person(2), of="other", idempotency_key="k"))
    assert again == Replayed(first.answer)
    assert isinstance(elsewhere, Accepted)


async def test_keys_live_as_long_as_the_duplicate_window(market, intake):
    await intake.submit(market.submission(person(1, external_id="X-1")))
    market.clock.move(days=90)
    again = await intake.submit(market.submission(person(2, external_id="X-1")))
    assert isinstance(again, Accepted)


async def test_the_same_in_one_group_is_known_before_it_is_stored(market, intake):
    """Whoever comes first in the group is the first."""
    body, other = person(1), person(2)
    submissions = [
        market.submission(body, idempotency_key="k"),
        market.submission(body, idempotency_key="k"),
        market.submission(other, idempotency_key="k"),
        market.submission(body),
        market.submission(other),
    ]
    outcomes = await submit_all([intake], submissions)
    first = outcomes[0].answer
    assert outcomes == [
        Accepted(first),
        Replayed(first),
        KeyConflict("idempotency", first.id),
        DuplicateLead(first.id),
        outcomes[4],
    ]
    assert isinstance(outcomes[4], Accepted)
    assert await market.count("leads") == 2


async def test_one_key_sent_fifty_times_at_once_makes_one_lead_and_fifty_equal_answers(
    market, two_processes
):
    outcomes = await submit_all(
        two_processes, [market.submission(person(1), idempotency_key="k") for _ in range(50)]
    )
    assert kinds(outcomes) == {Accepted: 1, Replayed: 49}
    assert len({outcome.answer.id for outcome in outcomes}) == 1
    assert all(outcome.answer == outcomes[0].answer for outcome in outcomes)
    assert await market.count("leads") == 1


class Interrupted:
    """A connection on which something happens elsewhere after the first answer."""

    def __init__(self, connection, happen):
        self.connection = connection
        self.happen = happen

    async def fetch(self, *arguments):
        rows = await self.connection.fetch(*arguments)
        if self.happen is not None:
            happen, self.happen = self.happen, None
            await happen()
        return rows


async def test_a_key_that_is_committed_between_the_look_ups_is_known_by_its_key(market, intake):
    def sent():
        return market.submission(person(1), idempotency_key="k")

    repeated = assess(sent(), TABLES, IDENTITY_SECRET, market.clock())
    assert isinstance(repeated, Assessed)
    async with market.database.service() as connection:
        interrupted = Interrupted(connection, lambda: intake.submit(sent()))
        known = await Known.load(interrupted, [repeated], market.clock())  # type: ignore[arg-type]
    assert isinstance(known.judge(repeated), Replayed)


# The same person again.


async def test_one_person_sent_fifty_times_at_once_is_accepted_once(market, two_processes):
    outcomes = await submit_all(
        two_processes, [market.submission(person(1, n=n)) for n in range(50)]
    )
    assert kinds(outcomes) == {Accepted: 1, DuplicateLead: 49}
    [first] = [outcome.answer.id for outcome in outcomes if isinstance(outcome, Accepted)]
    assert {outcome.lead_id for outcome in outcomes if isinstance(outcome, DuplicateLead)} == {
        first
    }
    assert await market.count("leads") == 1


async def test_many_people_who_come_twice_at_once_are_each_accepted_once(market, two_processes):
    here, there = people(60), people(60)
    submissions = [
        market.submission(body) for pair in zip(here, there, strict=True) for body in pair
    ]
    outcomes = await submit_all(two_processes, submissions)
    assert kinds(outcomes) == {Accepted: 60, DuplicateLead: 60}
    assert await market.count("leads") == 60


@pytest.mark.parametrize(
    "contact",
    [
        {"email": "somebody.else@wheelwright.example"},
        {"phone": "+14155559999"},
        {"email": "ZEB1@Wheelwright.Example", "phone": None},
    ],
    ids=["same phone", "same mail", "same mail, otherwise spelled"],
)
async def test_one_thing_in_common_makes_a_person_the_same(market, intake, contact):
    first = await intake.submit(market.submission(person(1)))
    again = await intake.submit(market.submission(person(1, contact=contact)))
    assert again == DuplicateLead(first.answer.id)


async def test_a_person_may_ask_for_something_else_or_somewhere_else(market, intake):
    await market.workspace("other")
    await market.rules("other", "acme/leads")
    await intake.submit(market.submission(person(1)))
    home = await intake.submit(market.submission(person(1, vertical="HOME")))
    elsewhere = await intake.submit(market.submission(person(1), of="other"))
    assert kinds([home, elsewhere]) == {Accepted: 2}


@pytest.mark.parametrize("days", [1, 90, 365])
async def test_a_person_is_new_again_when_the_workspace_s_window_is_over(market, intake, days):
    await market.workspace("own", duplicate_window=timedelta(days=days))
    await market.rules("own", default="stay")
    first = await intake.submit(market.submission(person(1), of="own"))
    market.clock.move(days=days, seconds=-1)
    same = await intake.submit(market.submission(person(1, n=1), of="own"))
    market.clock.move(seconds=1)
    new = await intake.submit(market.submission(person(1, n=2), of="own"))
    assert same == DuplicateLead(first.answer.id)
    assert isinstance(new, Accepted)
    # From then on the new one is who is known.
    latest = await intake.submit(market.submission(person(1, n=3), of="own"))
    assert latest == DuplicateLead(new.answer.id)


@pytest.mark.parametrize(
    "contact",
    [
        {"email": None, "phone": "1234567890"},  # no valid number: whoever types it is somebody
        {"email": "none@none.com", "phone": None},
        {"email": "noreply@gmail.com", "phone": "+14155550100"},
        {"email": None, "phone": None},
    ],
)
async def test_nobody_is_recognised_by_what_anybody_may_write(market, intake, contact):
    for n in range(2):
        body = person(1, contact=contact, external_id=f"X-{n}")
        assert isinstance(await intake.submit(market.submission(body)), Accepted)
    assert await market.count("identities") == 0


# One bad row.


async def test_one_lead_that_the_database_refuses_costs_the_other_199_nothing(market, intake):
    taken = await intake.submit(market.submission(person(999)))
    submissions = [market.submission(body) for body in people(200)]
    submissions[117] = replace(submissions[117], lead_id=taken.answer.id)
    outcomes = await submit_all([intake], submissions)
    assert kinds(outcomes) == {Accepted: 199, PermanentError: 1}
    assert str(outcomes[117]) == "the database refused a row: lead_facts_pkey"
    assert await market.count("leads") == 200
    assert await market.count("placements") == 200


async def test_a_value_that_breaks_a_check_is_refused_by_the_name_of_the_check(market, intake):
    good, bad = (
        assess(market.submission(person(n)), TABLES, IDENTITY_SECRET, market.clock())
        for n in range(2)
    )
    assert isinstance(bad, Assessed)
    bad = replace(bad, score=replace(bad.score, value=101))
    settled, error = await asyncio.gather(
        *(intake._group.submit(each) for each in (good, bad)), return_exceptions=True
    )
    assert isinstance(settled, Settled)
    assert isinstance(settled.outcome, Accepted)
    assert str(error) == "the database refused a row: leads_score_is_0_to_100"
    assert await market.count("leads") == 1


async def test_a_lead_that_was_refused_is_not_known(market, intake):
    taken = await intake.submit(market.submission(person(999)))
    refused = replace(market.submission(person(1)), lead_id=taken.answer.id)
    follower = market.submission(person(1))
    outcomes = await submit_all([intake], [refused, follower])
    assert kinds(outcomes) == {PermanentError: 1, Accepted: 1}
