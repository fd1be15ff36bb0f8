-- Leads that came earlier, made of some that came through the walk: all their rows, under ids and keys of
-- their own. The times of the copies lie evenly in the 90 days before.

-- name: copies
-- Whom to copy, and under which ids: those of leads and placements are in other rows too.
CREATE TEMP TABLE copies ON COMMIT DROP AS
SELECT n, lead_id AS old, uuidv7(before) AS new, uuidv7(before) AS placement, now() + before AS at
FROM generate_series($1::bigint, $1 + $2 - 1) AS n
CROSS JOIN LATERAL (SELECT -interval '90 days' * (1 - n::float8 / $3) AS before) AS time
JOIN (
  SELECT row_number() OVER (ORDER BY lead_id) - 1 AS number, count(*) OVER () AS of_all, lead_id
  FROM (SELECT lead_id FROM placements ORDER BY lead_id LIMIT 1000) AS chosen
) AS pattern ON pattern.number = n % pattern.of_all;

-- name: leads
INSERT INTO leads (id, workspace_id, source_id, vertical, external_id, traffic_source, status,
  routing_status, routing_result, routing_attempts, score, score_source, quality, priority, degraded,
  created_at, updated_at)
SELECT c.new, workspace_id, source_id, vertical, 'earlier-' || n, traffic_source, status,
  routing_status, routing_result, routing_attempts, score, score_source, quality, priority, degraded,
  c.at, c.at
FROM copies c JOIN leads l ON l.id = c.old ORDER BY n;

-- name: contacts
INSERT INTO lead_contacts (lead_id, key_id, sealed)
SELECT c.new, key_id, sealed FROM copies c JOIN lead_contacts l ON l.lead_id = c.old ORDER BY n;

-- name: facts
INSERT INTO lead_facts (lead_id, attributes, identity, assessment)
SELECT c.new, attributes, decode(md5('e' || n) || md5('p' || n), 'hex'), assessment
FROM copies c JOIN lead_facts l ON l.lead_id = c.old ORDER BY n;

-- name: submission_keys
INSERT INTO submission_keys (workspace_id, kind, source_id, key, lead_id, fingerprint, answer,
  expires_at)
SELECT workspace_id, kind, source_id, md5(n::text), c.new, fingerprint, answer,
  c.at + interval '180 days'
FROM copies c JOIN submission_keys k ON k.lead_id = c.old ORDER BY n;

-- name: identities
INSERT INTO identities (key, vertical, workspace_id, lead_id, expires_at)
SELECT decode(md5(kind || n), 'hex'), vertical, workspace_id, c.new, c.at + interval '180 days'
FROM copies c JOIN leads l ON l.id = c.old CROSS JOIN (VALUES ('e'), ('p')) AS kinds (kind) ORDER BY n;

-- name: placement_keys
INSERT INTO placement_keys (key, vertical, holders, max_owners, revision)
SELECT decode(md5(kind || n), 'hex'), l.vertical,
  jsonb_set(p.holders, '{0,lead_id}', to_jsonb(c.new)), max_owners, revision
FROM copies c
JOIN leads l ON l.id = c.old
JOIN lead_facts f ON f.lead_id = c.old
JOIN placement_keys p ON p.key = substr(f.identity, 1, 16) AND p.vertical = l.vertical
CROSS JOIN (VALUES ('e'), ('p')) AS kinds (kind)
ORDER BY n;

-- name: placements
INSERT INTO placements (id, lead_id, slot, destination_id, workspace_id, source_workspace_id, rule_id,
  max_owners, price_minor, currency, placed_at, counted)
SELECT c.placement, c.new, slot, destination_id, workspace_id, source_workspace_id, rule_id, max_owners,
  price_minor, currency, c.at, counted
FROM copies c JOIN placements p ON p.lead_id = c.old ORDER BY n;

-- name: assignments
INSERT INTO assignments (placement_id, lead_id, agent_id, workspace_id, assigned_at)
SELECT c.placement, c.new, agent_id, workspace_id, c.at
FROM copies c JOIN assignments a ON a.lead_id = c.old ORDER BY n;

-- name: logs
INSERT INTO lead_routing_logs (id, lead_id, source_workspace_id, destination_workspace_id,
  matched_rule_id, placement_id, routing_result, created_at)
SELECT uuidv7(), c.new, source_workspace_id, destination_workspace_id, matched_rule_id, c.placement,
  routing_result, c.at
FROM copies c JOIN lead_routing_logs l ON l.lead_id = c.old ORDER BY n;

-- name: deliveries
INSERT INTO deliveries (id, lead_id, placement_id, destination_id, workspace_id, state, attempts,
  created_at, finished_at)
SELECT uuidv7(), c.new, c.placement, destination_id, workspace_id, 'delivered', 1, c.at, c.at
FROM copies c JOIN deliveries d ON d.lead_id = c.old ORDER BY n;

-- name: batches
-- A group of 100 shares one row.
INSERT INTO decision_batches (id, opened_at, snapshot)
SELECT c.new, c.at, snapshot
FROM copies c
JOIN LATERAL (SELECT batch_id FROM decisions d WHERE d.lead_id = c.old LIMIT 1) AS d ON true
JOIN decision_batches b ON b.id = d.batch_id
WHERE n % 100 = 0 ORDER BY n;

-- name: decisions
INSERT INTO decisions (batch_id, position, lead_id, workspace_id, rulebook_version, decided_at, record)
SELECT first.new, c.n % 100, c.new, d.workspace_id, d.rulebook_version, c.at, d.record
FROM copies c
JOIN copies first ON first.n = c.n - c.n % 100
JOIN LATERAL (SELECT * FROM decisions d WHERE d.lead_id = c.old LIMIT 1) AS d ON true
ORDER BY c.n;

-- name: events
INSERT INTO events (id, name, lead_id, workspace_id, occurred_at, data)
SELECT uuidv7(), name, c.new, workspace_id, c.at, data
FROM copies c JOIN events e ON e.lead_id = c.old ORDER BY n, e.id;
