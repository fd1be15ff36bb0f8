-- pending -> sending -> delivered | dead | back to pending | unknown. An `unknown` delivery that has
-- a next attempt is sent again to the same receiver, under the same key; one that has none waits
-- for a person. The rules are `core/deliver.py`'s.

-- name: claim
-- A share for each destination, so that one with a thousand due cannot keep the others from their
-- turn, and the first of each before anybody's second. Destinations are found by skipping from one
-- to the next in the index. What another worker takes at this moment is left to it. The attempt is
-- on record, as `sending`, before the first byte leaves.
WITH RECURSIVE waiting AS (
  (
    SELECT destination_id AS id
    FROM deliveries
    WHERE state IN ('pending', 'unknown') AND next_attempt_at IS NOT NULL
    ORDER BY destination_id
    LIMIT 1
  )
  UNION ALL
  SELECT (
    SELECT destination_id
    FROM deliveries
    WHERE state IN ('pending', 'unknown') AND next_attempt_at IS NOT NULL
      AND destination_id > waiting.id
    ORDER BY destination_id
    LIMIT 1
  )
  FROM waiting
  WHERE waiting.id IS NOT NULL
),
due AS (
  SELECT share.id
  FROM waiting
  LEFT JOIN unnest($6::uuid[], $7::integer[]) AS busy (id, room) ON busy.id = waiting.id
  CROSS JOIN LATERAL (
    SELECT d.id, d.next_attempt_at, row_number() OVER (ORDER BY d.next_attempt_at) AS turn
    FROM deliveries d
    WHERE d.destination_id = waiting.id AND d.state IN ('pending', 'unknown')
      AND d.next_attempt_at IS NOT NULL AND d.next_attempt_at <= $1
    ORDER BY d.next_attempt_at
    LIMIT coalesce(busy.room, $5)
  ) AS share
  ORDER BY share.turn, share.next_attempt_at
  LIMIT $4
),
taken AS (
  SELECT id
  FROM deliveries
  WHERE id IN (SELECT id FROM due)
    AND state IN ('pending', 'unknown') AND next_attempt_at <= $1
  FOR UPDATE SKIP LOCKED
),
sending AS (
  UPDATE deliveries d
  SET state = 'sending', attempts = d.attempts + 1, next_attempt_at = $3, locked_by = $2,
    lease_until = $3
  FROM taken
  WHERE d.id = taken.id
  RETURNING d.id, d.attempts
)
INSERT INTO delivery_attempts (delivery_id, number, started_at, outcome)
SELECT id, attempts, $1, 'sending'
FROM sending
RETURNING delivery_id;

-- name: leases
-- Who may close which attempt, and how the attempts before it ended.
SELECT d.id, d.attempts, d.locked_by, d.lead_id, d.destination_id, d.workspace_id,
  coalesce(l.workspace_id, d.workspace_id) AS source_workspace_id,
  ARRAY (
    SELECT a.outcome
    FROM delivery_attempts a
    WHERE a.delivery_id = d.id AND a.number < d.attempts
    ORDER BY a.number
  ) AS earlier
FROM deliveries d
LEFT JOIN leads l ON l.id = d.lead_id
WHERE d.id = ANY ($1::uuid[]);

-- name: parcels
-- All that is told to the receiver. A delivery whose lead or destination is gone, or whose lead has
-- another owner by now, has no row here.
SELECT d.id, d.created_at AS handed_over_at,
  l.id AS lead_id, l.vertical, l.score, l.quality, l.priority, l.traffic_source, l.external_id,
  l.created_at,
  c.key_id, c.sealed,
  p.id AS placement_id, p.rule_id, p.placed_at, p.max_owners, p.price_minor, p.currency, p.return_at,
  t.id AS destination_id, t.name AS destination_name, t.kind, t.url, t.secret,
  w.slug,
  g.id AS agent_id, g.name AS agent_name, g.email AS agent_email
FROM deliveries d
JOIN leads l ON l.id = d.lead_id
JOIN lead_contacts c ON c.lead_id = d.lead_id
JOIN placements p ON p.id = d.placement_id AND p.released_at IS NULL
JOIN destinations t ON t.id = d.destination_id
JOIN workspaces w ON w.id = t.workspace_id
LEFT JOIN assignments s ON s.placement_id = d.placement_id AND s.released_at IS NULL
LEFT JOIN agents g ON g.id = s.agent_id
WHERE d.id = ANY ($1::uuid[]);

-- name: lapsed
-- Attempts whose worker was lost. Nobody knows what became of them.
SELECT id
FROM deliveries
WHERE state = 'sending' AND lease_until <= $1
ORDER BY lease_until
LIMIT $2
FOR UPDATE SKIP LOCKED;

-- name: close
-- Compare and set on owner and attempt: a worker that lost its lease closes nothing, even if the
-- delivery has come back to the same worker since.
WITH closing AS (
  SELECT *
  FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::timestamptz[],
    $6::timestamptz[], $7::text[], $8::smallint[], $9::text[])
    AS c (delivery_id, number, owner, state, next_attempt_at, ended_at, outcome, status_code, error)
),
closed AS (
  UPDATE deliveries d
  SET state = c.state, next_attempt_at = c.next_attempt_at, locked_by = NULL, lease_until = NULL,
    finished_at = CASE WHEN c.state IN ('delivered', 'dead') THEN c.ended_at END,
    last_error = coalesce(c.error, d.last_error)
  FROM closing c
  WHERE d.id = c.delivery_id AND d.state = 'sending' AND d.locked_by = c.owner
    AND d.attempts = c.number
  RETURNING d.id, d.attempts
)
UPDATE delivery_attempts a
SET finished_at = c.ended_at, outcome = c.outcome, status_code = c.status_code, error = c.error
FROM closing c
JOIN closed ON closed.id = c.delivery_id AND closed.attempts = c.number
WHERE a.delivery_id = c.delivery_id AND a.number = c.number
RETURNING a.delivery_id, a.number;

-- name: give_back
-- A lead that was certainly not taken comes back, unless its owner has accepted it all the same.
UPDATE placements p
SET return_at = dead.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS dead (delivery_id, at)
JOIN deliveries d ON d.id = dead.delivery_id
WHERE p.id = d.placement_id AND p.released_at IS NULL AND p.accepted_at IS NULL
RETURNING d.id;

-- name: write_events
INSERT INTO events (id, name, lead_id, workspace_id, occurred_at, data)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::jsonb[]);

-- name: open_reviews
-- A lead that is in review already stays there for the reason it came.
INSERT INTO reviews (id, lead_id, workspace_id, reason, opened_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])
ON CONFLICT (lead_id) WHERE closed_at IS NULL DO NOTHING;

-- name: next_due
-- When there will be something to claim, or a lease to look at, as long as nothing else changes.
WITH RECURSIVE waiting AS (
  (
    SELECT destination_id AS id
    FROM deliveries
    WHERE state IN ('pending', 'unknown') AND next_attempt_at IS NOT NULL
    ORDER BY destination_id
    LIMIT 1
  )
  UNION ALL
  SELECT (
    SELECT destination_id
    FROM deliveries
    WHERE state IN ('pending', 'unknown') AND next_attempt_at IS NOT NULL
      AND destination_id > waiting.id
    ORDER BY destination_id
    LIMIT 1
  )
  FROM waiting
  WHERE waiting.id IS NOT NULL
)
SELECT least(
  (
    SELECT min(first.next_attempt_at)
    FROM waiting
    CROSS JOIN LATERAL (
      SELECT d.next_attempt_at
      FROM deliveries d
      WHERE d.destination_id = waiting.id AND d.state IN ('pending', 'unknown')
        AND d.next_attempt_at IS NOT NULL
      ORDER BY d.next_attempt_at
      LIMIT 1
    ) AS first
    WHERE waiting.id <> ALL ($1::uuid[])
  ),
  (SELECT min(lease_until) FROM deliveries WHERE state = 'sending')
);
