"""What operators switch while leads come in: flags, and from which priority leads are routed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from leadflow.core.lead import URGENCY, Priority

Flag = Literal["enableAutoRouting", "enableEnrichment", "enableMLScoring", "enableWebhooks"]
Threshold = Literal["hot", "warm"]
"""A priority that has others below it."""

FLAGS: Mapping[Flag, str] = {
    "enableAutoRouting": "leads are routed by the rules; off: they are stored, and wait",
    "enableEnrichment": "remote providers are asked about leads; this release asks none",
    "enableMLScoring": "models score leads; this release has none",
    "enableWebhooks": "signed webhooks of others bring leads; this release takes none",
}
"""Every flag, and what it stands for. One that nobody has touched is on."""


class Pause(Struct, frozen=True, kw_only=True):
    """An operator's word that leads of low priority are not routed automatically."""

    below: Threshold
    paused_at: datetime
    paused_by: str  # as the audit log says it: `cli`, `key:NAME`


class Controls(Struct, frozen=True, kw_only=True):
    """Which leads are routed automatically."""

    enabled: bool = True  # the flag `enableAutoRouting`
    pause: Pause | None = None

    @property
    def least_urgency(self) -> int:
        """The urgency from which leads are routed; where none are, one that no lead has."""
        if not self.enabled:
            return max(URGENCY.values()) + 1
        return min(URGENCY.values()) if self.pause is None else URGENCY[self.pause.below]

    @property
    def stopped(self) -> tuple[Priority, ...]:
        """The priorities whose leads are not routed."""
        return tuple(each for each, urgency in URGENCY.items() if urgency < self.least_urgency)

    def stop_of(self, priority: Priority) -> str:
        """Say what keeps leads of a priority from being routed; nothing, where they are."""
        if not self.enabled:
            return "Routing is switched off."
        if priority in self.stopped:
            return f"Routing of {priority} leads is paused."
        return ""
