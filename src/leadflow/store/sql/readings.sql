-- What people are shown of leads. Run as the tenant: row-level security leaves out what is others'.

-- name: lead
SELECT l.id, l.workspace_id, s.channel, s.name AS source, l.vertical, l.external_id,
  l.traffic_source, l.status, l.routing_status, l.routing_result, l.routing_attempts, l.score,
  l.score_source, l.quality, l.priority, l.degraded, l.created_at, l.updated_at,
  p.id AS placement_id, p.destination_id, p.workspace_id AS destination_workspace_id, p.rule_id,
  p.placed_at, p.accepted_at, p.return_at, p.outcome, p.outcome_at, a.agent_id, c.key_id, c.sealed, f.assessment
FROM leads l
JOIN lead_facts f ON f.lead_id = l.id
LEFT JOIN lead_contacts c ON c.lead_id = l.id -- gone once the person has been erased
LEFT JOIN sources s ON s.id = l.source_id
LEFT JOIN placements p ON p.lead_id = l.id AND p.slot = 1 AND p.released_at IS NULL
LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL
WHERE l.id = $1;

-- name: page_of_all
SELECT l.id, l.workspace_id, s.channel, s.name AS source, l.vertical, l.external_id, l.status,
  l.routing_status, l.routing_result, l.score, l.quality, l.priority, l.created_at, l.updated_at,
  p.workspace_id AS destination_workspace_id, a.agent_id, c.key_id, c.sealed
FROM leads l
LEFT JOIN sources s ON s.id = l.source_id
LEFT JOIN placements p ON p.lead_id = l.id AND p.slot = 1 AND p.released_at IS NULL
LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL
LEFT JOIN lead_contacts c ON c.lead_id = l.id
WHERE ($1::uuid IS NULL OR l.id < $1)
  AND ($3::text IS NULL OR l.vertical = $3)
  AND ($4::text IS NULL OR l.status = $4)
  AND ($5::text IS NULL OR l.routing_status = $5)
  AND ($6::integer IS NULL OR l.score >= $6)
  AND ($7::integer IS NULL OR l.score <= $7)
  AND ($8::timestamptz IS NULL OR l.created_at >= $8)
  AND ($9::timestamptz IS NULL OR l.created_at < $9)
  AND ($10::text IS NULL OR s.name = $10)
  AND ($11::uuid IS NULL OR p.workspace_id = $11)
  AND ($12::uuid IS NULL OR a.agent_id = $12)
  AND ($13::boolean IS NULL OR $13 = EXISTS (
    SELECT FROM reviews r WHERE r.lead_id = l.id AND r.closed_at IS NULL
  ))
ORDER BY l.id DESC
LIMIT $2;

-- name: page_of_workspace
-- Its own leads and those placed with it. Each kind is read in order from an index of its own, and no
-- further than the page; as one list they would have to be read to their end and sorted.
WITH page AS (
  (
    SELECT l.id
    FROM leads l
    LEFT JOIN sources s ON s.id = l.source_id
    LEFT JOIN placements p ON p.lead_id = l.id AND p.slot = 1 AND p.released_at IS NULL
    LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL
    WHERE l.workspace_id = $14
      AND ($1::uuid IS NULL OR l.id < $1)
      AND ($3::text IS NULL OR l.vertical = $3)
      AND ($4::text IS NULL OR l.status = $4)
      AND ($5::text IS NULL OR l.routing_status = $5)
      AND ($6::integer IS NULL OR l.score >= $6)
      AND ($7::integer IS NULL OR l.score <= $7)
      AND ($8::timestamptz IS NULL OR l.created_at >= $8)
      AND ($9::timestamptz IS NULL OR l.created_at < $9)
      AND ($10::text IS NULL OR s.name = $10)
      AND ($11::uuid IS NULL OR p.workspace_id = $11)
      AND ($12::uuid IS NULL OR a.agent_id = $12)
      AND ($13::boolean IS NULL OR $13 = EXISTS (
        SELECT FROM reviews r WHERE r.lead_id = l.id AND r.closed_at IS NULL
      ))
    ORDER BY l.id DESC
    LIMIT $2
  )
  UNION ALL
  (
    SELECT p.lead_id
    FROM placements p
    JOIN leads l ON l.id = p.lead_id
    LEFT JOIN sources s ON s.id = l.source_id
    LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL
    WHERE p.workspace_id = $14 AND p.source_workspace_id <> $14 AND p.released_at IS NULL
      AND ($1::uuid IS NULL OR p.lead_id < $1)
      AND ($3::text IS NULL OR l.vertical = $3)
      AND ($4::text IS NULL OR l.status = $4)
      AND ($5::text IS NULL OR l.routing_status = $5)
      AND ($6::integer IS NULL OR l.score >= $6)
      AND ($7::integer IS NULL OR l.score <= $7)
      AND ($8::timestamptz IS NULL OR l.created_at >= $8)
      AND ($9::timestamptz IS NULL OR l.created_at < $9)
      AND ($10::text IS NULL OR s.name = $10)
      AND ($11::uuid IS NULL OR p.workspace_id = $11)
      AND ($12::uuid IS NULL OR a.agent_id = $12)
      AND ($13::boolean IS NULL OR $13 = EXISTS (
        SELECT FROM reviews r WHERE r.lead_id = l.id AND r.closed_at IS NULL
      ))
    ORDER BY p.lead_id DESC
    LIMIT $2
  )
  ORDER BY id DESC
  LIMIT $2
)
SELECT l.id, l.workspace_id, s.channel, s.name AS source, l.vertical, l.external_id, l.status,
  l.routing_status, l.routing_result, l.score, l.quality, l.priority, l.created_at, l.updated_at,
  p.workspace_id AS destination_workspace_id, a.agent_id, c.key_id, c.sealed
FROM page
JOIN leads l ON l.id = page.id
LEFT JOIN sources s ON s.id = l.source_id
LEFT JOIN placements p ON p.lead_id = l.id AND p.slot = 1 AND p.released_at IS NULL
LEFT JOIN assignments a ON a.placement_id = p.id AND a.released_at IS NULL
LEFT JOIN lead_contacts c ON c.lead_id = l.id
ORDER BY l.id DESC;

-- name: timeline
SELECT id, name, occurred_at, data
FROM events
WHERE lead_id = $1
ORDER BY id;

-- name: deliveries
SELECT d.id, d.destination_id, d.state, d.attempts, d.next_attempt_at, d.created_at, d.finished_at,
  d.last_error
FROM deliveries d
WHERE d.lead_id = $1
ORDER BY d.id;

-- name: queue_row
SELECT reason, attempt_number, max_attempts, next_retry_at, last_error
FROM lead_routing_queue
WHERE lead_id = $1 AND processed_at IS NULL;

-- name: open_review
SELECT id, reason, opened_at
FROM reviews
WHERE lead_id = $1 AND closed_at IS NULL;

-- name: decisions
SELECT rulebook_version, decided_at, record
FROM decisions
WHERE lead_id = $1
ORDER BY decided_at DESC, batch_id DESC
LIMIT $2;

-- name: profile
SELECT l.id, l.workspace_id, l.vertical, f.attributes, f.identity, l.created_at
FROM leads l
JOIN lead_facts f ON f.lead_id = l.id
WHERE l.id = $1;

-- name: open_leads
-- How many leads agents have open. Read without a lock: it is for people to look at.
SELECT owner_id, used, last_used_at
FROM capacity
WHERE owner_id = ANY ($1::uuid[]) AND window_kind = 'open';
