"""What an attribute may be in leads: the kinds, the texts and the numbers there are."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from math import inf
from typing import get_args

from msgspec import Struct

from leadflow.core.classify import Size
from leadflow.core.document import listed
from leadflow.core.enrich import REGION_OF_STATE, USPS_STATES
from leadflow.core.industry import SECTORS, sector
from leadflow.core.kinds import Kinds, kinds_of, kinds_of_field
from leadflow.core.lead import Channel, EmailKind, PhoneKind, Priority
from leadflow.core.normalise import places
from leadflow.core.normalise.countries import ALPHA2_BY_SPELLING
from leadflow.core.verticals import REGISTRY, Field, Vertical

_COUNTRIES = frozenset(ALPHA2_BY_SPELLING.values())
_REGIONS = frozenset(REGION_OF_STATE.values())
_STATES = frozenset(USPS_STATES)
_TEXTS: Mapping[str, frozenset[str]] = {
    "vertical": frozenset(REGISTRY),
    "channel": frozenset(get_args(Channel)),
    "country": _COUNTRIES,
    "region": _REGIONS,
    "state": _STATES,
    "email_kind": frozenset(get_args(EmailKind)),
    "phone_kind": frozenset(get_args(PhoneKind)),
    "phone_region": _COUNTRIES,
    "priority": frozenset(get_args(Priority)),
    "size": frozenset(get_args(Size)),
    "industry": SECTORS,
    "territory": _REGIONS | _COUNTRIES,
}
_BOUNDS: Mapping[str, tuple[float, float]] = {"score": (0, 100), "quality": (0, 100)}
_READERS: Mapping[str, Callable[[str], object]] = {  # as senders may write them
    "state": lambda value: places.state(value, "US"),
    "territory": places.country,
    "industry": sector,
}

_FEW = 10  # texts that a sentence lists


class Expected(Struct, frozen=True, kw_only=True):
    """What an attribute may be, in leads of some verticals."""

    kinds: Kinds
    texts: frozenset[str] = frozenset()  # all there are; none: they are not known
    low: float = -inf
    high: float = inf


def expected(attribute: str, verticals: Sequence[Vertical], *, abroad: bool) -> Expected | None:
    """Tell what an attribute may be; None: it is never known.

    Args:
        attribute: which one.
        verticals: those of the leads.
        abroad: whether the leads may be of another country than the United States.
    """
    if is_field(attribute):
        return _of_fields(public(attribute, verticals))
    somewhere = attribute == "state" and abroad  # of other countries we have no tables
    texts = frozenset[str]() if somewhere else _TEXTS.get(attribute, frozenset())
    low, high = _BOUNDS.get(attribute, (-inf, inf))
    return Expected(kinds=kinds_of(attribute), texts=texts, low=low, high=high)


def is_field(attribute: str) -> bool:
    """Tell a vertical's field from what every lead has."""
    return attribute.startswith("data.")


def fields(attribute: str, verticals: Iterable[Vertical]) -> list[Field]:
    """Find the field that an attribute is named for in each of some verticals that has it."""
    name = attribute.removeprefix("data.")
    return [vertical.by_name[name] for vertical in verticals if name in vertical.by_name]


def public(attribute: str, verticals: Iterable[Vertical]) -> list[Field]:
    """Find it in those where rules may see it."""
    return [field for field in fields(attribute, verticals) if not field.private]


def meant(attribute: str, value: str, texts: AbstractSet[str]) -> str:
    """Say what somebody may have meant who wrote a text that is never there."""
    by_fold = {text.casefold(): text for text in texts}
    read = places.country if texts == _COUNTRIES else _READERS.get(attribute)
    likely = None if read is None else read(value)
    if isinstance(likely, str):
        return f"; did you mean {likely}?"
    if close := get_close_matches(value.casefold(), by_fold, n=1):
        return f"; did you mean {by_fold[close[0]]}?"
    return f"; it is one of {listed(by_fold.values())}" if len(by_fold) <= _FEW else ""


def _of_fields(found: Sequence[Field]) -> Expected | None:
    if not found:
        return None
    kinds = frozenset[str]().union(*map(kinds_of_field, found))
    match sorted({field.kind for field in found}):
        case ["choice"]:
            choices = frozenset(choice for field in found for choice in field.choices)
            return Expected(kinds=kinds, texts=choices)
        case ["country"]:
            return Expected(kinds=kinds, texts=_COUNTRIES)
        case ["integer"] | ["number"] | ["integer", "number"]:
            low = min(float(field.low) for field in found)
            return Expected(kinds=kinds, low=low, high=max(_high(field) for field in found))
        case _:
            return Expected(kinds=kinds)


def _high(field: Field) -> float:
    """Give the highest number there is; one that depends on the date is none."""
    return field.high if isinstance(field.high, int) else inf
