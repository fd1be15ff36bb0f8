-- name: version
SELECT version FROM configuration;

-- name: hold_version
-- Many may hold it at a time; whoever changes it waits until they have committed.
SELECT version FROM configuration FOR SHARE;

-- name: workspaces
-- Each with the rulebook in force, if it has one.
SELECT
  w.id, w.slug, w.kind, w.time_zone, w.duplicate_window, w.active, w.rulebook_version,
  r.document
FROM workspaces w
LEFT JOIN rulebooks r ON r.workspace_id = w.id AND r.version = w.rulebook_version;

-- name: destinations
SELECT
  d.id, d.workspace_id, w.slug || '/' || d.name AS name, d.active AND w.active AS active, d.hours,
  d.filter, d.caps, d.spend_caps, d.weight, d.price_minor, d.currency, d.max_owners,
  d.assigns_agents, d.agent_choice, d.accept_within_minutes, w.time_zone, h.paused_until
FROM destinations d
JOIN workspaces w ON w.id = d.workspace_id
LEFT JOIN delivery_health h ON h.destination_id = d.id;

-- name: agents
SELECT
  id, workspace_id, active, licensed_states, specialties, city, state, rating, conversion_rate,
  capacity, hours, leave, teams, weight
FROM agents
ORDER BY workspace_id, id;
