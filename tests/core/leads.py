"""Leads to enrich, rate, score and classify, with only what a test is about spelled out."""

from datetime import UTC, date, datetime

from leadflow.core.enrich import LocalTables, ZipPlace
from leadflow.core.lead import Address, Contact, Facts, Lead, Source
from tests.core.builders import SOURCE, uid

NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)

BROOKLYN = ZipPlace(
    city="Brooklyn",
    state="NY",
    county="Kings County",
    country="US",
    latitude=40.69,
    longitude=-73.99,
    time_zone="America/New_York",
)
SAN_JUAN = ZipPlace(
    city="San Juan", state="PR", country="US", latitude=18.4, longitude=-66.1, time_zone=None
)
PALIKIR = ZipPlace(city="Pohnpei", state="FM", country="FM")

TABLES = LocalTables(
    zips={"11201": BROOKLYN, "00901": SAN_JUAN, "96941": PALIKIR},
    free_domains=frozenset({"gmail.com", "yahoo.co.uk", "both.example"}),
    disposable_domains=frozenset({"mailinator.com", "both.example"}),
)

PERSON = Contact(
    first_name="Zebulon",
    last_name="Quackenbush",
    email="zeb.quackenbush@wheelwright.example",
    phone="+14155552671",
    phone_verified=True,
    address=Address(street="77 Nowhere Lane", street2="Flat Ω", zip="11201"),
    date_of_birth=date(1961, 7, 9),
)
NOBODY = Contact()


def lead(vertical="AUTO", data=None, *, contact=NOBODY, reliability=0.5, **changes):
    fields = {
        "id": uid(1000),
        "source": Source(uid(9), SOURCE, "api", "quotes.example", reliability),
        "vertical": vertical,
        "contact": contact,
        "data": data or {},
        "extra": {},
        "external_id": None,
        "traffic_source": None,
        "received_at": NOW,
    }
    return Lead(**{**fields, **changes})


def at(**address):
    """Make a contact of whom only the address is known."""
    return Contact(address=Address(**address))


NO_FACTS = Facts()
