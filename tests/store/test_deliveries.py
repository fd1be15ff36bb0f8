"""Whose turn a delivery is, and who may say how it ended."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from leadflow.core.payload import RoutedAgent, RoutedBy, RoutedTo, Terms
from leadflow.store import deliveries
from leadflow.store.deliveries import Closing
from leadflow.store.queries import load
from tests.store.delivery_rows import AGENT, NOW, PARTNER, RULE, SECRET, SOURCE, Rows

SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def rows(database):
    rows = Rows(database)
    await rows.world()
    return rows


async def claim(database, *, owner="worker-1", now=SOON, most=100, share=100, room=None):
    async with database.service() as connection:
        return await deliveries.claim(
            connection,
            owner=owner,
            now=now,
            lease_until=now + timedelta(minutes=1),
            most=most,
            share=share,
            room=room or {},
        )


async def close(database, *closings):
    async with database.service() as connection:
        return await deliveries.close(connection, closings)


async def lapsed(database, now):
    async with database.service() as connection:
        return await deliveries.lapsed(connection, now, 100)


async def next_due(database, *full):
    async with database.service() as connection:
        return await deliveries.next_due(connection, full)


def delivered(lease):
    return Closing(
        lease=lease, outcome="delivered", ended_at=SOON, state="delivered", status_code=200
    )


def failed(lease, *, state="pending", at=LATER):
    return Closing(
        lease=lease,
        outcome="failed",
        ended_at=SOON,
        state=state,
        next_attempt_at=at,
        status_code=429,
        error="acme/main answered 429",
    )


def unknown(lease, *, at=None):
    return Closing(
        lease=lease, outcome="unknown", ended_at=SOON, state="unknown", next_attempt_at=at
    )


def destinations(claimed):
    return Counter(lease.destination_id for lease, _ in claimed)


async def test_an_attempt_is_on_record_as_sending_before_anything_is_sent(database, rows):
    delivery = await rows.delivery(await rows.destination())
    [(lease, _)] = await claim(database)
    assert (lease.delivery_id, lease.attempt, lease.owner) == (delivery, 1, "worker-1")
    state = await rows.state(delivery)
    assert (state["state"], state["attempts"], state["locked_by"]) == ("sending", 1, "worker-1")
    assert state["lease_until"] == SOON + timedelta(minutes=1)
    [attempt] = await rows.attempts(delivery)
    assert (attempt["number"], attempt["outcome"], attempt["started_at"]) == (1, "sending", SOON)


async def test_a_parcel_holds_all_that_the_receiver_is_told(database, rows):
    destination = await rows.destination()
    delivery = await rows.delivery(destination, agent=AGENT)
    [(lease, parcel)] = await claim(database)
    assert lease.source_workspace_id == SOURCE
    assert lease.workspace_id == PARTNER
    assert parcel.handed_over_at == NOW
    assert rows.vault.unseal_text(destination, parcel.secret) == SECRET.encode()
    assert b"zoe@example.com" in rows.vault.unseal(lease.lead_id, parcel.key_id, parcel.sealed)
    routed = parcel.routed
    assert routed.destination == RoutedTo(id=destination, name="main", workspace="acme")
    assert routed.rule == RoutedBy(RULE)
    assert routed.agent == RoutedAgent(id=AGENT, name="Ann Agent", email="ann@acme.example")
    assert (routed.lead.score, routed.lead.priority, routed.lead.external_id) == (72, "hot", "X-1")
    placement = (await rows.state(delivery))["placement_id"]
    assert routed.assignment == Terms(
        placement_id=placement,
        placed_at=NOW,
        max_owners=1,
        price_minor=2500,
        currency="USD",
        accept_by=None,
    )


async def test_without_an_agent_none_is_named(database, rows):
    await rows.delivery(await rows.destination())
    [(_, parcel)] = await claim(database)
    assert parcel.routed.agent is None


@pytest.mark.parametrize("gone", ["leads", "lead_contacts", "destinations"])
async def test_what_has_nothing_left_to_send_is_claimed_without_a_parcel(database, rows, gone):
    await rows.delivery(await rows.destination())
    await rows.execute(f"DELETE FROM {gone}")
    [(_, parcel)] = await claim(database)
    assert parcel is None


async def test_what_is_not_due_yet_is_left(database, rows):
    await rows.delivery(await rows.destination(), due=LATER)
    assert await claim(database, now=SOON) == []
    assert await claim(database, now=LATER) != []


async def test_what_is_being_sent_is_not_claimed_again(database, rows):
    await rows.delivery(await rows.destination())
    await claim(database)
    assert await claim(database, now=LATER) == []


async def test_the_longest_due_goes_first(database, rows):
    first, second, _ = await rows.deliveries(await rows.destination(), 3)
    claimed = await claim(database, most=2)
    assert {lease.delivery_id for lease, _ in claimed} == {first, second}


async def test_a_destination_with_many_due_does_not_keep_the_others_from_their_turn(database, rows):
    crowded, quiet = await rows.destination(name="crowded"), await rows.destination(name="quiet")
    await rows.deliveries(crowded, 10)
    await rows.delivery(quiet, due=SOON)
    assert destinations(await claim(database, most=4)) == {crowded: 3, quiet: 1}


async def test_no_destination_gets_more_than_its_share(database, rows):
    one, other = await rows.destination(name="one"), await rows.destination(name="other")
    await rows.deliveries(one, 5)
    await rows.deliveries(other, 2)
    assert destinations(await claim(database, share=3)) == {one: 3, other: 2}


async def test_a_busy_destination_gets_what_room_it_has(database, rows):
    busy, full, idle = [await rows.destination(name=name) for name in ("busy", "full", "idle")]
    for destination in (busy, full, idle):
        await rows.deliveries(destination, 4)
    claimed = await claim(database, share=3, room={busy: 1, full: 0})
    assert destinations(claimed) == {busy: 1, idle: 3}


async def test_workers_that_claim_together_get_different_deliveries(database, rows):
    await rows.deliveries(await rows.destination(), 12)
    rounds = await asyncio.gather(*[claim(database, owner=f"w{n}", most=4) for n in range(3)])
    taken = [lease.delivery_id for claimed in rounds for lease, _ in claimed]
    assert len(taken) == len(set(taken)) >= 4


async def test_a_closed_attempt_says_how_it_ended(database, rows):
    delivery = await rows.delivery(await rows.destination())
    [(lease, _)] = await claim(database)
    assert await close(database, failed(lease)) == [True]
    state = await rows.state(delivery)
    assert (state["state"], state["next_attempt_at"]) == ("pending", LATER)
    assert (state["locked_by"], state["finished_at"]) == (None, None)
    assert state["last_error"] == "acme/main answered 429"
    [attempt] = await rows.attempts(delivery)
    assert (attempt["outcome"], attempt["status_code"]) == ("failed", 429)
    assert attempt["finished_at"] == SOON


async def test_a_delivered_lead_is_told_to_the_timeline(database, rows):
    delivery = await rows.delivery(await rows.destination())
    [(lease, _)] = await claim(database)
    await close(database, delivered(lease))
    event = await rows.one("SELECT * FROM events")
    assert (event["name"], event["lead_id"]) == ("lead.delivered", lease.lead_id)
    assert event["workspace_id"] == SOURCE
    assert event["data"]["delivery_id"] == str(delivery)
    state = await rows.state(delivery)
    assert (state["state"], state["finished_at"]) == ("delivered", SOON)


async def test_what_a_person_has_to_settle_opens_one_review(database, rows):
    delivery = await rows.delivery(await rows.destination())
    [(lease, _)] = await claim(database)
    ending = Closing(
        lease=lease,
        outcome="unknown",
        ended_at=SOON,
        state="unknown",
        review="refused by acme/main",
    )
    await close(database, ending)
    review = await rows.one("SELECT * FROM reviews")
    assert (review["lead_id"], review["workspace_id"]) == (lease.lead_id, SOURCE)
    assert review["reason"] == "refused by acme/main"
    assert (await rows.state(delivery))["next_attempt_at"] is None
    assert await claim(database, now=LATER) == []


async def test_a_lead_that_nobody_took_comes_back_at_once(database, rows):
    await rows.delivery(await rows.destination())
    [(lease, _)] = await claim(database)
    ending = Closing(lease=lease, outcome="refused", ended_at=SOON, state="dead", review="gone")
    await close(database, ending)
    assert await rows.fetch("SELECT * FROM reviews") == []
    assert (await rows.one("SELECT return_at FROM placements"))["return_at"] == SOON


async def test_a_lead_that_was_accepted_and_not_taken_is_for_a_person_to_settle(database, rows):
    await rows.delivery(await rows.destination())
    await rows.execute("UPDATE placements SET accepted_at = $1", NOW)
    [(lease, _)] = await claim(database)
    ending = Closing(lease=lease, outcome="refused", ended_at=SOON, state="dead", review="gone")
    await close(database, ending)
    assert (await rows.one("SELECT reason FROM reviews"))["reason"] == "gone"
    assert (await rows.one("SELECT return_at FROM placements"))["return_at"] is None


async def test_a_lead_in_review_stays_there_for_the_reason_it_came(database, rows):
    await rows.delivery(await rows.destination())
    [(lease, _)] = await claim(database)
    await rows.execute(
        "INSERT INTO reviews (id, lead_id, workspace_id, reason, opened_at) "
        "VALUES (gen_random_uuid(), $1, $2, 'first', $3)",
        *(lease.lead_id, SOURCE, NOW),
    )
    ending = Closing(
        lease=lease, outcome="unknown", ended_at=SOON, state="unknown", review="second"
    )
    await close(database, ending)
    assert (await rows.one("SELECT reason FROM reviews"))["reason"] == "first"


async def test_a_worker_that_lost_its_lease_writes_nothing(database, rows):
    delivery = await rows.delivery(await rows.destination())
    [(lost, _)] = await claim(database)
    await close(database, failed(lost, at=SOON))
    [(mine, _)] = await claim(database)  # the same worker, another attempt
    assert await close(database, delivered(lost)) == [False]
    assert (await rows.state(delivery))["state"] == "sending"
    assert await rows.fetch("SELECT * FROM events") == []
    assert await close(database, delivered(lost), delivered(mine)) == [False, True]
    outcomes = [attempt["outcome"] for attempt in await rows.attempts(delivery)]
    assert outcomes == ["failed", "delivered"]


async def test_another_worker_cannot_close_an_attempt(database, rows):
    await rows.delivery(await rows.destination())
    [(lease, _)] = await claim(database)
    foreign = deliveries.Lease(
        **{name: getattr(lease, name) for name in lease.__struct_fields__} | {"owner": "other"}
    )
    assert await close(database, delivered(foreign)) == [False]


async def test_many_attempts_are_closed_together_each_its_own_way(database, rows):
    await rows.deliveries(await rows.destination(), 3)
    first, second, third = [lease for lease, _ in await claim(database)]
    await close(database, delivered(first), failed(second), failed(third, state="unknown"))
    states = [(await rows.state(lease.delivery_id))["state"] for lease in (first, second, third)]
    assert states == ["delivered", "pending", "unknown"]


async def test_a_lease_that_ran_out_is_found_with_its_owner(database, rows):
    delivery = await rows.delivery(await rows.destination())
    await claim(database, now=SOON)
    assert await lapsed(database, SOON) == []
    [lease] = await lapsed(database, SOON + timedelta(minutes=1))
    assert (lease.delivery_id, lease.attempt, lease.owner) == (delivery, 1, "worker-1")


async def test_an_unsure_delivery_with_a_next_attempt_is_claimed_with_its_history(database, rows):
    delivery = await rows.delivery(await rows.destination())
    [(lease, _)] = await claim(database)
    await close(database, failed(lease, at=SOON))
    [(lease, _)] = await claim(database)
    await close(database, unknown(lease, at=SOON))
    [(lease, _)] = await claim(database)
    assert (lease.delivery_id, lease.attempt) == (delivery, 3)
    assert lease.earlier == ("failed", "unknown")


async def test_the_next_due_is_the_earliest_attempt_or_lease(database, rows):
    assert await next_due(database) is None
    one, other = await rows.destination(name="one"), await rows.destination(name="other")
    await rows.delivery(one, due=LATER)
    await rows.delivery(other, due=SOON)
    assert await next_due(database) == SOON
    assert await next_due(database, other) == LATER
    await claim(database, now=SOON)
    assert await next_due(database) == SOON + timedelta(minutes=1)


async def test_the_queries_that_run_all_day_use_their_indexes(database, rows):
    destination = await rows.destination()
    await rows.execute(
        "INSERT INTO deliveries (id, lead_id, placement_id, destination_id, workspace_id, state, "
        "next_attempt_at, created_at, finished_at) SELECT gen_random_uuid(), gen_random_uuid(), "
        "gen_random_uuid(), $1, $2, CASE WHEN n % 100 = 0 THEN 'pending' ELSE 'delivered' END, "
        "CASE WHEN n % 100 = 0 THEN $3::timestamptz END, $3, "
        "CASE WHEN n % 100 <> 0 THEN $3 END FROM generate_series(1, 20000) n",
        *(destination, PARTNER, NOW),
    )
    async with database.service() as connection:
        await connection.execute("RESET ROLE")
        await connection.execute("ANALYZE deliveries")
    sql = load("deliveries")
    ids: list[UUID] = []
    for statement, values in (
        ("claim", (SOON, "w", LATER, 64, 8, ids, [])),
        ("lapsed", (SOON, 100)),
        ("next_due", (ids,)),
    ):
        plan = await rows.fetch(f"EXPLAIN {sql[statement]}", *values)
        text = "\n".join(row["QUERY PLAN"] for row in plan)
        assert "Seq Scan on deliveries" not in text, text
