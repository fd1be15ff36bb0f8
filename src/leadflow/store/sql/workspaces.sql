-- name: insert
INSERT INTO workspaces (id, slug, name, kind, time_zone, duplicate_window, active, created_at,
  updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: update
UPDATE workspaces
SET name = $2, kind = $3, time_zone = $4, duplicate_window = $5, active = $6, updated_at = $7
WHERE id = $1;

-- name: by_id
SELECT id, slug, name, kind, time_zone, duplicate_window, rulebook_version, active, created_at,
  updated_at
FROM workspaces
WHERE id = $1;

-- name: hold
SELECT id, slug, name, kind, time_zone, duplicate_window, rulebook_version, active, created_at,
  updated_at
FROM workspaces
WHERE id = $1
FOR UPDATE;

-- name: by_slug
SELECT id, slug, name, kind, time_zone, duplicate_window, rulebook_version, active, created_at,
  updated_at
FROM workspaces
WHERE slug = $1;

-- name: page
SELECT id, slug, name, kind, time_zone, duplicate_window, rulebook_version, active, created_at,
  updated_at
FROM workspaces
WHERE $1::uuid IS NULL OR id > $1
ORDER BY id
LIMIT $2;

-- name: slugs
SELECT id, slug
FROM workspaces
WHERE id = ANY ($1::uuid[]);
