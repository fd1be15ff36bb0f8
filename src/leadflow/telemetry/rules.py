"""The rates and shares that dashboards and alerts read, worked out by Prometheus itself."""

from leadflow.telemetry.measures import Rule


def _share(part: str, whole: str) -> str:
    """Write what percentage one rate is of another."""
    return f"100 * sum(rate({part}[5m])) / (sum(rate({whole}[5m])) > 0)"


# `HighLeadRoutingFailure` looks back 5 minutes, and so does everything here.
RULES = (
    Rule(
        name="lead_ingestion_rate",
        unit="leads/s",
        help="New leads a second.",
        expression='sum(rate(leads_received_total{outcome="accepted"}[5m]))',
    ),
    Rule(
        name="routing_failure_rate",
        unit="percent",
        help="Of the leads whose routing ended, those that failed.",
        expression=_share("routing_logs_failed_total", "routing_logs_total"),
    ),
    Rule(
        name="routing.success_rate",
        unit="percent",
        help="Of the leads whose routing ended, those that got an owner; duplicates count against.",
        expression=_share("routing_leads_routed_total", "routing_logs_total"),
    ),
    Rule(
        name="routing.sli",
        unit="percent",
        help="The same with duplicates in favour: what routing should be judged by.",
        expression="100 - routing_failure_rate",
    ),
    Rule(
        name="routing.lock.success_rate",
        unit="percent",
        help="Of the leads that were reached for, those that were got.",
        expression="100 * sum(rate(routing_lock_acquired_total[5m])) / ((sum(rate("
        "routing_lock_acquired_total[5m])) + sum(rate(routing_lock_failed_total[5m]))) > 0)",
    ),
    Rule(
        name="distribution_success_rate",
        unit="percent",
        help="Of the deliveries that are over, those that arrived.",
        expression=_share('deliveries_total{outcome="delivered"}', "deliveries_total"),
    ),
    Rule(
        name="cache_hit_ratio",
        unit="percent",
        help="Of the look-ups in all caches, those answered there.",
        expression="100 * sum(rate(cache_hits_total[5m])) / ((sum(rate(cache_hits_total[5m])) "
        "+ sum(rate(cache_misses_total[5m]))) > 0)",
    ),
    Rule(
        name="database_pool_use",
        unit="percent",
        help="Of the connections that may be opened, those in use.",
        expression='100 * sum(database_pool_connections{state="busy"}) '
        '/ (sum(database_pool_connections{state="limit"}) > 0)',
    ),
)
