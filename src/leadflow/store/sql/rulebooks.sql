-- name: lock
-- Two changes of one workspace's rules take turns, so that neither is lost.
SELECT rulebook_version
FROM workspaces
WHERE id = $1
FOR UPDATE;

-- name: insert
INSERT INTO rulebooks (workspace_id, version, document, created_at, created_by)
VALUES ($1, $2, $3, $4, $5);

-- name: activate
UPDATE workspaces
SET rulebook_version = $2, updated_at = $3
WHERE id = $1;

-- name: in_force
SELECT r.workspace_id, r.version, r.document, r.created_at, r.created_by
FROM rulebooks r
JOIN workspaces w ON w.id = r.workspace_id AND w.rulebook_version = r.version
WHERE w.id = $1;

-- name: version
SELECT workspace_id, version, document, created_at, created_by
FROM rulebooks
WHERE workspace_id = $1 AND version = $2;

-- name: versions
SELECT r.version, r.created_at, r.created_by, r.version = w.rulebook_version AS in_force,
  jsonb_array_length(r.document -> 'rules') AS rules
FROM rulebooks r
JOIN workspaces w ON w.id = r.workspace_id
WHERE r.workspace_id = $1 AND ($2::integer IS NULL OR r.version < $2)
ORDER BY r.version DESC
LIMIT $3;
