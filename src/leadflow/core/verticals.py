"""The verticals, as data: what a lead of each may say, and what it must say.

One more vertical is one more entry in `REGISTRY`; nothing else in the code names its fields.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

Kind = Literal[
    "text",  # one line
    "label",  # one line that may also come as a number: a model, a stock code
    "prose",  # several lines
    "integer",
    "number",
    "money",  # minor units of the lead's `currency`
    "boolean",
    "date",  # kept as `2024-05-31`
    "choice",
    "texts",  # a list, or one text with commas or semicolons
    "vin",
    "country",  # ISO 3166-1 alpha-2
    "currency",  # ISO 4217
    "object",
    "anything",  # any JSON
]

Bound = int | Literal["next_year", "today"]

MAX_AMOUNT = 10**12  # in major units; in minor ones still under 2**53, exact in any JSON reader
MAX_TEXT = 500
MAX_PROSE = 5000


class Field(Struct, frozen=True):
    """One field of a vertical: what is taken, and where it may go.

    `low` and `high` bound numbers, and money in major units; for a date they are years, or
    `today`. Choices are small letters joined by hyphens, and are taken in any case, with spaces
    or underscores as well.
    """

    name: str  # camelCase; senders may write snake_case
    kind: Kind = "text"
    required: bool = False
    private: bool = False  # sealed with the contact, and never an attribute that rules see
    low: Bound = 0
    high: Bound = MAX_AMOUNT
    choices: tuple[str, ...] = ()
    max_length: int = MAX_TEXT  # characters of a text, each text of a list, an object as JSON
    band: str | None = None  # the field that takes `11-50` or `over $1M` when this is no number
    lenient: bool = False  # what cannot be read is kept aside with a warning, not refused


class Vertical(Struct, frozen=True):
    """A market a lead belongs to; made by `define`."""

    name: str  # capitals and underscores
    fields: tuple[Field, ...]  # its own, then the common ones
    by_name: Mapping[str, Field]
    spellings: Mapping[str, str]  # as a sender may write a field -> its name
    required: tuple[Field, ...]
    private: frozenset[str]  # names of the private fields


def define(name: str, *fields: Field) -> Vertical:
    """Make a vertical of its own fields and those that every vertical has."""
    every = (*fields, *COMMON)
    return Vertical(
        name=name,
        fields=every,
        by_name={field.name: field for field in every},
        spellings=spellings(field.name for field in every),
        required=tuple(field for field in every if field.required),
        private=frozenset(field.name for field in every if field.private),
    )


def spellings(names: Iterable[str]) -> dict[str, str]:
    """Map both spellings of each name, camelCase and snake_case, to the name."""
    return {spelling: name for name in names for spelling in (name, snake_case(name))}


def snake_case(name: str) -> str:
    """Spell a camelCase name with underscores: `yearBuilt` as `year_built`."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def _flag(name: str, *, private: bool = False) -> Field:
    return Field(name, "boolean", private=private)


def _count(name: str, high: int, low: int = 0) -> Field:
    return Field(name, "integer", low=low, high=high)


def _money(name: str) -> Field:
    return Field(name, "money")


def _year(name: str, low: int, *, required: bool = False) -> Field:
    return Field(name, "integer", required=required, low=low, high="next_year")


def _banded(name: str, kind: Kind, band: str) -> tuple[Field, Field]:
    return Field(name, kind, band=band), Field(band, "label", max_length=60)


_CURRENCY = Field("currency", "currency")
_VIN = Field("vin", "vin", private=True)
_INDUSTRY = Field("industry", "label", max_length=120)  # NAICS code or words
_PROPERTY_TYPE = Field("propertyType", required=True, max_length=60)

COMMON: tuple[Field, ...] = (
    *_banded("budget", "money", "budgetBand"),
    Field("timeline", "label", max_length=120),
    Field("interestLevel", "label", max_length=60),
    _CURRENCY,
)

_AUTO = (
    _year("vehicleYear", 1900, required=True),
    Field("make", required=True, max_length=60),
    Field("model", "label", required=True, max_length=60),
    _VIN,
    Field("primaryUse", "choice", choices=("personal", "business", "rideshare")),
    _count("annualMileage", 1_000_000),
    Field("currentInsurer", max_length=120),
    Field("insuredSince", "date", low=1900, high="today"),
    _count("drivers", low=1, high=9),
    _count("accidents", 20),
    _count("violations", 20),
    Field("coverageType", max_length=60),
)

_HOME = (
    _PROPERTY_TYPE,
    _year("yearBuilt", 1600),
    _count("squareFeet", low=100, high=100_000),
    Field("constructionType", max_length=60),
    _count("roofAge", 400),
    _flag("securitySystem"),
    _count("claims", 20),
    _money("propertyValue"),
)

_HEALTH = (
    Field("coverageType", "choice", choices=("individual", "family")),
    _count("householdSize", low=1, high=20),
    _money("householdIncome"),
    _flag("tobacco"),
    _flag("preExistingConditions", private=True),
    _flag("medications", private=True),
    _money("preferredDeductible"),
)

_LIFE = (
    Field("coverageAmount", "money", required=True, low=1000, high=50_000_000),
    _count("termYears", low=1, high=100),
    _flag("tobacco"),
    Field("occupation", max_length=120),
    _money("income"),
    Field("beneficiaries", "anything", private=True),  # a count, or names
    Field("medicalConditions", "texts", private=True, max_length=120),
    _flag("existingPolicy"),
)

_RENTERS = (
    _PROPERTY_TYPE,
    _money("personalProperty"),
    _flag("pets"),
    _flag("securitySystem"),
    _count("claims", 20),
)

_COMMERCIAL = (
    Field("businessName", required=True, max_length=200),
    Field("businessType", required=True, max_length=120),
    _INDUSTRY,
    *_banded("revenue", "money", "revenueBand"),
    *_banded("employees", "integer", "employeesBand"),
    Field("yearsInBusiness", "number", high=500),
    Field("coverageTypes", "texts", max_length=60),
    _count("claims", 50),
)

_VEHICLE_SALE = (
    Field("interest", "choice", choices=("buy", "lease", "sell", "trade-in", "test-drive")),
    Field("condition", "choice", choices=("new", "used")),
    _year("year", 1900),
    Field("make", max_length=60),
    Field("model", "label", max_length=60),
    Field("trim", "label", max_length=60),
    _VIN,
    Field("stock", "label", max_length=60),
    _money("price"),
    _count("odometer", 10_000_000),
    Field("tradeIn", "object", private=True, max_length=8000),
    Field("timeframe", "label", max_length=120),
    Field("comments", "prose", private=True, max_length=MAX_PROSE),
    Field("vendor", max_length=200),  # the dealership; else the workspace is
    Field("provider", max_length=200),
)

_B2B = (
    Field("company", "label", required=True, max_length=200),  # name or domain
    Field("title", max_length=120),
    _INDUSTRY,
    *_banded("employees", "integer", "employeesBand"),
    *_banded("revenue", "money", "revenueBand"),
    Field("country", "country", lenient=True),
    Field("website", max_length=300),
    Field("need", "prose", private=True, max_length=MAX_PROSE),
)

REGISTRY: Mapping[str, Vertical] = {
    vertical.name: vertical
    for vertical in (
        define("AUTO", *_AUTO),
        define("HOME", *_HOME),
        define("HEALTH", *_HEALTH),
        define("LIFE", *_LIFE),
        define("RENTERS", *_RENTERS),
        define("COMMERCIAL", *_COMMERCIAL),
        define("VEHICLE_SALE", *_VEHICLE_SALE),
        define("B2B", *_B2B),
    )
}


def find(name: str, registry: Mapping[str, Vertical] = REGISTRY) -> Vertical | None:
    """Look a vertical up by its name, in any case; `vehicle-sale` and `Vehicle Sale` will do."""
    return registry.get(name) or registry.get(
        name.strip().upper().replace("-", "_").replace(" ", "_")
    )
