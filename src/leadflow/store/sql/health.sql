-- How deliveries to destinations go. Rows are taken in the order of their ids.

-- name: count_failures
INSERT INTO delivery_health AS h (destination_id, failures)
SELECT * FROM unnest($1::uuid[], $2::integer[])
ON CONFLICT (destination_id) DO UPDATE SET failures = h.failures + excluded.failures;

-- name: pause
-- Who has had enough errors in a row, and is not paused.
UPDATE delivery_health h
SET paused_until = $3
FROM destinations d
WHERE h.destination_id = ANY ($1::uuid[]) AND d.id = h.destination_id
  AND h.failures >= d.pause_after_errors
  AND (h.paused_until IS NULL OR h.paused_until <= $2)
RETURNING d.id, d.workspace_id, h.failures;

-- name: failed_before
SELECT destination_id, paused_until IS NOT NULL AS paused
FROM delivery_health
WHERE destination_id = ANY ($1::uuid[]) AND failures > 0
ORDER BY destination_id
FOR UPDATE;

-- name: forgive
UPDATE delivery_health SET failures = 0 WHERE destination_id = ANY ($1::uuid[]);

-- name: resume
UPDATE delivery_health h
SET failures = 0, paused_until = NULL
FROM destinations d
WHERE h.destination_id = ANY ($1::uuid[]) AND d.id = h.destination_id
RETURNING d.id, d.workspace_id;
