-- What the bare prototype keeps, and the three statements of its group. Made anew for each run.

-- name: schema
CREATE TABLE capacity (
  owner int PRIMARY KEY,
  used bigint NOT NULL DEFAULT 0,
  cap bigint NOT NULL
);
CREATE TABLE leads (
  id uuid PRIMARY KEY,
  owner int NOT NULL,
  status text NOT NULL,
  body bytea NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE TABLE identities (digest bytea PRIMARY KEY, lead_id uuid NOT NULL);
CREATE TABLE assignments (lead_id uuid PRIMARY KEY, owner int NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE routing_logs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lead_id uuid NOT NULL,
  owner int NOT NULL,
  result text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE TABLE events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lead_id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL
);
INSERT INTO capacity (owner, cap) SELECT owner, 1000000000 FROM generate_series(0, 19) AS owner;

-- name: identify
-- Who is here already is not given back.
INSERT INTO identities (digest, lead_id)
SELECT * FROM unnest($1::bytea[], $2::uuid[])
ON CONFLICT (digest) DO NOTHING
RETURNING lead_id;

-- name: take_capacity
-- An owner who has no room for all of a group is not given back.
UPDATE capacity SET used = used + asked.leads
FROM unnest($1::int[], $2::int[]) AS asked (owner, leads)
WHERE capacity.owner = asked.owner AND capacity.used + asked.leads <= capacity.cap
RETURNING capacity.owner;

-- name: place
WITH placed AS (
  SELECT id, owner, body, now() AS at
  FROM unnest($1::uuid[], $2::int[], $3::bytea[]) AS placed (id, owner, body)
), lead AS (
  INSERT INTO leads SELECT id, owner, 'routed', body, at FROM placed
), log AS (
  INSERT INTO routing_logs (lead_id, owner, result, created_at)
  SELECT id, owner, 'success', at FROM placed
), event AS (
  INSERT INTO events (lead_id, name, created_at)
  SELECT id, name, at FROM placed, unnest('{lead.created,lead.routed}'::text[]) AS name
)
INSERT INTO assignments SELECT id, owner, at FROM placed;
