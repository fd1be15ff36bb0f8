-- name: insert
INSERT INTO destinations (id, workspace_id, name, kind, url, active, hours, filter, caps, spend_caps,
  weight, price_minor, currency, max_owners, assigns_agents, agent_choice, accept_within_minutes,
  pause_after_errors, created_at, updated_at, secret)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
  $21);

-- name: update
UPDATE destinations
SET url = $2, active = $3, hours = $4, filter = $5, caps = $6, spend_caps = $7, weight = $8,
  price_minor = $9, currency = $10, max_owners = $11, assigns_agents = $12, agent_choice = $13,
  accept_within_minutes = $14, pause_after_errors = $15, updated_at = $16
WHERE id = $1;

-- name: replace_secret
UPDATE destinations
SET secret = $2, updated_at = $3
WHERE id = $1;

-- name: by_id
SELECT id, workspace_id, name, kind, url, active, hours, filter, caps, spend_caps, weight,
  price_minor, currency, max_owners, assigns_agents, agent_choice, accept_within_minutes,
  pause_after_errors, created_at, updated_at
FROM destinations
WHERE id = $1;

-- name: hold
SELECT id, workspace_id, name, kind, url, active, hours, filter, caps, spend_caps, weight,
  price_minor, currency, max_owners, assigns_agents, agent_choice, accept_within_minutes,
  pause_after_errors, created_at, updated_at
FROM destinations
WHERE id = $1
FOR UPDATE;

-- name: page
SELECT id, workspace_id, name, kind, url, active, hours, filter, caps, spend_caps, weight,
  price_minor, currency, max_owners, assigns_agents, agent_choice, accept_within_minutes,
  pause_after_errors, created_at, updated_at
FROM destinations
WHERE ($1::uuid IS NULL OR workspace_id = $1) AND ($2::uuid IS NULL OR id > $2)
ORDER BY id
LIMIT $3;

-- name: named
-- As rules write them. A source's rules lead to other workspaces, so this is asked as the service.
SELECT d.id, w.slug || '/' || d.name AS name, d.workspace_id
FROM destinations d
JOIN workspaces w ON w.id = d.workspace_id;
