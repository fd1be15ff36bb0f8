"""Parts: leads that compete for nothing can be decided at the same time."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from leadflow.core.directory import Directory
from leadflow.core.lead import Profile
from leadflow.core.route import match

Item = TypeVar("Item")


def stakes(directory: Directory, profile: Profile) -> set[Hashable]:
    """Name all that a lead may compete for: who could receive it, and the person it is about.

    A receiver is one stake, with all its destinations: they may share its agents.
    """
    rulebook = directory.workspaces[profile.workspace_id].rulebook
    receivers: set[UUID] = {
        directory.destinations[candidate.destination_id].at_rest.workspace_id
        for candidate in match(profile, rulebook)
        if candidate.destination_id in directory.destinations
    }
    return {*receivers, *((digest, profile.vertical) for digest in profile.identity)}


def apart(
    items: Sequence[Item], at_stake: Iterable[Iterable[Hashable]], most: int
) -> list[list[Item]]:
    """Divide items into at most `most` parts, about as large, of which no two share a stake.

    Args:
        items: what is divided; in each part they keep their order.
        at_stake: what each of them competes for.
        most: parts, at most.
    """
    tree = _Tree()
    for number, stake in enumerate(at_stake):
        tree.join((number, *stake))
    joined: dict[Hashable, list[int]] = defaultdict(list)
    for number in range(len(items)):
        joined[tree.root(number)].append(number)
    parts: list[list[int]] = [[] for _ in range(min(most, len(joined)))]
    for numbers in sorted(joined.values(), key=len, reverse=True):
        min(parts, key=len).extend(numbers)
    return [[items[number] for number in sorted(part)] for part in parts]


class _Tree:
    """Disjoint sets, each a tree that is told by its root."""

    def __init__(self) -> None:
        self._above: dict[Hashable, Hashable] = {}

    def root(self, node: Hashable) -> Hashable:
        while (above := self._above.setdefault(node, node)) is not node:
            # Halve the way for who comes next.
            self._above[node] = node = self._above[above]
        return node

    def join(self, nodes: Sequence[Hashable]) -> None:
        first = self.root(nodes[0])
        for node in nodes[1:]:
            self._above[self.root(node)] = first
