-- What became of leads in sales. It is said of the placement: who has the lead next begins anew.

-- name: hold
SELECT p.id AS placement_id, p.workspace_id, p.source_workspace_id, p.outcome, p.outcome_at, l.vertical,
  a.agent_id
FROM placements p
JOIN leads l ON l.id = p.lead_id
LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL
WHERE p.lead_id = $1 AND p.slot = 1 AND p.released_at IS NULL
FOR UPDATE OF p;

-- name: record
UPDATE placements SET outcome = $2, outcome_at = $3 WHERE id = $1;

-- name: free_agent
UPDATE capacity SET used = used - 1
WHERE owner_id = $1 AND window_kind = 'open' AND used > 0;
