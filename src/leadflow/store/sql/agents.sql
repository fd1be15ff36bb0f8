-- name: insert
INSERT INTO agents (id, workspace_id, name, email, active, licensed_states, specialties, city, state,
  rating, conversion_rate, capacity, hours, leave, teams, weight, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18);

-- name: update
UPDATE agents
SET name = $2, email = $3, active = $4, licensed_states = $5, specialties = $6, city = $7, state = $8,
  rating = $9, conversion_rate = $10, capacity = $11, hours = $12, leave = $13,
  teams = $14, weight = $15, updated_at = $16
WHERE id = $1;

-- name: by_id
SELECT id, workspace_id, name, email, active, licensed_states, specialties, city, state,
  rating::text::float8 AS rating, conversion_rate::text::float8 AS conversion_rate, capacity, hours,
  leave, teams, weight, created_at, updated_at
FROM agents
WHERE id = $1;

-- name: hold
SELECT id, workspace_id, name, email, active, licensed_states, specialties, city, state,
  rating::text::float8 AS rating, conversion_rate::text::float8 AS conversion_rate, capacity, hours,
  leave, teams, weight, created_at, updated_at
FROM agents
WHERE id = $1
FOR UPDATE;

-- name: hold_named
-- By id, as everybody locks them, so that two imports never wait for each other in a circle.
SELECT id, workspace_id, name, email, active, licensed_states, specialties, city, state,
  rating::text::float8 AS rating, conversion_rate::text::float8 AS conversion_rate, capacity, hours,
  leave, teams, weight, created_at, updated_at
FROM agents
WHERE workspace_id = $1 AND name = ANY ($2::text[])
ORDER BY id
FOR UPDATE;

-- name: by_ids
SELECT id, workspace_id, name, email, active, licensed_states, specialties, city, state,
  rating::text::float8 AS rating, conversion_rate::text::float8 AS conversion_rate, capacity, hours,
  leave, teams, weight, created_at, updated_at
FROM agents
WHERE id = ANY ($1::uuid[]);

-- name: page
SELECT id, workspace_id, name, email, active, licensed_states, specialties, city, state,
  rating::text::float8 AS rating, conversion_rate::text::float8 AS conversion_rate, capacity, hours,
  leave, teams, weight, created_at, updated_at
FROM agents
WHERE ($1::uuid IS NULL OR workspace_id = $1)
  AND ($2::uuid IS NULL OR id > $2)
  AND ($3::boolean IS NULL OR active = $3)
ORDER BY id
LIMIT $4;
