"""What a metric is, before any library makes it: a name, a kind, a unit and what it means."""

from typing import Literal

from msgspec import Struct

Kind = Literal["counter", "gauge", "histogram"]
Unit = Literal["1", "leads", "ms", "s", "percent", "leads/s", "points"]


class Label(Struct, frozen=True):
    """What a metric's series are told apart by."""

    name: str
    meaning: str
    values: tuple[str, ...] = ()  # all there are; empty: they come up as we go


class Metric(Struct, frozen=True, kw_only=True):
    """Something that is counted or measured.

    `origin` says who knows the value: `process` metrics are added up over all processes, `scrape`
    metrics are asked for when somebody looks.
    """

    name: str  # as people's dashboards know it; the dots are OpenTelemetry's and Datadog's
    kind: Kind
    unit: Unit
    help: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()  # upper bounds, in the unit, ascending; histograms only
    origin: Literal["process", "scrape"] = "process"

    @property
    def stem(self) -> str:
        """The name without what Prometheus appends to it."""
        name = self.name.replace(".", "_")
        return name.removesuffix("_total") if self.kind == "counter" else name

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which Prometheus shows it. A counter ends in `_total`, exactly once."""
        match self.kind:
            case "counter":
                return (f"{self.stem}_total",)
            case "gauge":
                return (self.stem,)
            case "histogram":
                return tuple(f"{self.stem}_{part}" for part in ("bucket", "sum", "count"))


class Rule(Struct, frozen=True, kw_only=True):
    """A rate or a share: Prometheus works it out from metrics, under a name of its own."""

    name: str
    unit: Unit
    help: str
    expression: str  # PromQL; without traffic it has no value, rather than a wrong one

    @property
    def record(self) -> str:
        """The name of the recording rule, which is the name of the series."""
        return self.name.replace(".", "_")
