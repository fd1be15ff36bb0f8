-- Who may see what. `adf_app` is a tenant's view, `leadflow_service` the walk's and the operators',
-- `adf_ro` reads all but personal data, for dashboards and runbooks.

DO $$
BEGIN
  -- Roles belong to the cluster, not to the database: another database may have made them.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'adf_app') THEN
    CREATE ROLE adf_app NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'adf_ro') THEN
    CREATE ROLE adf_ro NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'leadflow_service') THEN
    CREATE ROLE leadflow_service NOLOGIN;
  END IF;
END $$;

GRANT pg_read_all_stats TO adf_ro;
GRANT adf_app, adf_ro, leadflow_service TO CURRENT_USER;

GRANT USAGE ON SCHEMA public TO adf_app, adf_ro, leadflow_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO leadflow_service;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO adf_ro;
REVOKE ALL ON installation, lead_contacts, api_clients, submission_keys FROM adf_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO adf_app;
REVOKE ALL ON installation, api_clients, rate_limits, submission_keys, identities, capacity, rotations,
  placement_keys, decision_batches, schema_migrations FROM adf_app;
GRANT INSERT, UPDATE, DELETE ON sources, agents, destinations TO adf_app;
GRANT INSERT ON rulebooks, audit_log TO adf_app;
GRANT UPDATE ON workspaces TO adf_app;
GRANT UPDATE ON delivery_health TO adf_app; -- to say that its system works again
-- Secrets of destinations are write-only for those who read all.
REVOKE SELECT ON destinations FROM adf_ro;
GRANT SELECT (id, workspace_id, name, kind, active, hours, filter, caps, spend_caps, weight,
  price_minor, currency, max_owners, assigns_agents, agent_choice,
  accept_within_minutes, pause_after_errors, created_at, updated_at) ON destinations TO adf_ro;

CREATE FUNCTION current_workspace() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('leadflow.workspace_id', true), '')::uuid;

-- A tenant owns rows that carry its id.
DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['sources', 'destinations', 'agents', 'rulebooks', 'reviews',
    'lead_routing_queue', 'deliveries', 'audit_log', 'refusals', 'assignments',
    'returns']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY tenant ON %I TO adf_app USING (workspace_id = current_workspace())',
      owned);
  END LOOP;
END $$;

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON workspaces TO adf_app USING (id = current_workspace());

ALTER TABLE placements ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON placements TO adf_app
  USING (current_workspace() IN (workspace_id, source_workspace_id));

-- Its own leads, and those placed with it. What a tenant reads costs what it is shown, not what it
-- owns: a scalar sub-select looks each lead up, where `id IN (SELECT ...)`, and EXISTS at the planner's
-- whim, would gather every lead ever placed with a tenant before showing one.
ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON leads TO adf_app USING (
  workspace_id = current_workspace()
  OR (
    SELECT true
    FROM placements
    WHERE placements.lead_id = leads.id
      AND placements.workspace_id = current_workspace()
      AND placements.released_at IS NULL
    LIMIT 1
  )
);

-- The sub-select runs under the policy of `leads`.
DO $$
DECLARE
  child text;
BEGIN
  FOREACH child IN ARRAY ARRAY['lead_contacts', 'lead_facts', 'events', 'lead_routing_logs',
    'decisions']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO adf_app USING (EXISTS (SELECT FROM leads WHERE leads.id = %I.lead_id))',
      child, child);
  END LOOP;
END $$;

ALTER TABLE delivery_attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON delivery_attempts TO adf_app USING (
  EXISTS (SELECT FROM deliveries WHERE deliveries.id = delivery_attempts.delivery_id)
);

ALTER TABLE delivery_health ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON delivery_health TO adf_app USING (
  EXISTS (SELECT FROM destinations WHERE destinations.id = delivery_health.destination_id)
);

-- The walk, the operators and the dashboards see all rows of the tables they may touch.
DO $$
DECLARE
  guarded text;
BEGIN
  FOR guarded IN SELECT relname FROM pg_class
    WHERE relrowsecurity AND relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('CREATE POLICY service ON %I TO leadflow_service USING (true)', guarded);
    EXECUTE format('CREATE POLICY readers ON %I FOR SELECT TO adf_ro USING (true)', guarded);
  END LOOP;
END $$;
