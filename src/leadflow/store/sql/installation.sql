-- name: get
SELECT id, sealed FROM installation WHERE name = $1;

-- name: put
-- The first process to come keeps its value; the others read it.
INSERT INTO installation (name, id, sealed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;
