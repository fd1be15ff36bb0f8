-- name: page
SELECT id, lead_id, workspace_id, reason, opened_at, closed_at, resolution
FROM reviews
WHERE ($1::uuid IS NULL OR workspace_id = $1)
  AND ($2::uuid IS NULL OR id < $2)
  AND ($3::boolean IS NULL OR (closed_at IS NULL) = $3)
ORDER BY id DESC
LIMIT $4;

-- name: by_id
SELECT id, lead_id, workspace_id, reason, opened_at, closed_at, resolution
FROM reviews
WHERE id = $1;

-- name: close
UPDATE reviews
SET closed_at = $2, resolution = $3
WHERE id = $1 AND closed_at IS NULL
RETURNING id, lead_id, workspace_id, reason, opened_at, closed_at, resolution;
