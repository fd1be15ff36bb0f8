-- What one group of the walk reads, locks and writes. Locks are taken in one order: persons, counters,
-- credit, submission keys, who holds a person.

-- name: submission_keys
SELECT k.workspace_id, k.kind, k.source_id, k.key, k.lead_id, k.fingerprint, k.answer
FROM submission_keys k
JOIN unnest($1::submission_key_asked[]) AS asked USING (workspace_id, kind, source_id, key)
WHERE k.expires_at > $2;

-- name: people
SELECT i.key, i.vertical, i.workspace_id, i.lead_id
FROM identities i
JOIN unnest($1::person_asked[]) AS asked USING (key, vertical, workspace_id)
WHERE i.expires_at > $2;

-- name: held
SELECT p.key, p.vertical, p.holders, p.revision
FROM placement_keys p
JOIN unnest($1::holding_asked[]) AS asked USING (key, vertical);

-- name: returned
SELECT lead_id, passed_over FROM returns WHERE lead_id = ANY ($1::uuid[]);

-- name: make_counters
INSERT INTO capacity (owner_id, window_kind, starts_at, cap)
SELECT * FROM unnest($1::counter_new[])
ON CONFLICT DO NOTHING;

-- name: lock_counters
SELECT c.owner_id, c.window_kind, c.starts_at, c.cap, c.used, c.last_used_at
FROM capacity c
JOIN unnest($1::counter_asked[]) AS asked USING (owner_id, window_kind, starts_at)
ORDER BY c.owner_id, c.window_kind, c.starts_at
FOR UPDATE OF c;

-- name: make_credit
INSERT INTO rotations (owner_id, credit)
SELECT unnest($1::uuid[]), 0
ON CONFLICT DO NOTHING;

-- name: lock_credit
SELECT owner_id, credit
FROM rotations
WHERE owner_id = ANY ($1::uuid[])
ORDER BY owner_id
FOR UPDATE;

-- name: write_identities
INSERT INTO identities AS i (key, vertical, workspace_id, lead_id, expires_at)
SELECT * FROM unnest($1::identity_row[])
ON CONFLICT (key, vertical, workspace_id) DO UPDATE
SET lead_id = excluded.lead_id, expires_at = excluded.expires_at
WHERE i.expires_at <= $2;

-- name: write_submission_keys
INSERT INTO submission_keys AS k
  (workspace_id, kind, source_id, key, lead_id, fingerprint, answer, expires_at)
SELECT * FROM unnest($1::submission_key_row[])
ON CONFLICT (workspace_id, kind, source_id, key) DO UPDATE
SET lead_id = excluded.lead_id, fingerprint = excluded.fingerprint, answer = excluded.answer,
  expires_at = excluded.expires_at
WHERE k.expires_at <= $2;

-- name: write_placement_keys
-- Compare and set: who decided on an older revision of the row writes nothing.
INSERT INTO placement_keys AS p (key, vertical, holders, max_owners, revision)
SELECT * FROM unnest($1::holding_row[])
ON CONFLICT (key, vertical) DO UPDATE
SET holders = excluded.holders, max_owners = excluded.max_owners, revision = excluded.revision
WHERE p.revision = excluded.revision - 1;

-- name: write_counters
UPDATE capacity c
SET used = c.used + moved.by, cap = moved.cap, last_used_at = $2
FROM unnest($1::counter_move[]) AS moved
WHERE (c.owner_id, c.window_kind, c.starts_at)
  = (moved.owner_id, moved.window_kind, moved.starts_at);

-- name: write_credit
UPDATE rotations r
SET credit = moved.credit
FROM unnest($1::credit_move[]) AS moved
WHERE r.owner_id = moved.owner_id;

-- name: write_contents
-- What a lead says, sealed, and what deciding looks at.
WITH contents AS (
  SELECT * FROM unnest($1::content_row[])
), said AS (
  INSERT INTO lead_contacts (lead_id, key_id, sealed) SELECT lead_id, key_id, sealed FROM contents
)
INSERT INTO lead_facts (lead_id, attributes, identity, assessment)
SELECT lead_id, attributes, identity, assessment FROM contents;

-- name: write_placements
-- A placement with all that comes with it: its agent, its delivery, its row in the log.
WITH placed AS (
  SELECT * FROM unnest($1::placement_row[])
), assigned AS (
  INSERT INTO assignments (placement_id, lead_id, agent_id, workspace_id, assigned_at)
  SELECT id, lead_id, agent_id, workspace_id, $2 FROM placed WHERE agent_id IS NOT NULL
), due AS (
  INSERT INTO deliveries (id, lead_id, placement_id, destination_id, workspace_id, state,
    next_attempt_at, created_at)
  SELECT delivery_id, lead_id, id, destination_id, workspace_id, 'pending', $2, $2
  FROM placed
  WHERE destination_id IS NOT NULL
), logged AS (
  INSERT INTO lead_routing_logs (id, lead_id, source_workspace_id, destination_workspace_id,
    matched_rule_id, placement_id, routing_result, created_at)
  SELECT log_id, lead_id, source_workspace_id, workspace_id, rule_id, id, 'success', $2 FROM placed
)
INSERT INTO placements (id, lead_id, slot, destination_id, workspace_id, source_workspace_id,
  rule_id, max_owners, price_minor, currency, placed_at, return_at, counted)
SELECT id, lead_id, 1, destination_id, workspace_id, source_workspace_id, rule_id, max_owners,
  price_minor, currency, $2, return_at, counted
FROM placed;

-- name: write_returns
INSERT INTO returns (placement_id, lead_id, workspace_id, passed_over, reason, detail, returned_at)
SELECT * FROM unnest($1::return_row[]);

-- name: write_logs
-- How routing ended without a placement.
INSERT INTO lead_routing_logs (id, lead_id, source_workspace_id, destination_workspace_id,
  routing_result, created_at)
SELECT *, $2 FROM unnest($1::log_row[]);

-- name: close_queue_rows
UPDATE lead_routing_queue
SET processed_at = $2
WHERE lead_id IN (SELECT lead_id FROM unnest($1::lead_ref[])) AND processed_at IS NULL;

-- name: write_queue
-- A lead that still waits keeps its row; only the time and the try move on.
INSERT INTO lead_routing_queue (id, lead_id, workspace_id, reason, priority, attempt_number,
  max_attempts, next_retry_at, created_at, last_error)
SELECT * FROM unnest($1::queue_row[])
ON CONFLICT (lead_id) WHERE processed_at IS NULL DO UPDATE
SET reason = excluded.reason, attempt_number = excluded.attempt_number,
  next_retry_at = excluded.next_retry_at, last_error = excluded.last_error;

-- name: open_reviews
INSERT INTO reviews (id, lead_id, workspace_id, reason, opened_at)
SELECT * FROM unnest($1::review_row[])
ON CONFLICT (lead_id) WHERE closed_at IS NULL DO UPDATE SET reason = excluded.reason;

-- name: close_reviews
UPDATE reviews
SET closed_at = $2, resolution = $3
WHERE lead_id IN (SELECT lead_id FROM unnest($1::lead_ref[])) AND closed_at IS NULL;

-- name: write_decisions
-- A group's decisions in their order, and what was seen when the first of them was taken.
WITH opened AS (INSERT INTO decision_batches (id, opened_at, snapshot) VALUES ($2, $4, $3))
INSERT INTO decisions (lead_id, workspace_id, rulebook_version, record, position, batch_id,
  decided_at)
SELECT lead_id, workspace_id, rulebook_version, record, number - 1, $2, $4
FROM unnest($1::decision_row[]) WITH ORDINALITY
  AS taken (lead_id, workspace_id, rulebook_version, record, number);

-- name: write_events
INSERT INTO events (id, name, lead_id, workspace_id, data, occurred_at)
SELECT *, $2 FROM unnest($1::event_row[]);

-- name: write_leads
-- Last, so that `updated_at` is as near to the commit as it can be.
INSERT INTO leads (id, workspace_id, source_id, vertical, external_id, traffic_source, status,
  routing_status, routing_result, routing_attempts, score, score_source, quality, priority,
  degraded, created_at, updated_at)
SELECT *, $2 FROM unnest($1::lead_row[]);

-- name: finish_leads
-- Compare and set: a worker that lost its lease writes nothing.
UPDATE leads l
SET status = done.status, routing_status = done.routing_status,
  routing_result = done.routing_result, routing_attempts = done.attempts,
  routing_locked_at = NULL, routing_locked_by = NULL, updated_at = $2
FROM unnest($1::lead_end[]) AS done
WHERE l.id = done.lead_id AND l.routing_locked_by = done.owner;
