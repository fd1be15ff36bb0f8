"""Fill in what the reference pages take from the code: tables of fields, cards and weights.

`python tools/reference.py` writes each of them anew, between the comments that mark its place:
`<!-- code: fields AUTO -->` and `<!-- end -->`. Everything around them is written by hand.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import assert_never

from msgspec.structs import asdict, astuple

from leadflow.core import classify, quality
from leadflow.core.agents import Weights
from leadflow.core.features import DERIVED
from leadflow.core.lifecycle import STATES, WAYS
from leadflow.core.scorecards import (
    CARDS,
    PLAIN_CARD,
    AtLeast,
    AtMost,
    Card,
    Feature,
    Given,
    Is,
    OneOf,
    Test,
)
from leadflow.core.verticals import COMMON, MAX_AMOUNT, REGISTRY, Bound, Field

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
PAGES = ("verticals.md", "scoring.md", "lifecycle.md")

_PLACE = re.compile(r"(<!-- code: (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

STATES_IN_WORDS: Mapping[str, str] = {
    "received": "stored, not decided yet",
    "waiting": "decided, and without an owner so far",
    "being routed": "a worker has it in hand, for 5 minutes at most",
    "routed": "it has its owner, or stays with its source",
    "duplicate": "its person is with all partners that may have them",
    "review": "a person has to look",
    "expired": "too old",
    "rejected": "refused after it was accepted. Nothing does that yet",
}

DERIVED_IN_WORDS: Mapping[str, str] = {
    "abroad": "the person lives outside the US and its territories",
    "budget_stated": "there is a `budget` or a `budgetBand`",
    "budget_to_price": "`budget` divided by `price`",
    "building_age": "years since `yearBuilt`",
    "cover_to_income": "`coverageAmount` divided by `income`",
    "coverages_asked": "how many `coverageTypes`",
    "days_to_buy": "days until the person means to buy, read from `timeline` or `timeframe`",
    "email_kind": "`business`, `free` or `disposable`, by the mailbox's domain",
    "headcount": "`employees`, or the lower end of its band",
    "interest_level": "`interestLevel` as a share: `high` 0.9, `8/10` 0.8, `60%` 0.6",
    "reliability": "the source's `reliability`",
    "seniority": "`decides`, `leads` or `learns`, read from `title`",
    "vehicle_age": "years since `vehicleYear`",
}


def filled(page: str) -> str:
    """Write everything that a page takes from the code anew."""
    return _PLACE.sub(lambda place: f"{place[1]}\n{BLOCKS[place[2]]()}\n{place[4]}", page)


def _fields(fields: Iterable[Field]) -> str:
    rows = (
        (
            f"**`{field.name}`**" if field.required else f"`{field.name}`",
            field.kind,
            _limits(field),
            ", ".join(_remarks(field)),
        )
        for field in fields
    )
    return _table(("field", "kind", "limits", ""), rows)


def _own_fields(name: str) -> str:
    return _fields(field for field in REGISTRY[name].fields if field not in COMMON)


def _limits(field: Field) -> str:
    match field.kind:
        case "integer" | "number" | "money":
            unlimited = field.low == 0 and field.high == MAX_AMOUNT
            return "from 0" if unlimited else f"{_bound(field.low)} to {_bound(field.high)}"
        case "date":
            return f"{field.low} to {_bound(field.high)}"
        case "choice":
            return ", ".join(f"`{choice}`" for choice in field.choices)
        case "text" | "label" | "prose":
            return f"{field.max_length} characters"
        case "texts":
            return f"{field.max_length} characters each"
        case "object" | "anything":
            return f"{field.max_length} bytes"
        case "boolean" | "vin" | "country" | "currency":
            return ""
        case _ as never:
            assert_never(never)


def _bound(bound: Bound) -> str:
    match bound:
        case int():
            return f"{bound:,}" if bound >= 10_000 else str(bound)  # years have no comma
        case "next_year":
            return "next year"
        case "today":
            return "today"
        case _ as never:
            assert_never(never)


def _remarks(field: Field) -> Iterable[str]:
    if field.private:
        yield "private"
    if field.band is not None:
        yield f"band: `{field.band}`"
    if field.lenient:
        yield "lenient"


def _card(card: Card) -> str:
    rows = (
        (
            f"`{feature.name}`" if place == 0 else "",
            _seen(grade.test, feature),
            f"{grade.points:+}",
            _sentence(grade.because),
        )
        for feature in card.features
        for place, grade in enumerate(feature.grades)
    )
    return f"Base {card.base}.\n\n{_table(('feature', 'seen', 'points', 'reason'), rows)}"


def _seen(test: Test, feature: Feature) -> str:
    unit = " dollars" if feature.money else ""
    match test:
        case AtLeast(bound=bound):
            return f"at least {bound:,}{unit}"
        case AtMost(bound=bound):
            return f"at most {bound:,}{unit}"
        case OneOf(words=words):
            return " or ".join(f"`{word}`" for word in sorted(words))
        case Is(truth=truth):
            return "yes" if truth else "no"
        case Given():
            return "anything but none"
        case _ as never:
            assert_never(never)


def _sentence(because: str) -> str:
    """Write a reason with a mark where the value goes: `{:,.0f}` is a form only for machines."""
    head, brace, rest = because.partition("{")
    return f"{head}...{rest.partition('}')[2]}" if brace else because


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(line)} |\n" for line in (head, *rows)]
    return "".join([lines[0], f"|{'---|' * len(head)}\n", *lines[1:]])


def _quality() -> str:
    parts = ("completeness", "engagement", "freshness", "reliability")
    total = " + ".join(f"{getattr(quality, part.upper())} x {part}" for part in parts)
    return f"```text\nquality = {total}\n```\n"


def _completeness() -> str:
    weights = {
        **{_in_words(name): weight for name, weight in quality.CONTACT_WEIGHTS.items()},
        **quality.PLACE_WEIGHTS,
        "each question of the vertical that is answered": quality.ANSWER_WEIGHT,
    }
    return _table(("what is there", "weight"), ((n, f"{w:g}") for n, w in weights.items()))


def _in_words(name: str) -> str:
    return name.replace("_", " ").replace(".", "'s ")


def _engagement() -> str:
    worth = {
        "the phone is a valid number by its country's plan": quality.VERIFIED_PHONE,
        **{f"a {kind} mailbox": points for kind, points in quality.MAILBOX.items()},
        **{f"{_either(names)} is stated": points for names, points in quality.STATED.items()},
    }
    return _table(("what is there", "hundredths"), ((n, str(p)) for n, p in worth.items()))


def _either(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _derived() -> str:
    rows = ((f"`{name}`", DERIVED_IN_WORDS[name]) for name in sorted(DERIVED))
    return _table(("feature", "is"), rows)


def _priority() -> str:
    rows = (
        ("the score", f"`hot` from {classify.HOT_SCORE}, `warm` from {classify.WARM_SCORE}, "
         "else `cold`"),
        ("when the person means to buy", f"within {classify.SOON} days: one step hotter; "
         f"in more than {classify.LATE} days: one step colder"),
        ("the quality", f"under {classify.HOT_QUALITY}: never `hot`"),
    )  # fmt: skip
    return _table(("seen", "makes it"), rows)


def _rank() -> str:
    terms = " + ".join(f"{weight} x {term}" for term, weight in asdict(Weights()).items())
    return f"```text\nrank = {terms}\n```\n"


def _states() -> str:
    rows = (
        (name, state.status, state.routing_status, state.routing_result or "", meaning)
        for (name, state), meaning in zip(STATES.items(), STATES_IN_WORDS.values(), strict=True)
    )
    return _table(("state", "`status`", "`routing_status`", "`routing_result`", "means"), rows)


def _drawing() -> str:
    """Draw the ways between states as a diagram in Mermaid's language."""
    nodes = {state: name.replace(" ", "_") for name, state in STATES.items()}
    reached = {way.after for way in WAYS}
    ends = reached - {way.before for way in WAYS}
    lines = [
        "```mermaid",
        "stateDiagram-v2",
        *(f"    {nodes[state]}: {name}" for name, state in STATES.items() if state in reached),
        *(
            f"    {nodes[before] if before else '[*]'} --> {nodes[after]}: {name}"
            for name, before, after in map(astuple, WAYS)
        ),
        *(f"    {node} --> [*]" for state, node in nodes.items() if state in ends),
        "```",
        "",
    ]
    return "\n".join(lines)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "fields of every vertical": lambda: _fields(COMMON),
    **{f"fields {name}": partial(_own_fields, name) for name in REGISTRY},
    **{f"card {name}": partial(_card, card) for name, card in CARDS.items()},
    "card of any other": lambda: _card(PLAIN_CARD),
    "quality": _quality,
    "completeness": _completeness,
    "engagement": _engagement,
    "derived features": _derived,
    "priority": _priority,
    "rank": _rank,
    "states": _states,
    "ways": _drawing,
}


def main() -> None:
    """Fill in every page."""
    for name in PAGES:
        page = REFERENCE / name
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
