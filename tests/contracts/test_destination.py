"""What every destination promises, whatever is behind it. A new adapter adds itself to ADAPTERS."""

import base64
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from leadflow.destinations.webhook import Webhook, open_session
from leadflow.ports import Endpoint, Message
from tests.contracts.receiver import hanging_up, receiving

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PATIENT = timedelta(seconds=20)
HASTY = timedelta(seconds=0.2)
SECRET = b"whsec_" + base64.b64encode(bytes(range(32)))
MESSAGE = Message(
    delivery_id=UUID("019cb7a0-0000-7000-8000-000000000001"),
    attempt=1,
    created_at=NOW,
    payload={"type": "lead.routed", "data": {"lead": {"contact": {"first_name": "Zo\u00eb"}}}},
)


@asynccontextmanager
async def webhook():
    async with open_session(private_addresses=True) as session:
        yield Webhook(session, clock=lambda: NOW)


ADAPTERS = {"webhook": webhook}


@pytest.fixture(params=ADAPTERS)
async def destination(request):
    async with ADAPTERS[request.param]() as adapter:
        yield adapter


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


def endpoint(url):
    return Endpoint(
        destination_id=UUID(int=7), name="acme/main", kind="webhook", url=url, secret=SECRET
    )


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_a_status_of_success_delivers(destination, receiver, status):
    receipt = await destination.send(endpoint(f"{receiver.url}/{status}"), MESSAGE, PATIENT)
    assert (receipt.outcome, receipt.status_code, receipt.error) == ("delivered", status, None)


@pytest.mark.parametrize("status", [301, 307, 308, 400, 401, 403, 404, 409, 410, 413, 422])
async def test_a_receiver_that_will_never_take_it_refuses(destination, receiver, status):
    receipt = await destination.send(endpoint(f"{receiver.url}/{status}"), MESSAGE, PATIENT)
    assert (receipt.outcome, receipt.status_code) == ("refused", status)


@pytest.mark.parametrize("status", [408, 425, 429])
async def test_a_receiver_that_has_not_looked_at_it_fails(destination, receiver, status):
    receipt = await destination.send(endpoint(f"{receiver.url}/{status}"), MESSAGE, PATIENT)
    assert (receipt.outcome, receipt.status_code) == ("failed", status)


@pytest.mark.parametrize("status", [302, 303, 500, 502, 503, 504])
async def test_an_answer_that_does_not_say_whether_it_was_taken_is_unknown(
    destination, receiver, status
):
    receipt = await destination.send(endpoint(f"{receiver.url}/{status}"), MESSAGE, PATIENT)
    assert (receipt.outcome, receipt.status_code) == ("unknown", status)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_receiver_that_asks_for_time_fails_and_is_given_it(destination, receiver, status):
    asking = endpoint(f"{receiver.url}/{status}?Retry-After=120")
    receipt = await destination.send(asking, MESSAGE, PATIENT)
    assert (receipt.outcome, receipt.retry_after) == ("failed", timedelta(minutes=2))


async def test_an_error_names_the_endpoint_and_what_was_seen(destination, receiver):
    receipt = await destination.send(endpoint(f"{receiver.url}/503"), MESSAGE, PATIENT)
    assert receipt.error == "acme/main answered 503"


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("cut", "acme/main closed the connection without an answer"),
        ("garbage", "acme/main answered something that is not HTTP"),
    ],
)
async def test_a_request_that_was_read_and_not_answered_is_unknown(
    destination, receiver, path, seen
):
    receipt = await destination.send(endpoint(f"{receiver.url}/{path}"), MESSAGE, PATIENT)
    assert (receipt.outcome, receipt.error) == ("unknown", seen)
    assert len(receiver.requests) == 1


async def test_a_receiver_that_is_too_slow_leaves_it_unknown(destination, receiver):
    receipt = await destination.send(endpoint(f"{receiver.url}/slow"), MESSAGE, HASTY)
    assert (receipt.outcome, receipt.status_code) == ("unknown", None)
    assert receipt.error == "acme/main did not answer within 0.2 s"
    assert len(receiver.requests) == 1


async def test_a_connection_cut_while_we_sent_leaves_it_unknown(destination):
    async with hanging_up() as url:
        receipt = await destination.send(endpoint(url), MESSAGE, PATIENT)
    assert receipt.outcome == "unknown"


async def test_a_kept_connection_that_the_receiver_cuts_is_not_tried_again(destination, receiver):
    await destination.send(endpoint(f"{receiver.url}/200"), MESSAGE, PATIENT)
    receipt = await destination.send(endpoint(f"{receiver.url}/cut"), MESSAGE, PATIENT)
    assert receipt.outcome == "unknown"
    assert len(receiver.requests) == 2


@pytest.mark.parametrize("path", ["half", "endless", "dripping"])
async def test_once_it_said_yes_a_receiver_may_stumble_over_the_rest(destination, receiver, path):
    receipt = await destination.send(endpoint(f"{receiver.url}/{path}"), MESSAGE, PATIENT)
    assert (receipt.outcome, receipt.status_code) == ("delivered", 200)


async def test_a_closed_port_fails(destination):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
        port = taken.getsockname()[1]
        receipt = await destination.send(endpoint(f"http://127.0.0.1:{port}/"), MESSAGE, PATIENT)
    assert receipt.outcome == "failed"
    assert receipt.error == "acme/main could not be connected to (Connection refused)"


async def test_tls_to_a_plain_port_fails(destination, receiver):
    address = receiver.url.replace("http:", "https:")
    receipt = await destination.send(endpoint(f"{address}/200"), MESSAGE, PATIENT)
    assert receipt.outcome == "failed"
    assert receiver.requests == []


@pytest.mark.parametrize(
    "address",
    ["", "nowhere", "ftp://127.0.0.1/", "http://", "http://[::1", f"http://{'a' * 70}.b/"],
)
async def test_an_address_that_leads_nowhere_fails(destination, address):
    receipt = await destination.send(endpoint(address), MESSAGE, PATIENT)
    assert (receipt.outcome, receipt.status_code) == ("failed", None)


async def test_a_redirect_is_not_followed(destination, receiver):
    moved = endpoint(f"{receiver.url}/307?Location={receiver.url}/200")
    await destination.send(moved, MESSAGE, PATIENT)
    assert len(receiver.requests) == 1


async def test_a_token_in_the_address_is_not_told(destination, receiver):
    for path in ("400", "cut"):
        secret = endpoint(f"{receiver.url}/{path}?token=hunter2")
        receipt = await destination.send(secret, MESSAGE, PATIENT)
        assert "hunter2" not in receipt.error
