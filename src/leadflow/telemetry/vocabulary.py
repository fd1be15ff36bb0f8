"""The words of the log: every event and every field there is. What is not here is not written."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from leadflow.telemetry.privacy import CLEANERS, Kind, Loggable

Level = Literal["debug", "info", "warning", "error", "critical"]


class Event(Struct, frozen=True):
    """Something that is worth a line."""

    name: str
    level: Level
    meaning: str


class Field(Struct, frozen=True):
    """A fact on a line."""

    name: str
    kind: Kind  # a value of another form is masked
    meaning: str


# On every line; nobody passes them.
ENVELOPE = (
    Field("timestamp", "text", "ISO 8601, UTC, microseconds"),
    Field("log_level", "word", "`debug`, `info`, `warning`, `error`, `critical`"),
    Field("service", "word", "`LOG_SERVICE`"),
    Field("event_name", "word", "one of the events below"),
)
# On every line inside a request or a job; they are passed where a line is about another one.
CONTEXT = (
    Field("request_id", "id", "the request, as in the answer's `X-Request-Id`"),
    Field("trace_id", "id", "W3C; goes on where the caller's trace was, else begins with us"),
    Field("span_id", "id", "the step inside the trace"),
)

_EVENTS = (
    Event("process.started", "info", "a process is ready"),
    Event("process.stopping", "info", "a process takes nothing new and finishes what it has"),
    Event("process.stopped", "info", "a process has finished"),
    Event(
        "process.crashed",
        "critical",
        "nothing caught an error; a process or a thread may have ended",
    ),
    Event("http.answered", "debug", "a request was answered"),
    Event("http.failed", "error", "a request was answered with a 500"),
    Event("lead.refused", "info", "a submission is no lead; the sender was told why"),
    Event("lead.duplicate", "info", "a person came again to the same workspace and vertical"),
    Event("lead.expired", "info", "leads waited until the end of their lifetime"),
    Event("destination.paused", "error", "deliveries to it fail; it gets no leads for a while"),
    Event("destination.resumed", "info", "it takes deliveries again"),
    Event("lead.reopened", "info", "a lead in review, or a duplicate, is routed after all"),
    Event("lead.accepted", "info", "an owner keeps a lead"),
    Event("lead.returned", "warning", "a lead came back from its owner, and waits for the next"),
    Event("import.finished", "info", "a file was taken in to its end"),
    Event("group.committed", "debug", "leads that shared a transaction are on disk"),
    Event("group.split", "warning", "the database refused a group; it is halved to find out why"),
    Event("routing.complete", "info", "a lead was decided"),
    Event("routing.waiting", "info", "all who could take a lead are closed or full"),
    Event("routing.retry_scheduled", "warning", "a try failed, and there will be another"),
    Event("routing.failed", "error", "the last try failed; the lead is in review"),
    Event("routing.duplicate_detected", "info", "a person is with all partners that may have them"),
    Event("routing.no_agents", "warning", "nobody at a destination may take the lead"),
    Event("routing.lock.failed", "warning", "somebody else holds a lead or finished it first"),
    Event("routing.lock.stale", "warning", "a lease ran out; the lead was taken up again"),
    Event("routing.paused", "warning", "leads below a priority are not routed automatically now"),
    Event("routing.resumed", "info", "leads of every priority are routed again"),
    Event("routing.retry_requested", "info", "somebody has leads of the queue tried now"),
    Event("flag.changed", "warning", "a switch of the whole installation was turned"),
    Event("delivery.delivered", "info", "a receiver has taken a lead"),
    Event("delivery.retry_scheduled", "warning", "a receiver has not taken a lead yet"),
    Event("delivery.unknown", "warning", "no answer came; nobody knows whether it was taken"),
    Event("delivery.dead", "error", "a delivery was given up; it needs a person"),
    Event("worker.claimed", "debug", "a worker took up leads or deliveries"),
    Event("worker.failed", "error", "a round of work failed; it will be done again"),
    Event("database.started", "info", "the embedded server is up"),
    Event("database.migrated", "info", "a migration was applied"),
    Event("database.unavailable", "warning", "the database cannot be reached"),
    Event("rules.activated", "info", "a workspace decides by a new version of its rules"),
    Event("library.log", "info", "something a library had to say; its level is its own"),
    Event("event.unlisted", "info", "a line whose event is not in this table"),
)

_FIELDS = (
    *CONTEXT,
    # Names that saved queries of other people use.
    Field("leadId", "id", "the lead"),
    Field("sourceWorkspaceId", "id", "the workspace the lead came from"),
    Field("destinationWorkspaceId", "id", "the workspace that owns it now"),
    Field("matchedRuleId", "id", "the rule that chose"),
    Field("durationMs", "number", "ms from taking the lead up to the commit"),
    Field("isDuplicate", "flag", "its person is with all partners that may have them"),
    Field("lockOwnerId", "word", "the process that decided"),
    Field("attempts", "number", "tries so far, this one included"),
    Field("duplicate_workspace_id", "id", "the workspace that holds the person"),
    # Who and what.
    Field("lead_id", "id", "the lead"),
    Field("duplicate_of", "id", "the lead that came first"),
    Field("workspace_id", "id", "the workspace it is about"),
    Field("destination_id", "id", "the destination"),
    Field("delivery_id", "id", "the delivery, and the receiver's idempotency key"),
    Field("agent_id", "id", "the agent"),
    Field("rule_id", "id", "the rule"),
    Field("batch_id", "id", "the group that was decided together"),
    Field("client_id", "id", "the API key's id, never the key"),
    Field("channel", "word", "how a lead came in"),
    Field("vertical", "word", "the lead's vertical"),
    Field("status", "word", "the pipeline status"),
    Field("priority", "word", "`hot`, `warm` or `cold`"),
    Field("flag", "word", "a flag's name"),
    Field("enabled", "flag", "whether it is on"),
    Field("reason", "word", "a code: why"),
    Field("outcome", "word", "a code: what came of it"),
    Field("warnings", "words", "codes of what was odd"),
    Field("component", "word", "the part of leadflow"),
    Field("worker", "word", "the worker's own name"),
    # Requests and calls.
    Field("method", "word", "of the request"),
    Field("route", "word", "the path's template, never the path"),
    Field("status_code", "number", "of the answer"),
    Field("host", "word", "a host that was called"),
    # How many, how long.
    Field("duration_ms", "number", "how long it took"),
    Field("retry_in_s", "number", "seconds until the next try"),
    Field("leads", "number", "how many leads"),
    Field("deliveries", "number", "how many deliveries"),
    Field("rows", "number", "rows read"),
    Field("accepted", "number", "of them, new leads"),
    Field("duplicates", "number", "of them, duplicates"),
    Field("refused", "number", "of them, refused"),
    Field("problems", "number", "how many things were wrong"),
    Field("pending", "number", "how much is left"),
    # The installation.
    Field("version", "word", "of leadflow, of rules, of a migration"),
    Field("port", "number", "that is listened on"),
    Field("pid", "number", "of a process"),
    # Errors and libraries.
    Field("message", "text", "a fixed sentence; of a library, its template's first line"),
    Field("logger", "word", "the library's logger"),
    Field("code", "word", "`module:line` that spoke"),
    Field("error_type", "word", "the exception's class"),
    Field("error_message", "text", "only of errors about things: settings, hosts, the database"),
    Field("error_at", "words", "`module.function:line`, the outermost first; no values"),
    Field("error_causes", "words", "classes of the exceptions it came from or gathers"),
    Field("error_code", "word", "the database's SQLSTATE"),
    Field("error_constraint", "word", "the constraint that was violated"),
    Field("dropped", "number", "facts left out because their names are not in this table"),
)

EVENTS: Mapping[str, Event] = {event.name: event for event in _EVENTS}
FIELDS: Mapping[str, Field] = {field.name: field for field in _FIELDS}

# Looked up for each fact of each line.
FORMS: Mapping[str, Callable[[object], Loggable]] = {
    name: CLEANERS[field.kind] for name, field in FIELDS.items()
}
