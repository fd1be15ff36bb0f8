-- Rows another worker holds are skipped, so workers never wait for each other. To claim is to
-- count a try: a worker that dies with a lead in hand has used one.

-- name: claim_received
-- By priority, then by age, as those who wait. What is less urgent than $4 is left where it is.
WITH due AS (
  SELECT id
  FROM leads
  WHERE status = 'received' AND urgency_of(priority) >= $4
  ORDER BY urgency_of(priority) DESC, created_at
  LIMIT $3
  FOR UPDATE SKIP LOCKED
)
UPDATE leads l
SET status = 'processed', routing_status = 'routing', routing_locked_at = $1,
  routing_locked_by = $2, routing_attempts = l.routing_attempts + 1, updated_at = $1
FROM due
WHERE l.id = due.id
RETURNING l.id;

-- name: claim_due
-- Waiting leads drain by priority, then by age; ids are in order of age. What others have in hand is
-- passed over before it is counted, or a hundred leads of a worker that died would hide the rest.
-- The order is that of an index which does not know times, so it is only read when something is due
-- that is as urgent as $4: what is paused may be due for days.
WITH due AS (
  SELECT l.id
  FROM lead_routing_queue q
  JOIN leads l ON l.id = q.lead_id
  WHERE q.processed_at IS NULL AND q.next_retry_at <= $1 AND l.routing_status = 'pending'
    AND q.priority >= $4
    AND EXISTS (
      SELECT
      FROM lead_routing_queue
      WHERE processed_at IS NULL AND next_retry_at <= $1
        AND priority IN (2, 1, 0) AND priority >= $4
    )
  ORDER BY q.priority DESC, q.lead_id
  LIMIT $3
  FOR UPDATE OF l SKIP LOCKED
)
UPDATE leads l
SET routing_status = 'routing', routing_locked_at = $1, routing_locked_by = $2,
  routing_attempts = l.routing_attempts + 1, updated_at = $1
FROM due
WHERE l.id = due.id
RETURNING l.id;

-- name: claim_stale
WITH due AS (
  SELECT id
  FROM leads
  WHERE routing_status = 'routing' AND routing_locked_at <= $4
  ORDER BY routing_locked_at
  LIMIT $3
  FOR UPDATE SKIP LOCKED
)
UPDATE leads l
SET routing_locked_at = $1, routing_locked_by = $2, routing_attempts = l.routing_attempts + 1
FROM due
WHERE l.id = due.id
RETURNING l.id;

-- name: load
SELECT l.id, l.workspace_id, l.vertical, l.priority, l.routing_attempts, l.routing_locked_at,
  l.created_at, f.attributes, f.identity,
  NOT EXISTS (SELECT FROM decisions d WHERE d.lead_id = l.id) AS first
FROM leads l
JOIN lead_facts f ON f.lead_id = l.id
WHERE l.id = ANY ($1::uuid[]);

-- name: still_ours
-- A lease may have been taken over meanwhile.
SELECT id
FROM leads
WHERE id = ANY ($1::uuid[]) AND routing_locked_by = $2
ORDER BY id
FOR UPDATE;

-- name: next_due
-- When there will be something to claim that is as urgent as $2. What somebody has in hand is due when
-- their lease ends. The first of each priority is looked up, so that those who are paused cost nothing.
SELECT least(
  (
    SELECT min(first.next_retry_at)
    FROM generate_series($2::integer, 2) AS allowed (priority)
    CROSS JOIN LATERAL (
      SELECT q.next_retry_at
      FROM lead_routing_queue q
      WHERE q.processed_at IS NULL
        AND q.priority = allowed.priority
        AND EXISTS (SELECT FROM leads l WHERE l.id = q.lead_id AND l.routing_status = 'pending')
      ORDER BY q.next_retry_at
      LIMIT 1
    ) first
  ),
  (SELECT min(routing_locked_at) + $1::interval FROM leads WHERE routing_status = 'routing')
);

-- name: expire
-- Leads being routed, or routed, never expire.
WITH old AS (
  SELECT id
  FROM leads
  WHERE created_at < $2 AND status IN ('received', 'processed', 'review')
    AND routing_status IN ('pending', 'failed')
  ORDER BY created_at
  LIMIT $3
  FOR UPDATE SKIP LOCKED
)
UPDATE leads l
SET status = 'expired', routing_status = 'expired', routing_result = NULL, updated_at = $1
FROM old
WHERE l.id = old.id
RETURNING l.id AS lead_id, l.workspace_id, l.vertical;

-- name: forget_keys
-- What somebody is renewing at this moment is left to the next time.
DELETE FROM submission_keys
WHERE ctid = ANY (ARRAY (
  SELECT ctid FROM submission_keys
  WHERE expires_at <= $1
  LIMIT $2
  FOR UPDATE SKIP LOCKED
));

-- name: forget_people
DELETE FROM identities
WHERE ctid = ANY (ARRAY (
  SELECT ctid FROM identities
  WHERE expires_at <= $1
  LIMIT $2
  FOR UPDATE SKIP LOCKED
));
