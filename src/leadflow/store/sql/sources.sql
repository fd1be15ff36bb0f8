-- name: insert
INSERT INTO sources (id, workspace_id, channel, name, reliability, active, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: update
UPDATE sources
SET name = $2, reliability = $3, active = $4, updated_at = $5
WHERE id = $1;

-- name: by_id
SELECT id, workspace_id, channel, name, reliability::text::float8 AS reliability, active, created_at,
  updated_at
FROM sources
WHERE id = $1;

-- name: hold
SELECT id, workspace_id, channel, name, reliability::text::float8 AS reliability, active, created_at,
  updated_at
FROM sources
WHERE id = $1
FOR UPDATE;

-- name: of_channel
SELECT id, workspace_id, channel, name, reliability::text::float8 AS reliability, active, created_at,
  updated_at
FROM sources
WHERE workspace_id = $1 AND channel = $2
ORDER BY name;

-- name: page
SELECT id, workspace_id, channel, name, reliability::text::float8 AS reliability, active, created_at,
  updated_at
FROM sources
WHERE ($1::uuid IS NULL OR workspace_id = $1) AND ($2::uuid IS NULL OR id > $2)
ORDER BY id
LIMIT $3;
