"""Leads of people who do not exist: varied, valid or not, some of them sent more than once."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

Expected = Literal["new", "known", "repeated", "refused"]
"""What a request is meant to end as: a new lead, a person who is known, the first answer again, or
a 400."""


class Sending(Struct, frozen=True, kw_only=True):
    """One request of the feed."""

    brand: str  # slug of the workspace it is sent to
    vertical: str
    body: bytes
    expected: Expected
    idempotency_key: str | None = None


class Place(NamedTuple):
    state: str
    city: str
    zip: str
    area_code: str


PLACES = (
    Place("CO", "Denver", "80202", "303"), Place("CO", "Boulder", "80302", "720"),
    Place("UT", "Salt Lake City", "84101", "801"), Place("NV", "Reno", "89501", "775"),
    Place("AZ", "Phoenix", "85004", "602"), Place("NM", "Santa Fe", "87501", "505"),
    Place("CA", "Sacramento", "95814", "916"), Place("CA", "San Diego", "92101", "619"),
    Place("CA", "Oakland", "94607", "510"), Place("WA", "Seattle", "98101", "206"),
    Place("OR", "Portland", "97204", "503"), Place("ID", "Boise", "83702", "208"),
    Place("TX", "Austin", "78701", "512"), Place("TX", "Dallas", "75201", "214"),
    Place("FL", "Orlando", "32801", "407"), Place("GA", "Atlanta", "30303", "404"),
    Place("NC", "Charlotte", "28202", "704"), Place("TN", "Nashville", "37203", "615"),
    Place("VA", "Richmond", "23219", "804"), Place("MD", "Baltimore", "21202", "410"),
    Place("NY", "Albany", "12207", "518"), Place("NY", "Buffalo", "14202", "716"),
    Place("MA", "Boston", "02108", "617"), Place("NJ", "Newark", "07102", "973"),
    Place("PA", "Pittsburgh", "15222", "412"), Place("CT", "Hartford", "06103", "860"),
    Place("OH", "Columbus", "43215", "614"), Place("MI", "Lansing", "48933", "517"),
    Place("IL", "Chicago", "60601", "312"), Place("WI", "Madison", "53703", "608"),
    Place("MN", "Minneapolis", "55401", "612"), Place("MO", "Kansas City", "64106", "816"),
)  # fmt: skip
FIRST_NAMES = (
    "Adalyn", "Aurelio", "Birgitta", "Caspian", "Delphine", "Emeric", "Fiorella", "Gideon",
    "Hollis", "Isolde", "Jericho", "Kestrel", "Leocadia", "Marcellus", "Nadezhda", "Octavian",
    "Perpetua", "Quillon", "Rosalind", "Sebastienne", "Tiberius", "Ulyana", "Vittoria",
    "Wendell", "Xiomara", "Yevgenia", "Zebediah", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Abercrombie", "Bellweather", "Calloway", "Drinkwater", "Eddington", "Featherstone",
    "Gallowglass", "Hawksworth", "Ivanovska", "Jankowitz", "Kirkbride", "Loxley-Vane",
    "Merriweather", "Nightingale", "O'Shaughnessy", "Pennyfeather", "Quackenbush", "Ravensdale",
    "Satterthwaite", "Thistlewood", "Underhill", "Vandermeer", "Wolstenholme", "Yarborough",
    "Zimmerwald", "Müller-Strasse",
)  # fmt: skip
MAIL_DOMAINS = ("example.com", "example.net", "mail.example.org", "post.example.com")
TIMELINES = ("today", "this week", "within 30 days", "in 3 months", "next year", "just looking")
SOURCES = ("organic", "google", "facebook", "newsletter", "referral")

# Shares of a hundred leads.
SAME_PERSON_AGAIN, SAME_REQUEST_AGAIN, OTHER_BRAND, REFUSED = 5, 2, 5, 5
LATER = 40  # requests between the first of somebody and the next: more than are under way at once


class Person(Struct, frozen=True):
    first: str
    last: str
    email: str
    phone: str
    place: Place


def feed(leads: int, seed: int) -> list[Sending]:
    """Make the requests of a demo, in the order they are sent.

    Args:
        leads: how many first requests there are; those that are sent again come on top.
        seed: the same seed makes the same requests.
    """
    chance = Random(seed)  # noqa: S311  # invented people, not keys
    crowd = _People(chance)
    sendings: list[Sending] = []
    again: list[tuple[int, Sending]] = []
    for number in range(leads):
        vertical, brand, other = chance.choices(_MIX, weights=[share for *_, share in _MIX])[0][:3]
        lot = chance.randrange(100)
        if lot < REFUSED:
            sendings.append(_spoilt(chance, brand, vertical, crowd.next()))
            continue
        person = crowd.next()
        key = f"demo-{seed}-{number}"
        first = _sending(chance, brand, vertical, person, key=key)
        sendings.append(first)
        lot -= REFUSED
        if lot < SAME_PERSON_AGAIN:
            follower = _sending(chance, brand, vertical, person, expected="known", plain=True)
        elif lot < SAME_PERSON_AGAIN + SAME_REQUEST_AGAIN:
            follower = msgspec.structs.replace(first, expected="repeated")
        elif lot < SAME_PERSON_AGAIN + SAME_REQUEST_AGAIN + OTHER_BRAND and other:
            follower = _sending(chance, other, vertical, person, plain=True)
        else:
            continue
        again.append((len(sendings) + LATER, follower))
    for position, follower in reversed(again):
        sendings.insert(position, follower)
    return sendings


class _People:
    """Invents people, each with a mailbox and a telephone number that nobody had before."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._lines = set[str]()

    def next(self) -> Person:
        chance = self._chance
        place = chance.choice(PLACES)
        while (phone := f"{place.area_code}555{chance.randrange(2000, 10_000)}") in self._lines:
            pass
        self._lines.add(phone)
        first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
        local = f"{first}.{last}".encode("ascii", "ignore").decode().replace("'", "").lower()
        email = f"{local}.{phone[-7:]}@{chance.choice(MAIL_DOMAINS)}"
        return Person(first, last, email, phone, place)


def _sending(
    chance: Random,
    brand: str,
    vertical: str,
    person: Person,
    *,
    expected: Expected = "new",
    key: str | None = None,
    plain: bool = False,
) -> Sending:
    body = _body(chance, vertical, person, plain=plain)
    return Sending(
        brand=brand,
        vertical=vertical,
        body=msgspec.json.encode(body),
        expected=expected,
        idempotency_key=key,
    )


def _body(chance: Random, vertical: str, person: Person, *, plain: bool = False) -> dict[str, Any]:
    """Make a body as forms send it; a plain one has all by which its person is recognised."""
    contact: dict[str, Any] = {
        "firstName": person.first,
        "lastName": person.last,
        "email": person.email,
        "phone": person.phone,
        "address": {
            "street": f"{chance.randrange(1, 9999)} Elm St",
            "city": person.place.city,
            "state": person.place.state,
            "zip": person.place.zip,
        },
    }
    match chance.randrange(12):
        case _ if plain:
            pass
        case 0:
            contact["phone"] = "1234567890"  # what people type who do not want to be called
        case 1:
            del contact["email"]
        case 2:
            contact["address"] = {"zip": person.place.zip}
        case 3:
            contact["email"] = contact["email"].upper()
        case _:
            pass
    data = _ANSWERS[vertical](chance)
    if chance.random() < 0.6:
        data["timeline"] = chance.choice(TIMELINES)
    if chance.random() < 0.3:
        data["budget"] = chance.choice((500, 1500, 5000, 25_000))
    body = {
        "vertical": chance.choice((vertical, vertical.lower())),
        "contact_info": contact,
        "vertical_data": data,
        "traffic_source": chance.choice(SOURCES),
    }
    if chance.random() < 0.2:
        body["utm_campaign"] = "autumn"  # nobody told us of this field: it is kept
    return body


def _spoilt(chance: Random, brand: str, vertical: str, person: Person) -> Sending:
    """Make a request that is no lead: it is refused, with all that is wrong with it."""
    body = _body(chance, vertical, person)
    raw = None
    match chance.randrange(5):
        case 0:
            body["vertical"] = "SPACESHIPS"
        case 1:
            body["contact_info"] = {"firstName": person.first}
        case 2:
            said = {"email": person.email.replace("@", " at "), "phone": person.phone[:4]}
            body["contact_info"] |= said
        case 3:
            body["vertical_data"] = ["a", "list"]
        case _:
            raw = msgspec.json.encode(body)[:-2]  # cut off on its way
    return Sending(
        brand=brand,
        vertical=vertical,
        body=raw or msgspec.json.encode(body),
        expected="refused",
    )


def _auto(chance: Random) -> dict[str, Any]:
    make, model = chance.choice(_CARS)
    return {
        "vehicleYear": chance.randrange(2004, 2026),
        "make": make,
        "model": model,
        "primaryUse": chance.choice(("personal", "business", "rideshare")),
        "annualMileage": chance.randrange(3000, 25_000, 500),
        "drivers": chance.randrange(1, 4),
        "accidents": chance.choices((0, 1, 2), weights=(7, 2, 1))[0],
        "violations": chance.choices((0, 1, 3), weights=(7, 2, 1))[0],
    }


def _home(chance: Random) -> dict[str, Any]:
    return {
        "propertyType": chance.choice(("single family", "condo", "townhouse")),
        "yearBuilt": chance.randrange(1920, 2024),
        "squareFeet": chance.randrange(800, 5200, 50),
        "securitySystem": chance.choice((True, "no", 1)),
        "claims": chance.choices((0, 1, 2), weights=(8, 2, 1))[0],
        "propertyValue": chance.randrange(150_000, 1_400_000, 10_000),
    }


def _health(chance: Random) -> dict[str, Any]:
    return {
        "coverageType": chance.choice(("individual", "family")),
        "householdSize": chance.randrange(1, 6),
        "householdIncome": chance.randrange(25_000, 180_000, 1000),
        "tobacco": chance.random() < 0.15,
    }


def _life(chance: Random) -> dict[str, Any]:
    return {
        "coverage_amount": chance.choice((100_000, 250_000, 500_000, 1_000_000)),
        "term_years": chance.choice((10, 20, 30)),
        "tobacco": chance.choice(("yes", "no", "no", "no")),
        "occupation": chance.choice(("teacher", "nurse", "electrician", "analyst")),
    }


def _renters(chance: Random) -> dict[str, Any]:
    return {
        "propertyType": chance.choice(("apartment", "house")),
        "personalProperty": chance.randrange(5000, 60_000, 1000),
        "pets": chance.choice((True, False)),
        "claims": chance.choices((0, 1), weights=(9, 1))[0],
    }


def _commercial(chance: Random) -> dict[str, Any]:
    trade, industry = chance.choice(_TRADES)
    return {
        "businessName": f"{chance.choice(_COMPANY_WORDS)} {trade}",
        "businessType": chance.choice(("LLC", "corporation", "partnership")),
        "industry": industry,
        "employees": chance.choice((3, 12, 45, 180, 1400)),
        "revenue": chance.randrange(200_000, 20_000_000, 100_000),
        "yearsInBusiness": chance.randrange(0, 40),
    }


def _vehicle_sale(chance: Random) -> dict[str, Any]:
    make, model = chance.choice(_CARS)
    return {
        "interest": chance.choice(("buy", "lease", "trade-in", "test-drive", "buy")),
        "condition": chance.choice(("new", "used")),
        "year": chance.randrange(2012, 2027),
        "make": make,
        "model": model,
        "price": chance.randrange(9000, 62_000, 500),
        "timeframe": chance.choice(("today", "this month", "undecided")),
    }


def _b2b(chance: Random) -> dict[str, Any]:
    trade, industry = chance.choice(_TRADES)
    return {
        "company": f"{chance.choice(_COMPANY_WORDS)} {trade}",
        "title": chance.choice(("CEO", "Head of Operations", "Buyer", "IT Director")),
        "industry": industry,
        "employees": chance.choice((8, "11-50", 220, 900, "1000+", 4200)),
        "country": "US",
    }


_CARS = (
    ("Toyota", "Camry"), ("Toyota", "RAV4"), ("Honda", "Civic"), ("Ford", "F-150"),
    ("Subaru", "Outback"), ("Tesla", "Model 3"), ("Hyundai", "Tucson"), ("BMW", 330),
)  # fmt: skip
_TRADES = (
    ("Machine Works", "manufacturing"), ("Roofing", "construction"), ("Bistro", "restaurant"),
    ("Logistics", "trucking"), ("Labs", "software"), ("Dental", "dentists"),
    ("Outfitters", "retail"),
)  # fmt: skip
_COMPANY_WORDS = ("Redwood", "Blue Mesa", "Harborview", "Ironbridge", "Sunfield", "Tamarack")
_ANSWERS: Mapping[str, Callable[[Random], dict[str, Any]]] = {
    "AUTO": _auto,
    "HOME": _home,
    "HEALTH": _health,
    "LIFE": _life,
    "RENTERS": _renters,
    "COMMERCIAL": _commercial,
    "VEHICLE_SALE": _vehicle_sale,
    "B2B": _b2b,
}
# Vertical, the brand it comes to, another brand that has it too, share of a hundred.
_MIX: tuple[tuple[str, str, str | None, int], ...] = (
    ("AUTO", "quotewise", "drivehub", 30),
    ("HOME", "quotewise", None, 13),
    ("HEALTH", "quotewise", None, 9),
    ("LIFE", "quotewise", None, 8),
    ("RENTERS", "quotewise", None, 8),
    ("COMMERCIAL", "quotewise", "tradedesk", 9),
    ("VEHICLE_SALE", "drivehub", None, 13),
    ("B2B", "tradedesk", None, 10),
)
