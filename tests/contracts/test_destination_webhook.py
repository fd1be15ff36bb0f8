"""What a webhook's receiver sees, and how its answers are read."""

import asyncio
import base64
import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from standardwebhooks import Webhook as TheirWebhook

import leadflow
from leadflow.destinations.webhook import Webhook, departures, open_session, read_retry_after
from leadflow.errors import SetupError
from leadflow.ports import Endpoint, Message
from leadflow.telemetry import traces
from tests.contracts.receiver import receiving

TIMEOUT = timedelta(seconds=20)
HASTY = timedelta(seconds=0.1)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD_SECRET = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
MESSAGE = Message(
    delivery_id=UUID("019cb7a0-0000-7000-8000-000000000001"),
    attempt=2,
    created_at=NOW,
    payload={"type": "lead.routed", "data": {"name": "Zo\u00eb"}},
)


class Nowhere:
    """Resolves nothing, as without a network: at once, or never."""

    def __init__(self, *, at_once=True):
        self._at_once = at_once

    async def resolve(self, host, port=0, family=socket.AF_INET):
        if not self._at_once:
            await asyncio.Event().wait()
        raise OSError(f"{host} is not known")

    async def close(self):
        pass


def session(resolver: Any, **given):
    connector = aiohttp.TCPConnector(resolver=resolver)
    return aiohttp.ClientSession(connector=connector, **given)


def self_signed(folder):
    """Make the TLS side of a server that is only who it says by its own word."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem, encoding = folder / "server.pem", serialization.Encoding.PEM
    private = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(encoding))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def webhook():
    async with open_session(private_addresses=True) as session:
        yield Webhook(session, clock=lambda: datetime.now(UTC))


def endpoint(url, secret=SECRET):
    return Endpoint(
        destination_id=UUID(int=7),
        name="acme/main",
        kind="webhook",
        url=url,
        secret=secret.encode(),
    )


async def test_the_receiver_gets_the_payload_as_json(webhook, receiver):
    await webhook.send(endpoint(f"{receiver.url}/200"), MESSAGE, TIMEOUT)
    [(headers, body)] = receiver.requests
    assert headers["Content-Type"] == "application/json"
    assert msgspec.json.decode(body) == MESSAGE.payload


async def test_every_attempt_carries_the_delivery_as_its_key(webhook, receiver):
    for attempt in (1, 2):
        again = replace(MESSAGE, attempt=attempt)
        await webhook.send(endpoint(f"{receiver.url}/200"), again, TIMEOUT)
    for headers, _ in receiver.requests:
        assert headers["Idempotency-Key"] == headers["webhook-id"] == str(MESSAGE.delivery_id)


async def test_the_receiver_learns_who_is_calling(webhook, receiver):
    await webhook.send(endpoint(f"{receiver.url}/200"), MESSAGE, TIMEOUT)
    [(headers, _)] = receiver.requests
    assert headers["User-Agent"] == f"leadflow/{leadflow.__version__}"
    assert "traceparent" not in headers


async def test_a_trace_goes_on_at_the_receiver(webhook, receiver):
    with traces.joined("delivery.attempt", {}):
        here = traces.outgoing()
        await webhook.send(endpoint(f"{receiver.url}/200"), MESSAGE, TIMEOUT)
    [(headers, _)] = receiver.requests
    assert headers["traceparent"] == here["traceparent"]


@pytest.mark.parametrize("theirs", [SECRET, OLD_SECRET])
async def test_the_reference_library_verifies_it_also_during_a_rotation(webhook, receiver, theirs):
    rotating = endpoint(f"{receiver.url}/200", f"{SECRET} {OLD_SECRET}")
    await webhook.send(rotating, MESSAGE, TIMEOUT)
    [(headers, body)] = receiver.requests
    assert TheirWebhook(theirs).verify(body, dict(headers)) == MESSAGE.payload


@pytest.mark.parametrize("secret", ["hunter2", "", " ", "whsec_\N{SNOWMAN}"])
async def test_a_secret_that_is_none_is_the_operators_to_mend(webhook, receiver, secret):
    with pytest.raises(SetupError, match="acme/main"):
        await webhook.send(endpoint(f"{receiver.url}/200", secret), MESSAGE, TIMEOUT)
    assert receiver.requests == []


async def test_a_certificate_nobody_vouches_for_fails(webhook, tmp_path):
    async with receiving(tls=self_signed(tmp_path)) as receiver:
        receipt = await webhook.send(endpoint(f"{receiver.url}/200"), MESSAGE, TIMEOUT)
    assert receipt.outcome == "failed"
    assert receipt.error == "acme/main failed at TLS (ClientConnectorCertificateError)"
    assert receiver.requests == []


async def test_cookies_of_a_receiver_are_not_kept(webhook, receiver):
    setting = endpoint(f"{receiver.url}/200?Set-Cookie=a%3Db")
    await webhook.send(setting, MESSAGE, TIMEOUT)
    await webhook.send(setting, MESSAGE, TIMEOUT)
    assert "Cookie" not in receiver.requests[1][0]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_host_that_never_resolves_fails(at_once):
    async with session(Nowhere(at_once=at_once), trace_configs=[departures()]) as nameless:
        webhook = Webhook(nameless, clock=lambda: NOW)
        receipt = await webhook.send(endpoint("http://nobody.example/"), MESSAGE, HASTY)
    assert receipt.outcome == "failed"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "[fd00::1]"],
)
async def test_private_addresses_are_reached_only_where_that_is_wanted(address):
    async with open_session(private_addresses=False) as public:
        webhook = Webhook(public, clock=lambda: NOW)
        receipt = await webhook.send(endpoint(f"http://{address}:9/"), MESSAGE, TIMEOUT)
    assert (receipt.outcome, receipt.error) == ("failed", "acme/main has a private address")


async def test_a_name_that_resolves_to_a_private_address_is_not_reached(receiver):
    async with open_session(private_addresses=False) as public:
        webhook = Webhook(public, clock=lambda: NOW)
        local = receiver.url.replace("127.0.0.1", "localhost")
        receipt = await webhook.send(endpoint(f"{local}/200"), MESSAGE, TIMEOUT)
    assert receipt.outcome == "failed"
    assert receiver.requests == []


async def test_without_a_trace_no_failure_is_certain():
    async with session(Nowhere()) as untraced:
        webhook = Webhook(untraced, clock=lambda: NOW)
        receipt = await webhook.send(endpoint("http://nobody.example/"), MESSAGE, TIMEOUT)
    assert receipt.outcome == "unknown"
    assert receipt.error == "acme/main has a host name that does not resolve"


async def test_a_connection_is_kept_for_the_next_lead(webhook, receiver):
    await webhook.send(endpoint(f"{receiver.url}/200"), MESSAGE, TIMEOUT)
    await webhook.send(endpoint(f"{receiver.url}/200"), MESSAGE, TIMEOUT)
    assert len(receiver.requests) == 2
    assert len(receiver.connections) == 1


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("120", timedelta(minutes=2)),
        ("0", timedelta(0)),
        ("0000000000015", timedelta(seconds=15)),
        ("9" * 5000, timedelta(seconds=9_999_999_999)),
        ("Wed, 04 Mar 2026 05:16:07 GMT", timedelta(minutes=10)),
        ("Wed, 04 Mar 2026 05:16:07 -0000", timedelta(minutes=10)),
        ("Wed, 04 Mar 2026 07:16:07 +0200", timedelta(minutes=10)),
        ("Wed, 04 Mar 2020 05:06:07 GMT", timedelta(0)),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("\N{SUPERSCRIPT TWO}", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, wait):
    assert read_retry_after(header, NOW) == wait


@given(st.text(st.characters(codec="latin-1")) | st.from_regex(r"\d+ \w+ \d+ [\d:]+ [+-]\d+"))
def test_any_retry_after_can_be_read(header):
    wait = read_retry_after(header, NOW)
    assert wait is None or wait >= timedelta(0)
