-- One lead, looked at and held.

-- name: hold_lead
SELECT l.id, l.workspace_id, l.vertical, l.priority, l.status, l.routing_status, l.routing_result, l.routing_attempts,
  l.routing_locked_at, l.routing_locked_by, l.created_at, f.attributes, f.identity,
  NOT EXISTS (SELECT FROM decisions d WHERE d.lead_id = l.id) AS first
FROM leads l
JOIN lead_facts f ON f.lead_id = l.id
WHERE l.id = $1
FOR UPDATE OF l;

-- name: visible
-- Run as the tenant: row-level security answers.
SELECT 1 FROM leads WHERE id = $1;

-- name: take
UPDATE leads
SET status = 'processed', routing_status = 'routing', routing_result = NULL,
  routing_locked_at = $2, routing_locked_by = $3, routing_attempts = routing_attempts + 1,
  updated_at = $2
WHERE id = $1;

-- name: agent
SELECT id, workspace_id, name, email, active FROM agents WHERE id = $1;
