"""Every metric there is, once: Prometheus objects and the reference are made from it.

Dashboards, alerts and scripts of other people read these names: they never change. Latencies are
in milliseconds, and shares in percent, because the names that were there first are.
"""

from collections.abc import Mapping

from leadflow.telemetry.measures import Label, Metric

CHANNEL = Label(
    "channel", "how it came in", ("api", "batch", "webhook", "email_adf", "scrape", "manual")
)
VERTICAL = Label("vertical", "the lead's vertical, or `unknown`")
WORKSPACE = Label("workspace_id", "the workspace's id")
QUEUES = ("undecided", "retry", "waiting", "delivery", "review")

# A group commits in some 20 ms, a lone lead in 5; 50, 100 and 200 ms are promised as p95 of the
# parts of routing, 2 s as p95 of the whole, and 5 s raises an alert.
ROUTING_MS = (2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
# A lead may also wait for an opening: overnight, over a weekend, for its 90 days at most.
PROCESSING_MS = (*ROUTING_MS, 60_000, 600_000, 3_600_000, 43_200_000, 259_200_000, 7_776_000_000)
# The mean and the p99 of answers are promised under 500 ms; a bare health check takes 0.2.
REQUEST_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
# Receivers answer in 50 to 500 ms; we hang up after 10 s unless told otherwise.
DELIVERY_MS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
GROUP_LEADS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)  # a call carries 1,000 rows at most

INTAKE = (
    Metric(
        name="leads_received_total",
        kind="counter",
        unit="leads",
        help="Submissions that reached the walk, by what became of them there.",
        labels=(
            CHANNEL,
            Label(
                "outcome",
                "`accepted` are new leads; `replayed` came before and were answered as then",
                ("accepted", "replayed", "duplicate", "conflict", "refused"),
            ),
        ),
    ),
    Metric(
        name="validation_errors_total",
        kind="counter",
        unit="1",
        help="Problems found in refused submissions; one submission may have several.",
        labels=(VERTICAL,),
    ),
    Metric(
        name="leads_degraded_total",
        kind="counter",
        unit="leads",
        help="Leads for which a stage fell back to something simpler.",
        labels=(Label("stage", "which one", ("enrich", "score", "classify", "route")),),
    ),
    Metric(
        name="lead_quality",
        kind="histogram",
        unit="points",
        help="Quality of accepted leads.",
        buckets=(10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
    ),
    Metric(
        name="destination_pauses_total",
        kind="counter",
        unit="1",
        help="Times a destination was paused by itself, because deliveries to it failed.",
    ),
    Metric(
        name="leads_returned_total",
        kind="counter",
        unit="leads",
        help="Leads that came back from an owner, and went on to the next.",
        labels=(
            Label(
                "reason",
                "`refused` on delivery, `declined` by the owner, `late`: not accepted in time",
                ("refused", "declined", "late"),
            ),
        ),
    ),
    Metric(
        name="lead_outcomes_total",
        kind="counter",
        unit="leads",
        help="Leads by what became of them in sales, as their owners say.",
        labels=(
            VERTICAL,
            Label(
                "outcome",
                "`converted` and `lost` are final",
                ("contacted", "qualified", "converted", "lost"),
            ),
        ),
    ),
    Metric(
        name="leads_processed_total",
        kind="counter",
        unit="leads",
        help="Leads by the pipeline status they were given; one that waits is counted again later.",
        labels=(
            VERTICAL,
            Label(
                "status",
                "`processed`: it waits",
                ("processed", "routed", "duplicate", "review", "expired", "rejected"),
            ),
        ),
    ),
    Metric(
        name="lead_processing_latency",
        kind="histogram",
        unit="ms",
        help="From a lead's arrival to its owner, waiting included.",
        buckets=PROCESSING_MS,
    ),
)

ROUTING = (
    Metric(
        name="routing.latency",
        kind="histogram",
        unit="ms",
        help="From when a lead was taken up for a decision until that was committed.",
        buckets=ROUTING_MS,
    ),
    Metric(
        name="routing.leads_routed",
        kind="counter",
        unit="leads",
        help="Leads that got an owner, those kept by their source included.",
    ),
    Metric(
        name="routing.duplicates_caught",
        kind="counter",
        unit="leads",
        help="Leads whose person is with all partners that may have them.",
        labels=(Label("workspace_id", "the source workspace's id"),),
    ),
    Metric(
        name="routing.logs.total",
        kind="counter",
        unit="1",
        help="Rows written to `lead_routing_logs`: `success`, `duplicate` and `failed`.",
    ),
    Metric(
        name="routing.logs.failed",
        kind="counter",
        unit="1",
        help="Rows written to `lead_routing_logs` with `failed`; duplicates are not failures.",
    ),
    Metric(
        name="routing.lock.acquired",
        kind="counter",
        unit="leads",
        help="Leads taken up for a decision.",
    ),
    Metric(
        name="routing.lock.failed",
        kind="counter",
        unit="leads",
        help="Leads that somebody else held or finished first.",
    ),
    Metric(
        name="routing.lock.timeout_errors",
        kind="counter",
        unit="1",
        help="Groups given back by the database because a lock was not to be had in time.",
    ),
    Metric(
        name="routing.retry_queue.inserts",
        kind="counter",
        unit="leads",
        help="Leads put into the retry queue after a try that failed.",
    ),
    Metric(
        name="routing.retry_queue.depth",
        kind="gauge",
        unit="leads",
        help="Rows of `lead_routing_queue` that are due.",
        origin="scrape",
    ),
    Metric(
        name="routing.retry_queue.workspace_depth",
        kind="gauge",
        unit="leads",
        help="The same for each workspace that has any.",
        labels=(WORKSPACE,),
        origin="scrape",
    ),
    Metric(
        name="routing.stale_locks",
        kind="gauge",
        unit="leads",
        help="Leads being routed whose lease of 5 minutes has run out.",
        origin="scrape",
    ),
    Metric(
        name="routing.paused",
        kind="gauge",
        unit="1",
        help="1 where leads of a priority are not routed automatically: paused, or switched off.",
        labels=(Label("priority", "the leads'", ("hot", "warm", "cold")),),
        origin="scrape",
    ),
    Metric(
        name="group_size",
        kind="histogram",
        unit="leads",
        help="Leads that shared a transaction.",
        buckets=GROUP_LEADS,
    ),
    Metric(
        name="group_commit_latency_ms",
        kind="histogram",
        unit="ms",
        help="From the opening of a group's transaction to its commit.",
        buckets=ROUTING_MS,
    ),
)

DELIVERY = (
    Metric(
        name="deliveries_total",
        kind="counter",
        unit="leads",
        help="Deliveries that are over.",
        labels=(
            Label(
                "outcome",
                "`dead`: given up; `unknown`: given up, and it may have arrived",
                ("delivered", "dead", "unknown"),
            ),
        ),
    ),
    Metric(
        name="delivery_attempts_total",
        kind="counter",
        unit="1",
        help="Attempts to deliver, by what the receiver made of them.",
        labels=(
            Label(
                "outcome",
                "`unknown`: the request left us, and no answer says whether it was taken",
                ("delivered", "refused", "failed", "unknown"),
            ),
        ),
    ),
    Metric(
        name="delivery_latency_ms",
        kind="histogram",
        unit="ms",
        help="How long one attempt took.",
        buckets=DELIVERY_MS,
    ),
    Metric(
        name="integration_failures_total",
        kind="counter",
        unit="1",
        help="Calls to systems outside that did not succeed.",
        labels=(Label("integration", "the kind: `webhook`, ..."),),
    ),
)

INSTALLATION = (
    Metric(
        name="http_request_latency_ms",
        kind="histogram",
        unit="ms",
        help="From the request's head to the end of the answer.",
        labels=(
            Label("method", "in capitals"),
            Label("route", "the path's template, never the path; `unknown` where none fits"),
            Label("status", "of the answer, three digits"),
        ),
        buckets=REQUEST_MS,
    ),
    Metric(
        name="events_written_total",
        kind="counter",
        unit="1",
        help="Events written with the data they follow from.",
        labels=(Label("event", "its name: `lead.created`, ..."),),
    ),
    Metric(
        name="errors_total",
        kind="counter",
        unit="1",
        help="Failures nobody expected.",
        labels=(Label("component", "where: `api`, `intake`, `decide`, `deliver`, ..."),),
    ),
    Metric(
        name="cache_hits_total",
        kind="counter",
        unit="1",
        help="Look-ups that a cache answered.",
        labels=(Label("cache", "which one"),),
    ),
    Metric(
        name="cache_misses_total",
        kind="counter",
        unit="1",
        help="Look-ups that a cache could not answer.",
        labels=(Label("cache", "which one"),),
    ),
    Metric(
        name="queue_length",
        kind="gauge",
        unit="leads",
        help="What waits, due or not.",
        labels=(Label("queue", "for what", QUEUES),),
        origin="scrape",
    ),
    Metric(
        name="queue_age_seconds",
        kind="gauge",
        unit="s",
        help="For how long the oldest in a queue has been there; 0 when it is empty.",
        labels=(Label("queue", "for what", QUEUES),),
        origin="scrape",
    ),
    Metric(
        name="database_pool_connections",
        kind="gauge",
        unit="1",
        help="Connections to the database, over all processes that run.",
        labels=(
            Label("pool", "as whom they are opened"),
            Label("state", "in use, or allowed", ("busy", "limit")),
        ),
    ),
    Metric(
        name="database_up",
        kind="gauge",
        unit="1",
        help="1 when the database answered this scrape; 0: what it knows is missing here.",
        origin="scrape",
    ),
    Metric(
        name="leadflow_build_info",
        kind="gauge",
        unit="1",
        help="Always 1; the labels say what is running.",
        labels=(Label("version", "leadflow's"), Label("python", "Python's")),
        origin="scrape",
    ),
)

GROUPS: Mapping[str, tuple[Metric, ...]] = {
    "Intake": INTAKE,
    "Routing": ROUTING,
    "Delivery": DELIVERY,
    "Installation": INSTALLATION,
}
METRICS: Mapping[str, Metric] = {
    metric.name: metric for group in GROUPS.values() for metric in group
}
