-- Rows as the walk sends them: an array of whole rows costs both sides a third less than an array for
-- each column. A type is never changed, for older processes still send it: a new form is a new type.
CREATE TYPE submission_key_asked AS (workspace_id uuid, kind text, source_id uuid, key text);
CREATE TYPE person_asked AS (key bytea, vertical text, workspace_id uuid);
CREATE TYPE holding_asked AS (key bytea, vertical text);
CREATE TYPE counter_asked AS (owner_id uuid, window_kind text, starts_at timestamptz);
CREATE TYPE counter_new AS (owner_id uuid, window_kind text, starts_at timestamptz, cap bigint);

CREATE TYPE submission_key_row AS (
  workspace_id uuid, kind text, source_id uuid, key text, lead_id uuid, fingerprint bytea, answer bytea,
  expires_at timestamptz
);
CREATE TYPE identity_row AS (
  key bytea, vertical text, workspace_id uuid, lead_id uuid, expires_at timestamptz
);
CREATE TYPE holding_row AS (
  key bytea, vertical text, holders jsonb, max_owners smallint, revision integer
);
CREATE TYPE counter_move AS (
  owner_id uuid, window_kind text, starts_at timestamptz, by bigint, cap bigint
);
CREATE TYPE credit_move AS (owner_id uuid, credit bigint);
CREATE TYPE content_row AS (
  lead_id uuid, key_id smallint, sealed bytea, attributes jsonb, identity bytea, assessment jsonb
);
CREATE TYPE placement_row AS (
  id uuid, lead_id uuid, destination_id uuid, workspace_id uuid, source_workspace_id uuid, rule_id uuid,
  max_owners smallint, price_minor bigint, currency text, return_at timestamptz, counted jsonb,
  agent_id uuid, delivery_id uuid, log_id uuid
);
CREATE TYPE return_row AS (
  placement_id uuid, lead_id uuid, workspace_id uuid, passed_over uuid, reason text, detail text,
  returned_at timestamptz
);
CREATE TYPE log_row AS (
  id uuid, lead_id uuid, source_workspace_id uuid, destination_workspace_id uuid, routing_result text
);
CREATE TYPE queue_row AS (
  id uuid, lead_id uuid, workspace_id uuid, reason text, priority smallint, attempt_number smallint,
  max_attempts smallint, next_retry_at timestamptz, created_at timestamptz, last_error text
);
CREATE TYPE review_row AS (
  id uuid, lead_id uuid, workspace_id uuid, reason text, opened_at timestamptz
);
CREATE TYPE decision_row AS (
  lead_id uuid, workspace_id uuid, rulebook_version integer, record bytea
);
CREATE TYPE event_row AS (id uuid, name text, lead_id uuid, workspace_id uuid, data jsonb);
CREATE TYPE lead_row AS (
  id uuid, workspace_id uuid, source_id uuid, vertical text, external_id text, traffic_source text,
  status text, routing_status text, routing_result text, routing_attempts smallint, score smallint,
  score_source text, quality smallint, priority text, degraded text, created_at timestamptz
);
CREATE TYPE lead_end AS (
  lead_id uuid, owner text, status text, routing_status text, routing_result text, attempts smallint
);
CREATE TYPE lead_ref AS (lead_id uuid);
