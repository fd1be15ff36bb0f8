-- name: insert
INSERT INTO destinations (id, workspace_id, name, kind, url, active, hours, caps, weight, price_minor,
  currency, exclusive, assigns_agents, created_at, updated_at, secret)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: update
UPDATE destinations
SET url = $2, active = $3, hours = $4, caps = $5, weight = $6, price_minor = $7, currency = $8,
  exclusive = $9, assigns_agents = $10, updated_at = $11
WHERE id = $1;

-- name: replace_secret
UPDATE destinations
SET secret = $2, updated_at = $3
WHERE id = $1;

-- name: by_id
SELECT id, workspace_id, name, kind, url, active, hours, caps, weight, price_minor, currency,
  exclusive, assigns_agents, created_at, updated_at
FROM destinations
WHERE id = $1;

-- name: hold
SELECT id, workspace_id, name, kind, url, active, hours, caps, weight, price_minor, currency,
  exclusive, assigns_agents, created_at, updated_at
FROM destinations
WHERE id = $1
FOR UPDATE;

-- name: page
SELECT id, workspace_id, name, kind, url, active, hours, caps, weight, price_minor, currency,
  exclusive, assigns_agents, created_at, updated_at
FROM destinations
WHERE ($1::uuid IS NULL OR workspace_id = $1) AND ($2::uuid IS NULL OR id > $2)
ORDER BY id
LIMIT $3;

-- name: named
-- As rules write them. A source's rules lead to other workspaces, so this is asked as the service.
SELECT d.id, w.slug || '/' || d.name AS name, d.workspace_id
FROM destinations d
JOIN workspaces w ON w.id = d.workspace_id;
