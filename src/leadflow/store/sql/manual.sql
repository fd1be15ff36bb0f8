-- Routing by hand: one lead, looked at and held.

-- name: hold_lead
SELECT l.id, l.workspace_id, l.vertical, l.priority, l.status, l.routing_status, l.routing_attempts,
  l.routing_locked_at, l.routing_locked_by, l.created_at, f.attributes, f.identity,
  NOT EXISTS (SELECT FROM decisions d WHERE d.lead_id = l.id) AS first
FROM leads l
JOIN lead_facts f ON f.lead_id = l.id
WHERE l.id = $1
FOR UPDATE OF l;

-- name: visible
-- Run as the tenant: row-level security answers.
SELECT 1 FROM leads WHERE id = $1;

-- name: owner
SELECT p.id, p.workspace_id, p.destination_id, p.outcome, w.slug, a.agent_id
FROM placements p
JOIN workspaces w ON w.id = p.workspace_id
LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL
WHERE p.lead_id = $1 AND p.released_at IS NULL
FOR UPDATE OF p;

-- name: on_its_way
-- A delivery whose outcome is open: the owner may have the lead already.
SELECT state FROM deliveries
WHERE lead_id = $2 AND placement_id = $1 AND state IN ('sending', 'unknown');

-- name: release_placement
UPDATE placements SET released_at = $2 WHERE id = $1;

-- name: release_assignment
UPDATE assignments SET released_at = $2 WHERE placement_id = $1 AND released_at IS NULL;

-- name: free_person
-- The row stays although nobody may be left in it: its revision must not begin anew.
WITH held AS (
  SELECT key, vertical
  FROM placement_keys
  WHERE key = ANY ($2::bytea[]) AND vertical = $3
    AND holders @> jsonb_build_array(jsonb_build_object('lead_id', $1::uuid))
  ORDER BY key
  FOR UPDATE
)
UPDATE placement_keys p
SET revision = p.revision + 1, holders = (
  SELECT coalesce(jsonb_agg(holder), '[]')
  FROM jsonb_array_elements(p.holders) AS holder
  WHERE holder ->> 'lead_id' <> $1::uuid::text
)
FROM held
WHERE (p.key, p.vertical) = (held.key, held.vertical);

-- name: drop_deliveries
UPDATE deliveries
SET state = 'dead', finished_at = $3, next_attempt_at = NULL, last_error = 'reassigned by hand'
WHERE lead_id = $2 AND placement_id = $1 AND state = 'pending';

-- name: take
UPDATE leads
SET status = 'processed', routing_status = 'routing', routing_result = NULL,
  routing_locked_at = $2, routing_locked_by = $3, routing_attempts = routing_attempts + 1,
  updated_at = $2
WHERE id = $1;

-- name: agent
SELECT id, workspace_id, name, email, active FROM agents WHERE id = $1;
