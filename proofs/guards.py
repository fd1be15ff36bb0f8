"""Guards that can be broken on purpose, to show that the proof can fail.

What the schema guards is dropped in the harness's database. What a statement guards is broken in
the processes: they are started by `proofs.broken`, which alters the statement before leadflow reads
it. Nothing of this is in the product.
"""

from collections.abc import Mapping

from msgspec import Struct

VARIABLE = "PROOFS_BREAK"
"""Names the guard to break to processes that are started by `proofs.broken`."""


class Edit(Struct, frozen=True):
    """A change to one of the store's statements."""

    statement: str  # `module.name`
    old: str
    new: str


class Guard(Struct, frozen=True, kw_only=True):
    """What is broken, and which invariants it was there for."""

    meaning: str
    finds: frozenset[str]  # one of these at least has to be reported
    schema: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


FENCING = (
    Edit("claims.still_ours", " AND routing_locked_by = $2", " AND $2::text IS NOT NULL"),
    Edit("walk.finish_leads", " AND l.routing_locked_by = done.owner", ""),
)
NO_IDENTITY = (
    "ALTER TABLE identities DROP CONSTRAINT identities_pkey",
    "ALTER TABLE submission_keys DROP CONSTRAINT submission_keys_pkey",
)

GUARDS: Mapping[str, Guard] = {
    "one_owner": Guard(
        meaning="a lead has one placement in force: the unique index of placements, and the "
        "fencing behind which they stand",
        finds=frozenset({"one_owner"}),
        schema=("DROP INDEX placements_one_owner_a_slot",),
        edits=FENCING,
    ),
    "fencing": Guard(
        meaning="who lost the lease writes nothing: a worker decides, and finishes, what it holds",
        finds=frozenset({"moves_are_allowed", "owned_exactly_when_routed", "one_open_queue_row"}),
        edits=FENCING,
    ),
    "capacity": Guard(
        meaning="a cap is never exceeded: counters are locked while somebody decides, and checked",
        finds=frozenset({"caps_are_kept", "agents_are_not_overfull"}),
        schema=("ALTER TABLE capacity DROP CONSTRAINT capacity_is_never_exceeded",),
        edits=(Edit("walk.lock_counters", "\nFOR UPDATE OF c", ""),),
    ),
    "person": Guard(
        meaning="one row holds a person: who decided on what it said before writes nothing",
        finds=frozenset({"no_more_partners_than_allowed"}),
        edits=(
            Edit("walk.write_placement_keys", "\nWHERE p.revision = excluded.revision - 1", ""),
        ),
    ),
    "one_retry_row": Guard(
        meaning="a lead has one open queue row, which moves on",
        finds=frozenset({"one_open_queue_row", "leads_have_ended_or_wait"}),
        schema=("DROP INDEX lead_routing_queue_one_open_row_a_lead",),
        edits=(
            Edit(
                "walk.write_queue",
                "ON CONFLICT (lead_id) WHERE processed_at IS NULL DO UPDATE\n"
                "SET reason = excluded.reason, attempt_number = excluded.attempt_number,\n"
                "  next_retry_at = excluded.next_retry_at, last_error = excluded.last_error",
                "",
            ),
        ),
    ),
    "idempotency": Guard(
        meaning="a key makes one lead: the primary keys of submission_keys, and of identities, "
        "which would know the person",
        finds=frozenset({"one_lead_a_request", "one_key_one_lead", "repeats_are_answered_alike"}),
        schema=NO_IDENTITY,
        edits=(
            Edit(
                "walk.write_submission_keys",
                "ON CONFLICT (workspace_id, kind, source_id, key) DO UPDATE\n"
                "SET lead_id = excluded.lead_id, fingerprint = excluded.fingerprint, "
                "answer = excluded.answer,\n  expires_at = excluded.expires_at\n"
                "WHERE k.expires_at <= $2",
                "WHERE $2::timestamptz IS NOT NULL",
            ),
            Edit(
                "walk.write_identities",
                "ON CONFLICT (key, vertical, workspace_id) DO UPDATE\n"
                "SET lead_id = excluded.lead_id, expires_at = excluded.expires_at\n"
                "WHERE i.expires_at <= $2",
                "WHERE $2::timestamptz IS NOT NULL",
            ),
        ),
    ),
    "lease": Guard(
        meaning="a lease ends: what a dead worker had in hand is taken over",
        finds=frozenset({"leads_have_ended_or_wait", "no_lock_is_left"}),
        edits=(
            Edit("claims.claim_stale", "routing_locked_at <=", "false AND routing_locked_at <="),
        ),
    ),
    "delivery_lease": Guard(
        meaning="an attempt's lease ends: what a dead worker was sending is written off, and "
        "tried again",
        finds=frozenset({"one_delivery_a_placement", "no_lock_is_left"}),
        edits=(Edit("deliveries.lapsed", "lease_until <= $1", "false AND lease_until <= $1"),),
    ),
    "delivery_fencing": Guard(
        meaning="who lost the lease of an attempt does not say how it ended",
        finds=frozenset({"deliveries_are_told_once", "one_delivery_a_placement"}),
        edits=(
            Edit(
                "deliveries.close",
                " AND d.state = 'sending' AND d.locked_by = c.owner\n    AND d.attempts = c.number",
                "",
            ),
            Edit("deliveries.close", " AND closed.attempts = c.number", ""),
        ),
    ),
    "outcome": Guard(
        meaning="an outcome is said once: the placement is locked while it is written",
        finds=frozenset({"open_leads_are_counted", "promised_outcomes_are_there"}),
        edits=(Edit("owners.owner", "\nFOR UPDATE OF p", ""),),
    ),
    "giving_back": Guard(
        meaning="who gives a lead back gives back all that it held: caps, agent and person",
        finds=frozenset({"caps_are_counted"}),
        edits=(Edit("owners.uncount", "c.used - counted.by", "c.used"),),
    ),
    "waking": Guard(
        meaning="whoever makes room wakes those who wait for it",
        finds=frozenset({"nobody_waits_beside_room"}),
        edits=(
            Edit(
                "waking.wake",
                "wake_waiting_leads($1, $2)",
                "0 WHERE ($1::uuid, $2::timestamptz) IS NOT NULL",
            ),
        ),
    ),
}


def break_statements(module: str, statements: Mapping[str, str], guard: Guard) -> dict[str, str]:
    """Alter a module's statements as a guard says.

    Raises:
        LookupError: a statement no longer reads as the guard expects.
    """
    altered = dict(statements)
    for edit in guard.edits:
        where, _, name = edit.statement.partition(".")
        if where == module:
            if edit.old not in altered[name]:
                raise LookupError(f"{edit.statement} does not say {edit.old!r} any more")
            altered[name] = altered[name].replace(edit.old, edit.new)
    return altered
