-- Decisions with all they rest on, group by group.

-- name: batches
-- In order of their ids, which is that of time.
SELECT b.id, b.snapshot
FROM decision_batches b
WHERE ($1::uuid IS NULL OR b.id > $1)
  AND ($2::timestamptz IS NULL OR b.opened_at >= $2)
ORDER BY b.id
LIMIT $3;

-- name: batches_of_lead
SELECT b.id, b.snapshot
FROM decision_batches b
WHERE b.id IN (SELECT batch_id FROM decisions WHERE lead_id = $1)
ORDER BY b.id;

-- name: members
-- An erased lead leaves its decisions behind, without what it was like.
SELECT d.batch_id, d.position, d.record, d.lead_id, d.workspace_id, d.rulebook_version,
  l.id, l.vertical, l.created_at, f.attributes, f.identity
FROM decisions d
LEFT JOIN leads l ON l.id = d.lead_id
LEFT JOIN lead_facts f ON f.lead_id = d.lead_id
WHERE d.batch_id = ANY ($1::uuid[])
ORDER BY d.batch_id, d.position;
