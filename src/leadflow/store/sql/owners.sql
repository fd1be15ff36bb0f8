-- Who has a lead, and how it is taken from them: everything that was reserved for them is given back.

-- name: owner
SELECT p.id AS placement_id, p.workspace_id, p.source_workspace_id, p.destination_id, p.outcome,
  p.outcome_at, p.accepted_at, p.return_at, p.counted, w.slug, a.agent_id, l.vertical
FROM placements p
JOIN leads l ON l.id = p.lead_id
JOIN workspaces w ON w.id = p.workspace_id
LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL
WHERE p.lead_id = $1 AND p.slot = 1 AND p.released_at IS NULL
FOR UPDATE OF p;

-- name: delivery_states
-- Where the outcome is open, `sending` or `unknown`, the owner may have the lead already.
SELECT state FROM deliveries WHERE lead_id = $2 AND placement_id = $1;

-- name: release_placement
UPDATE placements SET released_at = $2 WHERE id = $1;

-- name: release_assignment
UPDATE assignments SET released_at = $2 WHERE placement_id = $1 AND released_at IS NULL;

-- name: uncount
-- What a placement was counted in, its caps at that time, it is counted in no more.
UPDATE capacity c
SET used = c.used - counted.by
FROM placements p
CROSS JOIN LATERAL jsonb_to_recordset(p.counted)
  AS counted (window_kind text, starts_at timestamptz, by bigint)
WHERE p.id = $1
  AND (c.owner_id, c.window_kind, c.starts_at)
    = (p.destination_id, counted.window_kind, counted.starts_at);

-- name: free_agent
UPDATE capacity SET used = used - 1
WHERE owner_id = $1 AND window_kind = 'open' AND used > 0;

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
SET state = 'dead', finished_at = $3, next_attempt_at = NULL, last_error = $4
WHERE lead_id = $2 AND placement_id = $1 AND state = 'pending';

-- name: accept
UPDATE placements SET accepted_at = $2 WHERE id = $1 AND accepted_at IS NULL;
