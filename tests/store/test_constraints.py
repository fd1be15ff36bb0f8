"""What must hold is held by the database: each constraint is broken on purpose, and refuses."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from leadflow.errors import PermanentError
from leadflow.store.ids import new_id

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ONE, OTHER, THIRD = (UUID(int=n) for n in (1, 2, 3))
HELD_FOR = timedelta(days=90)

# A row that goes in, for each table: what a case changes is all that is wrong with it.
GOOD: dict[str, dict[str, Any]] = {
    "workspaces": {"slug": "brand", "name": "Brand", "kind": "standard"},
    "sources": {"workspace_id": ONE, "channel": "api", "name": "default"},
    "api_clients": {"name": "x", "prefix": "lf_x", "digest": b"x", "scopes": []},
    "rate_limits": {"client_id": ONE, "tokens": 1.0},
    "destinations": {
        "workspace_id": ONE,
        "name": "web",
        "kind": "webhook",
        "url": "x",
        "secret": b"",
    },
    "agents": {"workspace_id": ONE, "name": "Ann"},
    "rulebooks": {"workspace_id": ONE, "version": 1, "document": {}, "created_by": "x"},
    "leads": {
        "workspace_id": ONE,
        "source_id": ONE,
        "vertical": "AUTO",
        "status": "received",
        "routing_status": "pending",
    },
    "submission_keys": {
        "workspace_id": ONE,
        "kind": "external",
        "source_id": ONE,
        "key": "k",
        "lead_id": ONE,
        "fingerprint": b"",
        "answer": b"",
        "expires_at": NOW,
    },
    "identities": {
        "key": b"k",
        "vertical": "AUTO",
        "workspace_id": ONE,
        "lead_id": ONE,
        "expires_at": NOW,
    },
    "capacity": {"owner_id": ONE, "window_kind": "day", "starts_at": NOW, "cap": 3, "used": 3},
    "placements": {
        "lead_id": ONE,
        "slot": 1,
        "destination_id": ONE,
        "workspace_id": ONE,
        "source_workspace_id": ONE,
        "max_owners": 1,
        "price_minor": 0,
        "currency": "USD",
        "placed_at": NOW,
    },
    "placement_keys": {
        "key": b"k",
        "vertical": "AUTO",
        "holders": [{"lead_id": str(ONE)}],
        "max_owners": 1,
        "revision": 1,
    },
    "delivery_health": {"destination_id": ONE, "failures": 1},
    "returns": {
        "placement_id": ONE,
        "lead_id": ONE,
        "workspace_id": ONE,
        "passed_over": ONE,
        "reason": "declined",
        "detail": "busy",
        "returned_at": NOW,
    },
    "assignments": {
        "placement_id": ONE,
        "lead_id": ONE,
        "agent_id": ONE,
        "workspace_id": ONE,
        "assigned_at": NOW,
    },
    "lead_routing_logs": {
        "lead_id": ONE,
        "source_workspace_id": ONE,
        "placement_id": ONE,
        "routing_result": "success",
    },
    "lead_routing_queue": {
        "lead_id": ONE,
        "workspace_id": ONE,
        "reason": "retry",
        "priority": 1,
        "attempt_number": 1,
        "max_attempts": 3,
        "next_retry_at": NOW,
    },
    "reviews": {"lead_id": ONE, "workspace_id": ONE, "reason": "x", "opened_at": NOW},
    "decisions": {
        "batch_id": ONE,
        "position": 0,
        "lead_id": ONE,
        "workspace_id": ONE,
        "rulebook_version": 1,
        "decided_at": NOW,
        "record": b"",
    },
    "deliveries": {
        "lead_id": ONE,
        "placement_id": ONE,
        "destination_id": ONE,
        "workspace_id": ONE,
        "state": "pending",
    },
    "delivery_attempts": {
        "delivery_id": ONE,
        "number": 1,
        "started_at": NOW,
        "outcome": "sending",
    },
    "flags": {"name": "enableWebhooks", "enabled": True},
    "routing_pause": {"below": "hot", "paused_at": NOW, "paused_by": "cli"},
    "console_sessions": {"login_digest": b"x", "login_until": NOW},
}
KEPT_BY_ALL: dict[str, Callable[[], Any]] = {
    "id": new_id,
    "created_at": lambda: NOW,
    "updated_at": lambda: NOW,
}

# Rows that break a check, by its name: what is changed in a good row.
CHECKS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "workspaces_slug_is_a_slug": [
        ("workspaces", {"slug": slug}) for slug in ("", "A", "-a", "a/b", "a" * 64)
    ],
    "workspaces_kind_is_known": [("workspaces", {"kind": "circus"})],
    "workspaces_window_is_positive": [("workspaces", {"duplicate_window": timedelta(0)})],
    "sources_channel_is_known": [("sources", {"channel": "fax"})],
    "sources_reliability_is_a_share": [("sources", {"reliability": r}) for r in (-0.1, 1.1)],
    "api_clients_scopes_are_known": [("api_clients", {"scopes": ["admin", "root"]})],
    "api_clients_rate_limit_is_not_negative": [("api_clients", {"rate_limit": -1})],
    "rate_limits_tokens_are_not_negative": [("rate_limits", {"tokens": -0.5})],
    "destinations_kind_is_known": [("destinations", {"kind": "pigeon"})],
    "destinations_agent_choice_is_known": [("destinations", {"agent_choice": "dice"})],
    "destinations_weight_is_positive": [("destinations", {"weight": 0})],
    "destinations_time_to_accept_is_positive": [("destinations", {"accept_within_minutes": 0})],
    "destinations_errors_to_pause_are_positive": [("destinations", {"pause_after_errors": 0})],
    "delivery_health_failures_are_not_negative": [("delivery_health", {"failures": -1})],
    "returns_reason_is_known": [("returns", {"reason": "unhappy", "detail": None})],
    "returns_detail_is_of_what_was_declined": [("returns", {"reason": "late"})],
    "destinations_max_owners_is_1_to_100": [("destinations", {"max_owners": n}) for n in (0, 101)],
    "placement_keys_owners_fit_in": [("placement_keys", {"holders": [{}, {}]})],
    "destinations_price_is_not_negative": [("destinations", {"price_minor": -1})],
    "agents_rating_is_0_to_5": [("agents", {"rating": r}) for r in (-0.1, 5.1)],
    "agents_conversion_rate_is_a_share": [("agents", {"conversion_rate": r}) for r in (-0.1, 1.1)],
    "placements_outcome_is_known": [("placements", {"outcome": "won", "outcome_at": NOW})],
    "placements_outcome_has_a_time": [
        ("placements", {"outcome": "lost"}),
        ("placements", {"outcome_at": NOW}),
    ],
    "agents_weight_is_positive": [("agents", {"weight": 0})],
    "agents_capacity_is_not_negative": [("agents", {"capacity": -1})],
    "leads_states_agree": [
        ("leads", {"status": status, "routing_status": routing, "routing_result": result})
        for status, routing, result in (
            ("routed", "routed", None),
            ("routed", "pending", None),
            ("received", "pending", "success"),
            ("duplicate", "failed", "success"),
            ("expired", "expired", "failed"),
            ("contacted", "pending", None),
        )
    ],
    "leads_locked_exactly_when_routing": [
        ("leads", {"status": "processed", "routing_status": "routing"}),
        ("leads", {"routing_locked_at": NOW, "routing_locked_by": "w"}),
        (
            "leads",
            {"status": "processed", "routing_status": "routing", "routing_locked_at": NOW},
        ),
        ("leads", {"routing_locked_by": "w"}),
    ],
    "leads_score_is_0_to_100": [("leads", {"score": score}) for score in (-1, 101)],
    "leads_quality_is_0_to_100": [("leads", {"quality": quality}) for quality in (-1, 101)],
    "submission_keys_kind_is_known": [("submission_keys", {"kind": "guess"})],
    "capacity_is_never_exceeded": [("capacity", {"used": used}) for used in (-1, 4)],
    "lead_routing_logs_result_is_known": [
        ("lead_routing_logs", {"routing_result": "maybe", "placement_id": None})
    ],
    "lead_routing_logs_success_has_a_placement": [
        ("lead_routing_logs", {"placement_id": None}),
        ("lead_routing_logs", {"routing_result": "failed"}),
    ],
    "lead_routing_queue_reason_is_known": [("lead_routing_queue", {"reason": "boredom"})],
    "reviews_closed_has_a_resolution": [
        ("reviews", {"closed_at": NOW}),
        ("reviews", {"resolution": "done"}),
    ],
    "deliveries_state_is_known": [("deliveries", {"state": "lost"})],
    "deliveries_sending_exactly_when_leased": [
        ("deliveries", {"state": "sending"}),
        ("deliveries", {"lease_until": NOW, "locked_by": "w"}),
        ("deliveries", {"state": "sending", "lease_until": NOW}),
        ("deliveries", {"locked_by": "w"}),
    ],
    "deliveries_finished_has_a_time": [
        ("deliveries", {"state": "delivered"}),
        ("deliveries", {"state": "dead"}),
        ("deliveries", {"finished_at": NOW}),
    ],
    "delivery_attempts_outcome_is_known": [("delivery_attempts", {"outcome": "perhaps"})],
    "flags_name_is_known": [("flags", {"name": "enableMagic"})],
    "routing_pause_below_has_others_below": [
        ("routing_pause", {"below": below}) for below in ("cold", "HOT", "")
    ],
    "console_sessions_session_has_an_end": [
        ("console_sessions", {"session_digest": b"y"}),
        ("console_sessions", {"session_until": NOW}),
    ],
}
BROKEN = [
    (constraint, table, changes) for constraint, cases in CHECKS.items() for table, changes in cases
]

# Two rows that cannot both be there, by the constraint that says so: how the second one differs.
TWICE: dict[str, tuple[str, dict[str, Any]]] = {
    "workspaces_slug_is_unique": ("workspaces", {}),
    "sources_name_is_unique": ("sources", {}),
    "api_clients_digest_is_unique": ("api_clients", {"name": "y"}),
    "destinations_name_is_unique": ("destinations", {"url": "y"}),
    "agents_name_is_unique": ("agents", {"city": "y"}),
    "rulebooks_pkey": ("rulebooks", {"created_by": "y"}),
    "submission_keys_pkey": ("submission_keys", {"lead_id": OTHER}),
    "identities_pkey": ("identities", {"lead_id": OTHER}),
    "capacity_pkey": ("capacity", {"used": 0}),
    "placements_one_owner_a_slot": ("placements", {"destination_id": OTHER}),
    "placement_keys_pkey": ("placement_keys", {"holders": [], "revision": 2}),
    "delivery_health_pkey": ("delivery_health", {"failures": 2}),
    "returns_pkey": ("returns", {"reason": "declined", "lead_id": OTHER}),
    "assignments_pkey": ("assignments", {"agent_id": OTHER}),
    "lead_routing_logs_one_a_placement": ("lead_routing_logs", {"lead_id": OTHER}),
    "lead_routing_queue_one_open_row_a_lead": ("lead_routing_queue", {"reason": "waiting"}),
    "reviews_one_open_a_lead": ("reviews", {"reason": "y"}),
    "decisions_pkey": ("decisions", {"lead_id": OTHER}),
    "delivery_attempts_pkey": ("delivery_attempts", {"outcome": "unknown"}),
    "routing_pause_is_one": ("routing_pause", {"below": "warm"}),
    "console_sessions_login_is_unique": ("console_sessions", {}),
    "console_sessions_session_is_unique": ("console_sessions", {"login_digest": b"y"}),
}

# Ends that make room for another row like the first.
ENDS: dict[str, tuple[str, dict[str, Any]]] = {
    "a lead that was taken from its owner": ("placements", {"released_at": NOW}),
    "a queue row that was dealt with": ("lead_routing_queue", {"processed_at": NOW}),
    "a review that was closed": ("reviews", {"closed_at": NOW, "resolution": "done"}),
}


@pytest.fixture
async def put(database):
    """Put rows in, as the walk does; workspaces and clients they refer to are there."""

    async def put(table, **changes):
        async with database.service() as connection:
            columns = await columns_of(connection, table)
            row = {name: make() for name, make in KEPT_BY_ALL.items() if name in columns}
            row |= GOOD[table] | changes
            marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
            statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
            await connection.execute(statement, *row.values())

    await put("workspaces", id=ONE, slug="somebody")
    await put("api_clients", id=ONE, digest=b"somebody")
    return put


async def columns_of(connection, table):
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1", table
    )
    return {row["column_name"] for row in rows}


@pytest.mark.parametrize("table", GOOD)
async def test_a_row_with_nothing_wrong_goes_in(put, table):
    await put(table)


@pytest.mark.parametrize(("constraint", "table", "changes"), BROKEN)
async def test_a_row_that_breaks_a_rule_is_refused_by_its_name(put, constraint, table, changes):
    with pytest.raises(PermanentError, match=rf"refused a row: {constraint}$"):
        await put(table, **changes)


@pytest.mark.parametrize("constraint", TWICE)
async def test_what_can_be_there_once_is_refused_the_second_time(put, constraint):
    table, changes = TWICE[constraint]
    first = {"session_digest": b"s", "session_until": NOW} if table == "console_sessions" else {}
    await put(table, **first)
    with pytest.raises(PermanentError, match=rf"refused a row: {constraint}$"):
        await put(table, **first | changes)


@pytest.mark.parametrize("end", ENDS)
async def test_what_is_over_makes_room_for_another(put, end):
    table, changes = ENDS[end]
    await put(table, **changes)
    await put(table)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("sources", "workspace_id"),
        ("api_clients", "workspace_id"),
        ("destinations", "workspace_id"),
        ("agents", "workspace_id"),
        ("rulebooks", "workspace_id"),
        ("rate_limits", "client_id"),
    ],
)
async def test_what_belongs_to_nobody_is_refused(put, table, column):
    with pytest.raises(PermanentError, match=f"refused a row: {table}_{column}_fkey"):
        await put(table, **{column: THIRD})


async def test_a_capacity_that_is_full_stays_full(put, database):
    await put("capacity")
    with pytest.raises(PermanentError, match="capacity_is_never_exceeded"):
        async with database.service() as connection:
            await connection.execute("UPDATE capacity SET used = used + 1")


async def test_no_named_rule_of_the_schema_is_without_a_case_here(database):
    async with database.service() as connection:
        rows = await connection.fetch(
            "SELECT conname AS name FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'x') "
            "UNION SELECT indexname FROM pg_indexes "
            "WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%' "
            "AND indexname NOT LIKE '%\\_pkey'"
        )
    names = {row["name"] for row in rows}
    assert names == {name for name in (*CHECKS, *TWICE) if not name.endswith("_pkey")}


async def test_every_rule_has_a_name_that_says_what_must_hold(database):
    async with database.service() as connection:
        rows = await connection.fetch(
            "SELECT conname FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace AND contype = 'c'"
        )
    assert [row[0] for row in rows if re.search(r"_check\d*$", row[0])] == []


async def test_the_frozen_columns_are_what_others_read(database):
    frozen = {
        "leads": "id workspace_id created_at updated_at routing_status routing_result "
        "routing_locked_at routing_locked_by routing_attempts",
        "lead_routing_logs": "lead_id source_workspace_id destination_workspace_id "
        "matched_rule_id routing_result created_at",
        "lead_routing_queue": "lead_id workspace_id attempt_number max_attempts next_retry_at "
        "processed_at last_error",
    }
    async with database.service() as connection:
        await connection.execute("SET LOCAL ROLE adf_ro")
        for table, columns in frozen.items():
            await connection.execute(f"SELECT {', '.join(columns.split())} FROM {table}")


async def test_no_trigger_touches_what_the_walk_writes(database):
    """`updated_at` is the latency's end: nothing sets it behind the walk's back."""
    async with database.service() as connection:
        rows = await connection.fetch(
            "SELECT tgrelid::regclass::text FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgname <> 'configuration_changed'"
        )
        watched = await connection.fetch(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'configuration_changed'"
        )
    assert rows == []
    assert {row[0] for row in watched} == {
        *("workspaces", "sources", "rulebooks", "destinations", "agents", "flags"),
        *("routing_pause", "delivery_health"),
    }
