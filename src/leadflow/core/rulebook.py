"""A workspace's rules: where its leads may go, read from plain data and written back."""

import re
from collections.abc import Callable, Hashable, Mapping
from datetime import time, timedelta
from functools import cached_property
from math import isclose
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from leadflow.core import condition_document, expressions, opening_hours
from leadflow.core.agents import Weights
from leadflow.core.condition_document import CentreOf, ConditionReader
from leadflow.core.conditions import Condition
from leadflow.core.document import NO_ID, listed, within
from leadflow.core.lead import Value
from leadflow.core.matching import Index
from leadflow.core.normalise.wrong import Wrong
from leadflow.core.schedule import Opening
from leadflow.errors import InputError

Default = Literal["stay", "review"]
Choice = Literal["rotation", "highest_price", "least_loaded"]
"""How one of several destinations of the same priority is chosen."""

_WHOLE = re.compile(r"-?\d{1,7}", re.ASCII)
_UP_TO = "a time after it opens; 24:00 is the day's end"
_STAND_INS = ("", NO_ID)  # of what could not be read

_PRIORITIES = (-(10**6), 10**6)

KEYS = ("default", "exclusivity_days", "agent_weights", "choice", "tiers", "rules")
RULE_KEYS = (
    *("id", "name", "priority", "fallback", "enabled"),
    *condition_document.KEYS,
    *("schedule", "to", "team"),
)


class Rule(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str  # unique in the rulebook
    priority: int  # a higher number wins
    condition: Condition
    destination_id: UUID
    enabled: bool = True
    fallback: bool = False  # only for leads that no other rule finds somebody for
    schedule: tuple[Opening, ...] | None = None  # in the destination's time zone; None: always
    team: str | None = None  # of the destination's agents; None: all of them


class Rulebook(Struct, frozen=True, kw_only=True, dict=True):
    """One version of a workspace's rules. A changed rulebook is another version."""

    workspace_id: UUID
    version: int
    rules: tuple[Rule, ...]  # by priority, highest first, then by id; fallbacks last
    default: Default  # of a lead no rule matches: it stays with its source, or a person looks
    exclusivity: timedelta = timedelta(days=90)  # how long a placement holds the person
    agent_weights: Weights = Weights()
    choice: Choice = "rotation"
    tiers: Mapping[int, Choice] = {}  # priorities at which it is chosen otherwise

    def choice_at(self, priority: int) -> Choice:
        """Tell how one destination is chosen among those of a priority."""
        return self.tiers.get(priority, self.choice)

    @cached_property
    def by_id(self) -> Mapping[UUID, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def enabled(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.enabled)

    @cached_property
    def index(self) -> Index:
        return Index([rule.condition for rule in self.enabled])

    @cached_property
    def mentions(self) -> frozenset[str]:
        """Name the attributes that the expressions of its enabled rules read."""
        whens = (rule.condition.when for rule in self.enabled)
        return frozenset[str]().union(*(when.mentions for when in whens if when is not None))

    def matching(self, attributes: Mapping[str, Value]) -> tuple[Rule, ...]:
        """Find the enabled rules whose conditions hold, in their order.

        The lead is laid out for expressions at most once, and only when a rule's tests all hold.
        """
        found, seen = [], None
        for number in self.index.holding(attributes):
            rule = self.enabled[number]
            if (when := rule.condition.when) is not None:
                if seen is None:
                    seen = expressions.context(self.mentions, attributes)
                if not expressions.holds(when, seen):
                    continue
            found.append(rule)
        return tuple(found)


def parse(
    document: object,
    *,
    workspace_id: UUID,
    version: int,
    destinations: Mapping[str, UUID],
    centre_of: CentreOf | None = None,
) -> Rulebook:
    """Read a rulebook from plain data, with destinations by their `workspace-slug/name`.

    Args:
        document: the plain data.
        workspace_id: whose rules they are.
        version: of the rulebook.
        destinations: their ids.
        centre_of: finds the middle of a zip. Rules that are stored say where it is.

    Raises:
        InputError: with all that is wrong, by paths such as `rules[3].if.score.min`.
    """
    reader = _RulebookReader(destinations, centre_of)
    parts = reader.mapping(document, "", KEYS) or {}
    rulebook = Rulebook(
        workspace_id=workspace_id,
        version=version,
        default=reader.default(parts.get("default")),
        exclusivity=reader.exclusivity(parts.get("exclusivity_days", 90)),
        agent_weights=reader.weights(parts.get("agent_weights", asdict(Weights()))),
        choice=reader.choice(parts.get("choice", "rotation"), "choice"),
        tiers=reader.tiers(parts.get("tiers", {})),
        rules=reader.rules(parts.get("rules")),
    )
    if reader.problems:
        count = len(reader.problems)
        message = f"The rules have {count} problem{'s' if count > 1 else ''}"
        raise InputError(message, reader.problems)
    return rulebook


def with_ids(document: object, make_id: Callable[[], UUID]) -> object:
    """Give an id to every rule that has none. What is not shaped like rules stays as it is."""
    if not isinstance(document, Mapping) or not isinstance(document.get("rules"), list):
        return document
    return {**document, "rules": [_with_id(rule, make_id) for rule in document["rules"]]}


def dump(rulebook: Rulebook, names: Mapping[UUID, str]) -> dict[str, object]:
    """Write a rulebook as the plain data `parse` reads, with destinations by their names.

    A destination without a name is gone: its id stands there, which `parse` will refuse.
    """
    tiers = {str(priority): choice for priority, choice in rulebook.tiers.items()}
    return {
        "default": rulebook.default,
        "exclusivity_days": rulebook.exclusivity.days,
        "agent_weights": asdict(rulebook.agent_weights),
        **({} if rulebook.choice == "rotation" else {"choice": rulebook.choice}),
        **({"tiers": tiers} if tiers else {}),
        "rules": [_dump_rule(rule, names) for rule in rulebook.rules],
    }


class _RulebookReader(ConditionReader):
    def __init__(self, destinations: Mapping[str, UUID], centre_of: CentreOf | None) -> None:
        super().__init__(centre_of)
        self._destinations = destinations

    def default(self, value: object) -> Default:
        match value:
            case "stay" | "review":
                return value
            case _:
                self.refuse_value("default", value, "a default", "stay or review")
                return "review"

    def exclusivity(self, value: object) -> timedelta:
        return timedelta(days=self.whole(value, "exclusivity_days", 0, 3650))

    def weights(self, value: object) -> Weights:
        names = Weights.__struct_fields__
        parts = self.mapping(value, "agent_weights", names)
        if parts is None:
            return Weights()
        weights = Weights(
            **{
                name: self.number(parts.get(name), within("agent_weights", name), 0, 1)
                for name in names
            }
        )
        total = sum(asdict(weights).values())
        if len(parts) == len(names) and not isclose(total, 1, abs_tol=1e-6):
            self.refuse("agent_weights", f"the weights add up to {total:g}", "a sum of 1")
        return weights

    def choice(self, value: object, field: str) -> Choice:
        choices = get_args(Choice)
        if value in choices:
            return value  # type: ignore[return-value]  # one of them
        self.refuse_value(field, value, "a choice", f"one of {listed(choices)}")
        return "rotation"

    def tiers(self, value: object) -> dict[int, Choice]:
        """Read priorities, which are keys of a mapping and in JSON texts, with their choices."""
        if not isinstance(value, Mapping):
            self.refuse_value("tiers", value, "a mapping", "a mapping of priorities to choices")
            return {}
        tiers = {}
        for key, how in value.items():
            place = within("tiers", key)
            written = int(key) if isinstance(key, str) and _WHOLE.fullmatch(key) else key
            tiers[self.whole(written, place, *_PRIORITIES)] = self.choice(how, place)
        return tiers

    def rules(self, value: object) -> tuple[Rule, ...]:
        items = self.items(value, "rules", "rules")
        read = [self._rule(item, f"rules[{index}]") for index, item in enumerate(items)]
        self._refuse_repeated("name", {i: rule.name for i, rule in enumerate(read) if rule})
        self._refuse_repeated("id", {i: rule.id for i, rule in enumerate(read) if rule})
        return tuple(sorted(filter(None, read), key=_order))

    def _refuse_repeated(self, key: str, values: Mapping[int, Hashable]) -> None:
        first: dict[Hashable, int] = {}
        for index, value in values.items():
            earlier = first.setdefault(value, index)
            if earlier != index and value not in _STAND_INS:
                field = f"rules[{index}].{key}"
                self.refuse(field, f"is the {key} of rules[{earlier}]", "one of its own")

    def _rule(self, item: object, field: str) -> Rule | None:
        parts = self.mapping(item, field, RULE_KEYS)
        if parts is None:
            return None
        return Rule(
            id=self.uuid(parts.get("id"), within(field, "id")),
            name=self.text(parts.get("name"), within(field, "name"), longest=100),
            priority=self.whole(
                parts.get("priority", 0 if parts.get("fallback") is True else None),
                within(field, "priority"),
                *_PRIORITIES,
            ),
            fallback=self.flag(parts.get("fallback", False), within(field, "fallback")),
            enabled=self.flag(parts.get("enabled", True), within(field, "enabled")),
            condition=self.condition(parts, field),
            schedule=self._schedule(parts.get("schedule"), within(field, "schedule")),
            destination_id=self._destination(parts.get("to"), within(field, "to")),
            team=self._team(parts.get("team"), within(field, "team")),
        )

    def _schedule(self, value: object, field: str) -> tuple[Opening, ...] | None:
        if value is None:
            return None
        openings = opening_hours.read_openings(value) if isinstance(value, str) else None
        if openings is None or isinstance(openings, Wrong):
            self.refuse_value(field, value, "a schedule", opening_hours.STRETCHES)
            return None
        for each in openings:
            if each.closes <= each.opens and each.closes != time.min:
                self.refuse(field, f"{each.closes:%H:%M} is not after {each.opens:%H:%M}", _UP_TO)
        return openings

    def _team(self, value: object, field: str) -> str | None:
        return None if value is None else self.text(value, field, longest=100)

    def _destination(self, value: object, field: str) -> UUID:
        if isinstance(value, str) and value in self._destinations:
            return self._destinations[value]
        self.refuse_value(field, value, "a destination", "a destination's workspace-slug/name")
        return NO_ID


def _order(rule: Rule) -> tuple[bool, int, UUID]:
    return rule.fallback, -rule.priority, rule.id


def _with_id(rule: object, make_id: Callable[[], UUID]) -> object:
    if isinstance(rule, Mapping) and rule.get("id") is None:
        return {**rule, "id": str(make_id())}
    return rule


def _dump_rule(rule: Rule, names: Mapping[UUID, str]) -> dict[str, object]:
    return {
        "id": str(rule.id),
        "name": rule.name,
        "priority": rule.priority,
        **({"fallback": True} if rule.fallback else {}),
        **({} if rule.enabled else {"enabled": False}),
        **condition_document.write(rule.condition),
        **({"schedule": opening_hours.write_openings(rule.schedule)} if rule.schedule else {}),
        "to": names.get(rule.destination_id, str(rule.destination_id)),
        **({"team": rule.team} if rule.team else {}),
    }
