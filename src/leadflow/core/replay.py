"""Replay: decisions taken again from what was kept of them."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from msgspec import Struct, to_builtins

from leadflow.core.decision import Decision, Placed, Snapshot
from leadflow.core.lead import Profile
from leadflow.core.route import after, choose, match
from leadflow.core.rulebook import Rulebook

_SHOWN = 200  # characters of a value that a difference repeats


class Entry(Struct, frozen=True, kw_only=True):
    """One decision of a group, with what it rests on beside the snapshot."""

    position: int  # in its group, from 0
    decision: Decision
    profile: Profile | None  # None: erased
    rulebook: Rulebook | None  # the version it names; None: gone, or no longer readable


class Same(Struct, frozen=True):
    """It was decided again, and nothing differs."""


class ByHand(Struct, frozen=True):
    """A person chose the agent: there is nothing to decide again."""


class Different(Struct, frozen=True):
    """It was decided again, and came out differently."""

    what: str  # the first field that differs, with both its values


class InputsGone(Struct, frozen=True):
    """It cannot be decided again."""

    what: str  # is no longer there


Replayed = Same | ByHand | Different | InputsGone


def replay(opening: Snapshot, entries: Sequence[Entry]) -> list[Replayed]:
    """Take the decisions of one group again, each with what the ones before it left.

    Args:
        opening: what the group saw first.
        entries: all that is left of the group, by position.
    """
    found: list[Replayed] = []
    for entry, seen in _states(opening, entries):
        if is_by_hand(entry.decision):
            found.append(ByHand())
        elif entry.profile is None:
            found.append(InputsGone("what the lead was like"))
        elif entry.rulebook is None:
            found.append(InputsGone(f"version {entry.decision.rulebook_version} of the rules"))
        elif seen is None:
            found.append(InputsGone("what an earlier lead of its group was like"))
        else:
            found.append(_compared(entry, entry.profile, entry.rulebook, seen))
    return found


def seen_by(opening: Snapshot, entries: Sequence[Entry], position: int) -> Snapshot | None:
    """Work out what the decision at a position saw. None: too much of its group is gone."""
    states = _states(opening, entries)
    return next((seen for entry, seen in states if entry.position == position), None)


def is_by_hand(decision: Decision) -> bool:
    """Tell whether a person chose the agent."""
    return isinstance(decision.outcome, Placed) and decision.outcome.rule_id is None


def _states(opening: Snapshot, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Snapshot | None]]:
    """Give each decision what it saw, as far as that is still known."""
    seen: Snapshot | None = opening
    for expected, entry in zip(count(), entries, strict=False):
        if entry.position != expected:
            seen = None  # a decision between them is gone, and what it used with it
        yield entry, seen
        if seen is None or entry.profile is None or entry.rulebook is None:
            seen = None
        else:
            until = entry.decision.decided_at + entry.rulebook.exclusivity
            seen = after(seen, entry.profile, entry.decision, until)


def _compared(
    entry: Entry, profile: Profile, rulebook: Rulebook, seen: Snapshot
) -> Same | Different:
    stored = entry.decision
    matched = match(profile, rulebook)
    again = choose(profile, matched, rulebook, seen, stored.decided_at, stored.seed)
    if again == stored:
        return Same()
    return Different(_difference("", to_builtins(stored), to_builtins(again)))


def _difference(place: str, stored: Any, again: Any) -> str:
    """Find the first place where two plain values differ."""
    if isinstance(stored, dict) and isinstance(again, dict):
        name = next(each for each in {**stored, **again} if stored.get(each) != again.get(each))
        here = f"{place}.{name}" if place else name
        return _difference(here, stored.get(name), again.get(name))
    if isinstance(stored, list | tuple) and isinstance(again, list | tuple):
        for index, (one, other) in enumerate(zip(stored, again, strict=False)):
            if one != other:
                return _difference(f"{place}[{index}]", one, other)
    return f"{place} was {_short(stored)}, and is {_short(again)} when it is decided again"


def _short(value: Any) -> str:
    written = str(value)
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}..."
