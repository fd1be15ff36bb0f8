"""What becomes of a delivery: sent once, tried again, given up, and what a crash leaves of it."""

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import pytest
from standardwebhooks import Webhook as TheirWebhook

from leadflow.core.deliver import Patience
from leadflow.destinations.webhook import Webhook, open_session
from leadflow.errors import PermanentError, TemporaryError
from leadflow.ports import Receipt
from leadflow.store.seal import Vault
from leadflow.telemetry.metrics import REGISTRY
from leadflow.work.deliver import Delivery, Limits
from tests.contracts.receiver import receiving
from tests.store.delivery_rows import AGENT, NOW, SECRET, Rows

TAKEN = Receipt(outcome="delivered", status_code=200)
NOT_NOW = Receipt(outcome="failed", status_code=429, error="acme/main answered 429")
NEVER = Receipt(outcome="refused", status_code=410, error="acme/main answered 410")
SILENCE = Receipt(outcome="unknown", error="acme/main did not answer within 10 s")
AWAY = TemporaryError("the database is not reachable")
STEADY = Patience(jitter=0, max_attempts=3)


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def forward(self, **amount):
        self.now += timedelta(**amount)


class Buyer:
    """A destination that gives the receipts it was told to give, then takes everything.

    `sent` are the messages by destination. A send waits for its destination's event in `hold`;
    `look` is called before.
    """

    def __init__(self, *receipts):
        self.receipts = list(receipts)
        self.sent = defaultdict(list)
        self.arrival = asyncio.Condition()
        self.hold = {}
        self.under_way = 0
        self.most_under_way = 0
        self.look = None

    async def send(self, endpoint, message, timeout):  # noqa: ASYNC109  # the port's promise
        self.sent[endpoint.destination_id].append(message)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            async with self.arrival:
                self.arrival.notify_all()
            await asyncio.sleep(0)  # the others' turn
            if self.look is not None:
                await self.look(message)
            if endpoint.destination_id in self.hold:
                await self.hold[endpoint.destination_id].wait()
        finally:
            self.under_way -= 1
        receipt = self.receipts.pop(0) if self.receipts else TAKEN
        if isinstance(receipt, Exception):
            raise receipt
        return receipt

    async def has(self, number, destination=None):
        """Wait until this many messages have come, at one destination or in all."""

        def here():
            return len(self.messages if destination is None else self.sent[destination]) >= number

        async with asyncio.timeout(20), self.arrival:
            await self.arrival.wait_for(here)

    @property
    def messages(self):
        return [message for messages in self.sent.values() for message in messages]


class Moody:
    """A database that first raises its `moods`. `asked` counts the transactions after them."""

    def __init__(self, database, *moods):
        self._database = database
        self.moods = list(moods)
        self.asked = asyncio.Semaphore(0)

    @asynccontextmanager
    async def service(self):
        if self.moods:
            raise self.moods.pop(0)
        async with self._database.service() as connection:
            yield connection
        self.asked.release()


@pytest.fixture
async def rows(database):
    rows = Rows(database)
    await rows.world()
    return rows


@pytest.fixture
def clock():
    return Clock()


@asynccontextmanager
async def worker(rows, clock, adapter, *, database=None, vault=None, owner="worker-1", **limits):
    delivery = Delivery(
        database or rows._database,
        vault or rows.vault,
        {"webhook": adapter},
        owner,
        clock,
        patience=STEADY,
        limits=Limits(**limits),
    )
    delivery.start()
    try:
        yield delivery
    finally:
        await delivery.close()


@asynccontextmanager
async def running(delivery):
    """Have a worker run; give the event that stops it."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(delivery.run(stop))
        try:
            yield stop
        finally:
            stop.set()


def counted(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


async def test_a_due_delivery_is_sent_and_told_to_the_timeline(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    before = counted("deliveries_total", outcome="delivered")
    buyer = Buyer()
    async with worker(rows, clock, buyer) as work:
        assert await work.run_once() == 1
        assert await work.run_once() == 0
    assert (await rows.state(delivery))["state"] == "delivered"
    assert (await rows.one("SELECT name FROM events"))["name"] == "lead.delivered"
    assert counted("deliveries_total", outcome="delivered") == before + 1


async def test_the_message_is_the_lead_with_its_contact(rows, clock):
    destination = await rows.destination()
    delivery = await rows.delivery(destination, agent=AGENT)
    buyer = Buyer()
    async with worker(rows, clock, buyer) as work:
        await work.run_once()
    [message] = buyer.messages
    assert (message.delivery_id, message.attempt, message.created_at) == (delivery, 1, NOW)
    payload = msgspec.json.decode(msgspec.json.encode(message.payload))
    assert (payload["type"], payload["timestamp"]) == ("lead.routed", "2026-03-04T12:00:00Z")
    lead = payload["data"]["lead"]
    assert lead["contact"]["email"] == "zoe@example.com"
    assert lead["contact"]["address"]["zip"] == "02108"
    assert lead["vertical_data"] == {"vehicleYear": 2019}
    assert lead["extra"] == {"utm": "x"}
    assert payload["data"]["agent"]["name"] == "Ann Agent"
    assert payload["data"]["destination"]["workspace"] == "acme"


async def test_the_attempt_is_on_disk_and_no_transaction_open_while_the_receiver_is_asked(
    rows, clock
):
    delivery = await rows.delivery(await rows.destination())
    seen = {}

    async def look(_):
        seen["state"] = (await rows.state(delivery))["state"]
        seen["open"] = await rows.fetch(
            "SELECT 1 FROM pg_stat_activity "
            "WHERE state LIKE 'idle in transaction%' AND datname = current_database()"
        )

    buyer = Buyer()
    buyer.look = look
    async with worker(rows, clock, buyer) as work:
        await work.run_once()
    assert seen == {"state": "sending", "open": []}


async def test_a_failed_delivery_is_tried_again_under_the_same_key(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    buyer = Buyer(NOT_NOW)
    async with worker(rows, clock, buyer) as work:
        await work.run_once()
        assert (await rows.state(delivery))["state"] == "pending"
        assert await work.next_due() == NOW + timedelta(seconds=10)
        assert await work.run_once() == 0
        clock.forward(seconds=10)
        await work.run_once()
    assert [(m.delivery_id, m.attempt) for m in buyer.messages] == [(delivery, 1), (delivery, 2)]
    assert buyer.messages[0].payload == buyer.messages[1].payload
    outcomes = [attempt["outcome"] for attempt in await rows.attempts(delivery)]
    assert outcomes == ["failed", "delivered"]


async def test_a_receiver_that_asks_for_time_gets_it(rows, clock):
    await rows.delivery(await rows.destination())
    busy = Receipt(outcome="failed", status_code=503, retry_after=timedelta(minutes=20))
    async with worker(rows, clock, Buyer(busy)) as work:
        await work.run_once()
        assert await work.next_due() == NOW + timedelta(minutes=20)


async def test_a_refused_delivery_is_dead_and_its_lead_comes_back(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    before = counted("deliveries_total", outcome="dead")
    async with worker(rows, clock, Buyer(NEVER)) as work:
        await work.run_once()
    assert (await rows.state(delivery))["state"] == "dead"
    assert (await rows.one("SELECT return_at FROM placements"))["return_at"] == clock()
    assert await rows.fetch("SELECT * FROM reviews") == []
    assert await rows.fetch("SELECT * FROM events") == []
    assert counted("deliveries_total", outcome="dead") == before + 1


async def test_after_the_last_attempt_a_delivery_is_dead(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    async with worker(rows, clock, Buyer(*[NOT_NOW] * 3)) as work:
        for _ in range(4):
            await work.run_once()
            clock.forward(hours=1)
    state = await rows.state(delivery)
    assert (state["state"], state["attempts"]) == ("dead", 3)
    assert (await rows.one("SELECT return_at FROM placements"))["return_at"] is not None


async def test_an_unsure_delivery_is_settled_by_the_same_receiver_under_the_same_key(rows, clock):
    destination = await rows.destination()
    delivery = await rows.delivery(destination)
    buyer = Buyer(SILENCE)
    async with worker(rows, clock, buyer) as work:
        await work.run_once()
        assert (await rows.state(delivery))["state"] == "unknown"
        clock.forward(seconds=10)
        await work.run_once()
    assert (await rows.state(delivery))["state"] == "delivered"
    assert {message.delivery_id for message in buyer.sent[destination]} == {delivery}


@pytest.mark.parametrize("rest", [[NOT_NOW, NOT_NOW], [NEVER], [SILENCE, SILENCE]])
async def test_an_unsure_delivery_that_stays_so_waits_for_a_person(rows, clock, rest):
    delivery = await rows.delivery(await rows.destination())
    buyer = Buyer(SILENCE, *rest)
    async with worker(rows, clock, buyer) as work:
        for _ in range(5):
            await work.run_once()
            clock.forward(hours=1)
        assert await work.next_due() is None
    state = await rows.state(delivery)
    assert (state["state"], state["next_attempt_at"]) == ("unknown", None)
    assert len(buyer.messages) == 1 + len(rest)
    assert len(await rows.fetch("SELECT * FROM reviews")) == 1


async def test_a_worker_lost_while_sending_leaves_the_delivery_unsure(rows, clock):
    destination = await rows.destination()
    delivery = await rows.delivery(destination)
    hanging = Buyer()
    hanging.hold[destination] = asyncio.Event()
    async with worker(rows, clock, hanging) as lost:
        sending = asyncio.create_task(lost.run_once())
        await hanging.has(1)
        sending.cancel()
        await asyncio.wait([sending])
    assert (await rows.state(delivery))["state"] == "sending"

    buyer = Buyer()
    async with worker(rows, clock, buyer, owner="worker-2") as work:
        assert await work.run_once() == 0
        clock.now = await work.next_due()
        await work.run_once()
        assert (await rows.state(delivery))["state"] == "unknown"
        assert buyer.messages == []
        clock.forward(seconds=10)
        await work.run_once()
    assert (await rows.state(delivery))["state"] == "delivered"
    outcomes = [attempt["outcome"] for attempt in await rows.attempts(delivery)]
    assert outcomes == ["unknown", "delivered"]


async def test_a_worker_that_lost_its_lease_does_not_overwrite_what_followed(rows, clock):
    destination = await rows.destination()
    delivery = await rows.delivery(destination)
    slow = Buyer(NEVER)
    slow.hold[destination] = asyncio.Event()
    async with worker(rows, clock, slow) as late, worker(rows, clock, Buyer(), owner="w2") as work:
        sending = asyncio.create_task(late.run_once())
        await slow.has(1)
        clock.forward(minutes=5)
        await work.run_once()
        slow.hold[destination].set()
        await sending
        assert (await rows.state(delivery))["state"] == "unknown"
        assert await rows.fetch("SELECT * FROM reviews") == []


async def test_a_receiver_that_hangs_does_not_hold_up_the_others(rows, clock):
    hanging, brisk = await rows.destination(name="hanging"), await rows.destination(name="brisk")
    await rows.deliveries(hanging, 6)
    await rows.deliveries(brisk, 20)
    clock.forward(minutes=1)
    buyer = Buyer()
    buyer.hold[hanging] = asyncio.Event()
    async with worker(rows, clock, buyer, at_once=8, per_destination=4) as work, running(work):
        await buyer.has(20, brisk)
        assert len(buyer.sent[hanging]) == 4
        buyer.hold[hanging].set()
        await buyer.has(6, hanging)
    assert buyer.most_under_way <= 8
    done = await rows.one("SELECT count(*) AS n FROM deliveries WHERE state = 'delivered'")
    assert done["n"] == 26


async def test_a_round_keeps_to_both_bounds(rows, clock):
    one, other = await rows.destination(name="one"), await rows.destination(name="other")
    await rows.deliveries(one, 10)
    await rows.deliveries(other, 10)
    clock.forward(minutes=1)
    buyer = Buyer()
    async with worker(rows, clock, buyer, at_once=5, per_destination=3) as work:
        assert await work.run_once() == 5
    assert buyer.most_under_way == 5
    assert sorted(map(len, buyer.sent.values())) == [2, 3]


async def test_without_room_nothing_is_due(rows, clock):
    destination = await rows.destination()
    await rows.deliveries(destination, 3)
    clock.forward(minutes=1)
    buyer = Buyer()
    buyer.hold[destination] = asyncio.Event()
    async with worker(rows, clock, buyer, at_once=2, per_destination=2) as work:
        sending = asyncio.create_task(work.run_once())
        await buyer.has(2)
        assert await work.next_due() is None
        assert await work.run_once() == 0
        buyer.hold[destination].set()
        await sending
        assert await work.next_due() is not None


async def test_workers_side_by_side_send_everything_once(rows, clock):
    delivery_ids = set(await rows.deliveries(await rows.destination(), 30))
    clock.forward(minutes=1)
    buyer = Buyer()
    async with worker(rows, clock, buyer) as one, worker(rows, clock, buyer, owner="w2") as two:
        while sum(await asyncio.gather(one.run_once(), two.run_once())):
            pass
    assert sorted(m.delivery_id for m in buyer.messages) == sorted(delivery_ids)


async def test_what_is_under_way_when_told_to_stop_is_finished(rows, clock):
    destination = await rows.destination()
    delivery = await rows.delivery(destination)
    buyer = Buyer()
    buyer.hold[destination] = asyncio.Event()
    async with worker(rows, clock, buyer) as work, running(work) as stop:
        await buyer.has(1)
        stop.set()
        buyer.hold[destination].set()
    assert (await rows.state(delivery))["state"] == "delivered"


async def test_what_is_cut_off_at_the_end_of_the_grace_is_written_down_as_unknown(rows, clock):
    destination = await rows.destination()
    delivery = await rows.delivery(destination)
    buyer = Buyer()
    buyer.hold[destination] = asyncio.Event()
    async with worker(rows, clock, buyer, grace=timedelta(0)) as work, running(work):
        await buyer.has(1)
    state = await rows.state(delivery)
    assert (state["state"], state["locked_by"]) == ("unknown", None)
    assert state["last_error"] == "cut off before an answer came"


async def test_an_adapter_that_breaks_costs_only_its_own_delivery(rows, clock):
    broken, sound = await rows.deliveries(await rows.destination(), 2)
    clock.forward(minutes=1)
    before = counted("errors_total", component="deliver") or 0
    buyer = Buyer(ZeroDivisionError("oops"))
    async with worker(rows, clock, buyer) as work:
        await work.run_once()
    states = sorted([(await rows.state(id_))["state"] for id_ in (broken, sound)])
    assert states == ["delivered", "unknown"]
    assert counted("errors_total", component="deliver") == before + 1


async def test_what_cannot_be_opened_is_not_sent_and_tried_again(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    buyer = Buyer()
    async with worker(rows, clock, buyer, vault=Vault([bytes(range(32))])) as work:
        await work.run_once()
    assert buyer.messages == []
    state = await rows.state(delivery)
    assert state["state"] == "pending"
    assert "ENCRYPTION_KEY" in state["last_error"]


async def test_what_was_sealed_otherwise_is_not_sent(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    lead = (await rows.state(delivery))["lead_id"]
    key_id, sealed = rows.vault.seal(lead, b'{"contact": 7}')
    await rows.execute("UPDATE lead_contacts SET key_id = $1, sealed = $2", key_id, sealed)
    buyer = Buyer()
    async with worker(rows, clock, buyer) as work:
        await work.run_once()
    assert buyer.messages == []
    assert (await rows.state(delivery))["state"] == "pending"


async def test_a_kind_without_an_adapter_waits_for_one(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    delivering = Delivery(rows._database, rows.vault, {}, "w", clock)
    delivering.start()
    await delivering.run_once()
    await delivering.close()
    state = await rows.state(delivery)
    assert (state["state"], state["attempts"]) == ("pending", 1)


async def test_a_delivery_with_nothing_left_to_send_is_dead(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    await rows.execute("DELETE FROM lead_contacts")
    async with worker(rows, clock, Buyer()) as work:
        await work.run_once()
    assert (await rows.state(delivery))["state"] == "dead"


async def test_an_outcome_waits_for_a_database_that_is_away(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    moody, buyer = Moody(rows._database), Buyer()

    async def go_away(_):
        moody.moods = [AWAY]

    buyer.look = go_away
    async with worker(rows, clock, buyer, database=moody) as work:
        await work.run_once()
    assert (await rows.state(delivery))["state"] == "delivered"
    assert len(buyer.messages) == 1


async def test_an_outcome_the_database_refuses_is_written_off_with_its_lease(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    moody, buyer = Moody(rows._database), Buyer()

    async def be_refused(_):
        moody.moods = [PermanentError("the database refused a row")]

    buyer.look = be_refused
    async with worker(rows, clock, buyer, database=moody) as work:
        await work.run_once()
        assert (await rows.state(delivery))["state"] == "sending"
        clock.forward(minutes=1)
        await work.run_once()
    assert (await rows.state(delivery))["state"] == "unknown"


async def test_a_worker_that_must_be_gone_does_not_wait_for_the_database(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    moody, buyer = Moody(rows._database), Buyer()

    async def go_away_and_hang(_):
        moody.moods = [AWAY] * 99
        await asyncio.Event().wait()

    buyer.look = go_away_and_hang
    async with worker(rows, clock, buyer, database=moody, grace=timedelta(0)) as work:
        async with running(work):
            await buyer.has(1)
        assert moody.moods
    assert (await rows.state(delivery))["state"] == "sending"


async def test_a_worker_outlives_a_database_that_is_away(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    buyer = Buyer()
    moody = Moody(rows._database, AWAY)
    async with worker(rows, clock, buyer, database=moody) as work, running(work):
        await buyer.has(1)
    assert (await rows.state(delivery))["state"] == "delivered"


async def test_a_sleeping_worker_is_called_to_what_is_due_now(rows, clock):
    destination = await rows.destination()
    moody, buyer = Moody(rows._database), Buyer()
    async with worker(rows, clock, buyer, database=moody) as work, running(work):
        for _ in range(2):  # it has found nothing to claim, and nothing that will be due
            await moody.asked.acquire()
        await rows.delivery(destination)
        work.call()
        await buyer.has(1)


async def test_a_receiver_on_the_network_gets_a_signed_lead(rows, clock):
    async with receiving() as receiver, open_session(private_addresses=True) as session:
        delivery = await rows.delivery(await rows.destination(f"{receiver.url}/200"))
        async with worker(rows, clock, Webhook(session, clock)) as work:
            await work.run_once()
        [(headers, body)] = receiver.requests
        assert headers["Idempotency-Key"] == str(delivery)
        assert headers["traceparent"]
        signed = TheirWebhook(SECRET).sign(str(delivery), NOW, body.decode())
        assert headers["webhook-signature"] == signed
        state = await rows.state(delivery)
        assert state["state"] == "delivered"


async def test_a_lease_outlasts_the_longest_send(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    buyer = Buyer()
    seen = []

    async def look(_):
        seen.append((await rows.state(delivery))["lease_until"])

    buyer.look = look
    async with worker(rows, clock, buyer, timeout=timedelta(minutes=2)) as work:
        await work.run_once()
    assert seen > [NOW + timedelta(minutes=2)]


async def test_a_lease_ends_with_its_margin(rows, clock):
    delivery = await rows.delivery(await rows.destination())
    buyer = Buyer()
    seen = []

    async def look(_):
        seen.append((await rows.state(delivery))["lease_until"])

    buyer.look = look
    limits = {"timeout": timedelta(seconds=5), "margin": timedelta(seconds=2)}
    async with worker(rows, clock, buyer, **limits) as work:
        await work.run_once()
    assert seen == [NOW + timedelta(seconds=7)]


# Destinations that fail.


async def health(rows):
    found = await rows.fetch("SELECT failures, paused_until FROM delivery_health")
    return [(row["failures"], row["paused_until"]) for row in found]


@pytest.fixture
async def three_strikes(rows):
    """Have a destination that is paused after three errors in a row."""
    destination = await rows.destination()
    await rows.execute("UPDATE destinations SET pause_after_errors = 3")
    return destination


async def test_a_destination_that_fails_again_and_again_is_paused(rows, clock, three_strikes):
    for _ in range(3):
        await rows.delivery(three_strikes)
    before = counted("destination_pauses_total")
    async with worker(rows, clock, Buyer(NOT_NOW, NEVER, SILENCE)) as work:
        await work.run_once()
    assert await health(rows) == [(3, clock() + STEADY.pause)]
    assert counted("destination_pauses_total") == before + 1


async def test_an_attempt_that_is_taken_begins_the_count_anew(rows, clock, three_strikes):
    async with worker(rows, clock, Buyer(NOT_NOW, NOT_NOW)) as work:
        for _ in range(4):
            await rows.delivery(three_strikes)
            await work.run_once()
    assert await health(rows) == [(0, None)]


async def test_a_pause_ends_with_the_first_lead_that_is_taken(rows, clock, three_strikes):
    for _ in range(3):
        await rows.delivery(three_strikes)
    before = await rows.one("SELECT version FROM configuration")
    async with worker(rows, clock, Buyer(*[NOT_NOW] * 3)) as work:
        await work.run_once()
        now = await rows.one("SELECT version FROM configuration")
        assert now["version"] > before["version"]  # so the walk sees it
        clock.forward(seconds=20)
        await work.run_once()
    assert await health(rows) == [(0, None)]


async def test_after_a_pause_one_more_error_is_enough(rows, clock, three_strikes):
    for _ in range(3):
        await rows.delivery(three_strikes)
    async with worker(rows, clock, Buyer(*[NOT_NOW] * 99)) as work:
        await work.run_once()
        paused_at = clock()
        clock.forward(minutes=5)
        await rows.delivery(three_strikes)
        await work.run_once()
        [(_, until)] = await health(rows)
        assert until == paused_at + STEADY.pause  # what fails meanwhile does not prolong it
        clock.forward(minutes=11)
        await rows.delivery(three_strikes)
        await work.run_once()
    [(_, until)] = await health(rows)
    assert until == clock() + STEADY.pause


async def test_a_destination_may_want_never_to_be_paused(rows, clock, three_strikes):
    await rows.execute("UPDATE destinations SET pause_after_errors = NULL")
    for _ in range(9):
        await rows.delivery(three_strikes)
    async with worker(rows, clock, Buyer(*[NOT_NOW] * 9), per_destination=9) as work:
        await work.run_once()
    assert await health(rows) == [(9, None)]


async def test_a_worker_that_is_lost_says_nothing_of_the_receiver(rows, clock, three_strikes):
    await rows.delivery(three_strikes)
    await rows.execute(
        "UPDATE deliveries SET state = 'sending', attempts = 1, locked_by = 'gone', "
        "lease_until = $1",
        clock(),
    )
    async with worker(rows, clock, Buyer()) as work:
        await work.run_once()
    assert await health(rows) == []
