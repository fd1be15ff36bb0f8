-- Keys are looked after as the service, for a tenant must not read the digests of others: each
-- statement carries the workspace, and no workspace means an operator.

-- name: insert
INSERT INTO api_clients (id, name, prefix, digest, scopes, workspace_id, rate_limit, created_at,
  expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: update
UPDATE api_clients
SET name = $2, scopes = $3, rate_limit = $4, expires_at = $5
WHERE id = $1;

-- name: revoke
UPDATE api_clients
SET revoked_at = $2
WHERE id = $1 AND revoked_at IS NULL;

-- name: by_digest
-- A key of a workspace that is not active opens nothing.
SELECT c.id, c.name, c.prefix, c.scopes, c.workspace_id, c.rate_limit, c.created_at, c.expires_at,
  c.revoked_at
FROM api_clients c
LEFT JOIN workspaces w ON w.id = c.workspace_id
WHERE c.digest = $1 AND w.active IS NOT FALSE;

-- name: by_id
SELECT id, name, prefix, scopes, workspace_id, rate_limit, created_at, expires_at, revoked_at
FROM api_clients
WHERE id = $1 AND ($2::uuid IS NULL OR workspace_id = $2);

-- name: hold
SELECT id, name, prefix, scopes, workspace_id, rate_limit, created_at, expires_at, revoked_at
FROM api_clients
WHERE id = $1 AND ($2::uuid IS NULL OR workspace_id = $2)
FOR UPDATE;

-- name: page
SELECT id, name, prefix, scopes, workspace_id, rate_limit, created_at, expires_at, revoked_at
FROM api_clients
WHERE ($1::uuid IS NULL OR workspace_id = $1) AND ($2::uuid IS NULL OR id > $2)
ORDER BY id
LIMIT $3;
