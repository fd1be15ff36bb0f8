-- What operators switch while leads come in, and what they see of it.

-- name: flags
SELECT name, enabled, updated_at FROM flags;

-- name: put_flag
INSERT INTO flags (name, enabled, updated_at)
VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE
SET enabled = excluded.enabled, updated_at = excluded.updated_at;

-- name: pause
SELECT below, paused_at, paused_by FROM routing_pause;

-- name: put_pause
-- There is one row at most: the latest word holds.
INSERT INTO routing_pause (below, paused_at, paused_by)
VALUES ($1, $2, $3)
ON CONFLICT ((true)) DO UPDATE
SET below = excluded.below, paused_at = excluded.paused_at, paused_by = excluded.paused_by;

-- name: drop_pause
DELETE FROM routing_pause;

-- name: make_due
-- A row that somebody writes at this moment is passed over: when its lead is due is being decided.
WITH moved AS (
  UPDATE lead_routing_queue
  SET next_retry_at = $1
  WHERE id IN (
    SELECT id
    FROM lead_routing_queue
    WHERE processed_at IS NULL AND next_retry_at > $1
      AND ($2::uuid IS NULL OR lead_id = $2)
    FOR UPDATE SKIP LOCKED
  )
  RETURNING id
)
SELECT
  (SELECT count(*) FROM moved) AS made_due,
  (
    SELECT count(*)
    FROM lead_routing_queue
    WHERE processed_at IS NULL AND next_retry_at <= $1
      AND ($2::uuid IS NULL OR lead_id = $2)
  ) AS due_already;

-- name: under_way
-- What is under way, for each workspace that has any, in the order of their slugs. Each part is read
-- from a partial index that holds nothing else, and no lead is in two of them.
SELECT
  w.slug AS workspace,
  count(*) FILTER (WHERE place = 'received') AS received,
  count(*) FILTER (WHERE place = 'queued' AND at <= $1) AS due,
  count(*) FILTER (WHERE place = 'queued' AND at > $1) AS not_due,
  min(at) FILTER (WHERE place = 'queued' AND at > $1) AS next_due,
  count(*) FILTER (WHERE urgency < $3 AND (place = 'received' OR place = 'queued' AND at <= $1))
    AS stopped,
  count(*) FILTER (WHERE place = 'in hand') AS in_hand,
  count(*) FILTER (WHERE place = 'in hand' AND at <= $2) AS stale,
  count(*) FILTER (WHERE place = 'in review') AS in_review
FROM (
  SELECT workspace_id, 'received', urgency_of(priority), created_at
  FROM leads
  WHERE status = 'received'
  UNION ALL
  SELECT q.workspace_id, 'queued', q.priority, q.next_retry_at
  FROM lead_routing_queue q
  JOIN leads l ON l.id = q.lead_id
  WHERE q.processed_at IS NULL AND l.routing_status = 'pending'
  UNION ALL
  SELECT workspace_id, 'in hand', urgency_of(priority), routing_locked_at
  FROM leads
  WHERE routing_status = 'routing'
  UNION ALL
  SELECT r.workspace_id, 'in review', urgency_of(l.priority), r.opened_at
  FROM reviews r
  JOIN leads l ON l.id = r.lead_id
  WHERE r.closed_at IS NULL AND l.status = 'review'
) AS lead (workspace_id, place, urgency, at)
JOIN workspaces w ON w.id = lead.workspace_id
GROUP BY w.slug
ORDER BY w.slug;
