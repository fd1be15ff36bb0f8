-- The whole schema of the walk. `contract.md`'s frozen names: leads, lead_routing_logs,
-- lead_routing_queue and their columns are read by other people's SQL; never rename them.
--
-- Tables that grow with the leads refer to each other without foreign keys: a key check costs
-- as much as the insert it guards, and retention drops whole partitions (decision 0008).

-- What belongs to the whole installation: `identity_key`, which finds people again.
CREATE TABLE installation (
  name   text  PRIMARY KEY,
  id     uuid  NOT NULL,
  sealed bytea NOT NULL
);

CREATE TABLE workspaces (
  id               uuid        PRIMARY KEY,
  slug             text        NOT NULL,
  name             text        NOT NULL,
  kind             text        NOT NULL,
  time_zone        text        NOT NULL DEFAULT 'UTC',
  duplicate_window interval    NOT NULL DEFAULT '90 days',
  rulebook_version integer     NOT NULL DEFAULT 0,
  active           boolean     NOT NULL DEFAULT true,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  CONSTRAINT workspaces_slug_is_unique UNIQUE (slug),
  CONSTRAINT workspaces_slug_is_a_slug CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  CONSTRAINT workspaces_kind_is_known CHECK (kind IN ('standard', 'partner', 'dealership')),
  CONSTRAINT workspaces_window_is_positive CHECK (duplicate_window > interval '0')
);

CREATE TABLE sources (
  id           uuid        PRIMARY KEY,
  workspace_id uuid        NOT NULL REFERENCES workspaces,
  channel      text        NOT NULL,
  name         text        NOT NULL,
  reliability  real        NOT NULL DEFAULT 0.5,
  active       boolean     NOT NULL DEFAULT true,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  CONSTRAINT sources_name_is_unique UNIQUE (workspace_id, channel, name),
  CONSTRAINT sources_channel_is_known
    CHECK (channel IN ('api', 'batch', 'webhook', 'email_adf', 'scrape', 'manual')),
  CONSTRAINT sources_reliability_is_a_share CHECK (reliability BETWEEN 0 AND 1)
);

CREATE TABLE api_clients (
  id           uuid        PRIMARY KEY,
  name         text        NOT NULL,
  prefix       text        NOT NULL, -- the key's first characters, to tell keys apart in lists
  digest       bytea       NOT NULL, -- SHA-256 of the key: it is random, so a slow hash adds nothing
  scopes       text[]      NOT NULL,
  workspace_id uuid        REFERENCES workspaces, -- null: every workspace
  rate_limit   integer,              -- requests a window; null: the default; 0: none
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz,
  revoked_at   timestamptz,
  CONSTRAINT api_clients_digest_is_unique UNIQUE (digest),
  CONSTRAINT api_clients_scopes_are_known
    CHECK (scopes <@ ARRAY['leads:write', 'leads:read', 'route', 'admin']),
  CONSTRAINT api_clients_rate_limit_is_not_negative CHECK (rate_limit >= 0)
);

-- The token bucket of each client, shared by all API processes, which lease tokens in portions.
CREATE TABLE rate_limits (
  client_id  uuid             PRIMARY KEY REFERENCES api_clients ON DELETE CASCADE,
  tokens     double precision NOT NULL,
  updated_at timestamptz      NOT NULL,
  CONSTRAINT rate_limits_tokens_are_not_negative CHECK (tokens >= 0)
);

CREATE TABLE destinations (
  id             uuid        PRIMARY KEY,
  workspace_id   uuid        NOT NULL REFERENCES workspaces, -- who receives
  name           text        NOT NULL,
  kind           text        NOT NULL,
  url            text        NOT NULL,
  secret         bytea       NOT NULL, -- sealed
  active         boolean     NOT NULL DEFAULT true,
  hours          jsonb,                -- null: always open
  filter         jsonb,                -- what it asks of leads, as a rule's condition; null: nothing
  caps           jsonb       NOT NULL DEFAULT '{}', -- window -> leads
  spend_caps     jsonb       NOT NULL DEFAULT '{}', -- window -> minor units
  weight         integer     NOT NULL DEFAULT 1,
  price_minor    bigint      NOT NULL DEFAULT 0,
  currency       text        NOT NULL DEFAULT 'USD',
  max_owners     smallint    NOT NULL DEFAULT 1, -- who may have a person at one time
  assigns_agents boolean     NOT NULL DEFAULT false,
  agent_choice   text        NOT NULL DEFAULT 'rank',
  accept_within_minutes integer,       -- after that a lead comes back; null: it never does
  pause_after_errors    integer DEFAULT 10, -- in a row; null: never
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  CONSTRAINT destinations_name_is_unique UNIQUE (workspace_id, name),
  CONSTRAINT destinations_kind_is_known CHECK (kind IN ('webhook')),
  CONSTRAINT destinations_agent_choice_is_known CHECK (agent_choice IN ('rank', 'rotation')),
  CONSTRAINT destinations_weight_is_positive CHECK (weight > 0),
  CONSTRAINT destinations_max_owners_is_1_to_100 CHECK (max_owners BETWEEN 1 AND 100),
  CONSTRAINT destinations_price_is_not_negative CHECK (price_minor >= 0),
  CONSTRAINT destinations_time_to_accept_is_positive CHECK (accept_within_minutes > 0),
  CONSTRAINT destinations_errors_to_pause_are_positive CHECK (pause_after_errors > 0)
);

CREATE TABLE agents (
  id              uuid        PRIMARY KEY,
  workspace_id    uuid        NOT NULL REFERENCES workspaces,
  name            text        NOT NULL,
  email           text,
  active          boolean     NOT NULL DEFAULT true,
  licensed_states text[]      NOT NULL DEFAULT '{}', -- empty: everywhere
  specialties     text[]      NOT NULL DEFAULT '{}', -- verticals; empty: unknown
  city            text,
  state           text,
  rating          real,
  conversion_rate real,
  capacity        integer     NOT NULL DEFAULT 20, -- leads open at one time
  hours           jsonb,
  leave           jsonb       NOT NULL DEFAULT '[]', -- times away
  teams           text[]      NOT NULL DEFAULT '{}', -- that rules may name
  weight          integer     NOT NULL DEFAULT 1,    -- where agents take turns
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CONSTRAINT agents_name_is_unique UNIQUE (workspace_id, name),
  CONSTRAINT agents_rating_is_0_to_5 CHECK (rating BETWEEN 0 AND 5),
  CONSTRAINT agents_conversion_rate_is_a_share CHECK (conversion_rate BETWEEN 0 AND 1),
  CONSTRAINT agents_capacity_is_not_negative CHECK (capacity >= 0),
  CONSTRAINT agents_weight_is_positive CHECK (weight > 0)
);

CREATE TABLE rulebooks (
  workspace_id uuid        NOT NULL REFERENCES workspaces,
  version      integer     NOT NULL,
  document     jsonb       NOT NULL,
  created_at   timestamptz NOT NULL,
  created_by   text        NOT NULL,
  PRIMARY KEY (workspace_id, version)
);

CREATE TABLE leads (
  id                uuid        PRIMARY KEY, -- UUIDv7: newest last
  workspace_id      uuid        NOT NULL,    -- the source's, for ever
  source_id         uuid        NOT NULL,
  vertical          text        NOT NULL,
  external_id       text,
  traffic_source    text,
  status            text        NOT NULL,
  routing_status    text        NOT NULL,
  routing_result    text,
  routing_locked_at timestamptz,
  routing_locked_by text,
  routing_attempts  smallint    NOT NULL DEFAULT 0,
  score             smallint,
  score_source      text,
  quality           smallint,
  priority          text,
  degraded          text,
  created_at        timestamptz NOT NULL, -- when the request's last byte arrived
  updated_at        timestamptz NOT NULL, -- changes only together with routing_status
  CONSTRAINT leads_states_agree CHECK (
    (status, routing_status, coalesce(routing_result, '-')) IN (
      ('received',  'pending', '-'),
      ('processed', 'pending', '-'),
      ('processed', 'routing', '-'),
      ('routed',    'routed',  'success'),
      ('duplicate', 'failed',  'duplicate'),
      ('review',    'failed',  'failed'),
      ('expired',   'expired', '-'),
      ('rejected',  'failed',  'failed')
    )
  ),
  CONSTRAINT leads_locked_exactly_when_routing CHECK (
    (routing_status = 'routing') = (routing_locked_at IS NOT NULL)
    AND (routing_locked_at IS NULL) = (routing_locked_by IS NULL)
  ),
  CONSTRAINT leads_score_is_0_to_100 CHECK (score BETWEEN 0 AND 100),
  CONSTRAINT leads_quality_is_0_to_100 CHECK (quality BETWEEN 0 AND 100)
);
CREATE INDEX leads_by_workspace ON leads (workspace_id, id);
CREATE FUNCTION urgency_of(priority text) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE priority WHEN 'hot' THEN 2 WHEN 'warm' THEN 1 ELSE 0 END;
-- What a worker may claim, and what may expire. Leads that are routed as they come are in none.
CREATE INDEX leads_received ON leads (urgency_of(priority) DESC, created_at)
  WHERE status = 'received';
CREATE INDEX leads_in_hand ON leads (routing_locked_at) WHERE routing_status = 'routing';
CREATE INDEX leads_without_owner ON leads (created_at)
  WHERE status IN ('received', 'processed', 'review');
CREATE INDEX leads_by_time ON leads USING brin (created_at);

-- Everything personal: contact, the vertical's fields, unknown fields, in one sealed blob.
CREATE TABLE lead_contacts (
  lead_id uuid     PRIMARY KEY,
  key_id  smallint NOT NULL,
  sealed  bytea    NOT NULL
);

-- What deciding looks at, and what people are told. Nothing in here says who the person is.
CREATE TABLE lead_facts (
  lead_id    uuid    PRIMARY KEY,
  attributes jsonb   NOT NULL, -- name -> value, as conditions see them
  identity   bytea   NOT NULL, -- digests of 16 bytes, one behind the other
  assessment jsonb   NOT NULL  -- quality's parts, score's reasons, classification, warnings
);

CREATE TABLE submission_keys (
  workspace_id uuid        NOT NULL,
  kind         text        NOT NULL,
  source_id    uuid        NOT NULL, -- all zeros where the key holds for the whole workspace
  key          text        NOT NULL,
  lead_id      uuid        NOT NULL,
  fingerprint  bytea       NOT NULL,
  answer       bytea       NOT NULL, -- JSON, as it was given
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (workspace_id, kind, source_id, key),
  CONSTRAINT submission_keys_kind_is_known CHECK (kind IN ('idempotency', 'external', 'row'))
);
CREATE INDEX submission_keys_by_end ON submission_keys (expires_at);

-- Who has been seen, in a workspace and vertical, and until when that makes a repeat a duplicate.
CREATE TABLE identities (
  key          bytea       NOT NULL,
  vertical     text        NOT NULL,
  workspace_id uuid        NOT NULL,
  lead_id      uuid        NOT NULL,
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (key, vertical, workspace_id)
);
CREATE INDEX identities_by_end ON identities (expires_at);

-- All that is counted against a limit: a destination's caps, an agent's open leads.
CREATE TABLE capacity (
  owner_id     uuid        NOT NULL,
  window_kind  text        NOT NULL, -- hour day week month total, also `_spend`; `open` for agents
  starts_at    timestamptz NOT NULL, -- of the window; 1970 where there is one for ever
  cap          bigint      NOT NULL, -- leads; where `_spend`, minor units of the currency
  used         bigint      NOT NULL DEFAULT 0,
  last_used_at timestamptz,
  PRIMARY KEY (owner_id, window_kind, starts_at),
  CONSTRAINT capacity_is_never_exceeded CHECK (used >= 0 AND used <= cap)
);

-- What rotations owe each destination, and each agent who takes turns: in billionths of a turn.
CREATE TABLE rotations (
  owner_id uuid   PRIMARY KEY,
  credit   bigint NOT NULL
);

CREATE TABLE placements (
  id                  uuid        PRIMARY KEY,
  lead_id             uuid        NOT NULL,
  slot                smallint    NOT NULL, -- 1: a lead has one owner
  destination_id      uuid,                 -- null: kept by the source
  workspace_id        uuid        NOT NULL, -- the owner
  source_workspace_id uuid        NOT NULL,
  rule_id             uuid,                 -- null: by hand, or kept
  max_owners          smallint    NOT NULL,
  price_minor         bigint      NOT NULL,
  currency            text        NOT NULL,
  placed_at           timestamptz NOT NULL,
  released_at         timestamptz,
  -- What became of it in sales, as its owner says. Converted or lost, it is closed, and takes up none
  -- of its agent's capacity any more.
  outcome             text,
  outcome_at          timestamptz,
  accepted_at         timestamptz,
  return_at           timestamptz, -- when it comes back, unless it is accepted; null: never
  counted             jsonb,       -- the destination's counters, and what it added to each; null: none
  CONSTRAINT placements_outcome_is_known
    CHECK (outcome IN ('contacted', 'qualified', 'converted', 'lost')),
  CONSTRAINT placements_outcome_has_a_time CHECK ((outcome IS NULL) = (outcome_at IS NULL))
);
CREATE UNIQUE INDEX placements_one_owner_a_slot
  ON placements (lead_id, slot) WHERE released_at IS NULL;
CREATE INDEX placements_by_owner ON placements (workspace_id, lead_id);
CREATE INDEX placements_to_return ON placements (return_at)
  WHERE released_at IS NULL AND accepted_at IS NULL AND return_at IS NOT NULL;

-- One row a person and vertical, for all the placements in force: who comes next has to fit in.
CREATE TABLE placement_keys (
  key        bytea    NOT NULL,
  vertical   text     NOT NULL,
  holders    jsonb    NOT NULL, -- lead, destination, workspace, most owners, until; in order
  max_owners smallint NOT NULL, -- the fewest that one of them allows
  revision   integer  NOT NULL, -- moves on with every change, for ever
  PRIMARY KEY (key, vertical),
  CONSTRAINT placement_keys_owners_fit_in CHECK (jsonb_array_length(holders) <= max_owners)
);

CREATE TABLE assignments (
  placement_id uuid        PRIMARY KEY,
  lead_id      uuid        NOT NULL,
  agent_id     uuid        NOT NULL,
  workspace_id uuid        NOT NULL,
  assigned_at  timestamptz NOT NULL,
  released_at  timestamptz
);
CREATE INDEX assignments_by_agent ON assignments (agent_id, assigned_at);

-- Leads that came back from an owner, and who is not asked again.
CREATE TABLE returns (
  placement_id uuid        PRIMARY KEY,
  lead_id      uuid        NOT NULL,
  workspace_id uuid        NOT NULL, -- the owner's
  passed_over  uuid        NOT NULL, -- the destination, or the agent
  reason       text        NOT NULL,
  detail       text,                 -- a code, where the owner gave one
  returned_at  timestamptz NOT NULL,
  CONSTRAINT returns_reason_is_known CHECK (reason IN ('refused', 'declined', 'late')),
  CONSTRAINT returns_detail_is_of_what_was_declined CHECK (detail IS NULL OR reason = 'declined')
);
CREATE INDEX returns_by_lead ON returns (lead_id);

CREATE TABLE lead_routing_logs (
  id                       uuid        NOT NULL,
  lead_id                  uuid        NOT NULL,
  source_workspace_id      uuid        NOT NULL,
  destination_workspace_id uuid,
  matched_rule_id          uuid,
  placement_id             uuid,
  routing_result           text        NOT NULL,
  created_at               timestamptz NOT NULL,
  PRIMARY KEY (lead_id, id),
  CONSTRAINT lead_routing_logs_result_is_known
    CHECK (routing_result IN ('success', 'duplicate', 'failed')),
  CONSTRAINT lead_routing_logs_success_has_a_placement
    CHECK ((routing_result = 'success') = (placement_id IS NOT NULL))
);
CREATE UNIQUE INDEX lead_routing_logs_one_a_placement ON lead_routing_logs (placement_id);
CREATE INDEX lead_routing_logs_by_time ON lead_routing_logs USING brin (created_at);

CREATE TABLE lead_routing_queue (
  id             uuid        PRIMARY KEY,
  lead_id        uuid        NOT NULL,
  workspace_id   uuid        NOT NULL,
  reason         text        NOT NULL, -- retry: after a failed try; waiting: for an opening
  priority       smallint    NOT NULL, -- 2 hot, 1 warm, 0 cold
  attempt_number smallint    NOT NULL,
  max_attempts   smallint    NOT NULL,
  next_retry_at  timestamptz NOT NULL,
  created_at     timestamptz NOT NULL,
  processed_at   timestamptz,
  last_error     text,
  CONSTRAINT lead_routing_queue_reason_is_known CHECK (reason IN ('retry', 'waiting'))
);
CREATE UNIQUE INDEX lead_routing_queue_one_open_row_a_lead
  ON lead_routing_queue (lead_id) WHERE processed_at IS NULL;
CREATE INDEX lead_routing_queue_due
  ON lead_routing_queue (priority DESC, lead_id) INCLUDE (next_retry_at)
  WHERE processed_at IS NULL;
CREATE INDEX lead_routing_queue_by_time
  ON lead_routing_queue (priority, next_retry_at) WHERE processed_at IS NULL;

CREATE TABLE reviews (
  id           uuid        PRIMARY KEY,
  lead_id      uuid        NOT NULL,
  workspace_id uuid        NOT NULL,
  reason       text        NOT NULL,
  opened_at    timestamptz NOT NULL,
  closed_at    timestamptz,
  resolution   text,
  CONSTRAINT reviews_closed_has_a_resolution CHECK ((closed_at IS NULL) = (resolution IS NULL))
);
CREATE UNIQUE INDEX reviews_one_open_a_lead ON reviews (lead_id) WHERE closed_at IS NULL;

-- The opening snapshot of each group that was decided together, stored once.
CREATE TABLE decision_batches (
  id        uuid        PRIMARY KEY,
  opened_at timestamptz NOT NULL,
  snapshot  bytea       NOT NULL -- see leadflow.store.records
);

CREATE TABLE decisions (
  batch_id         uuid        NOT NULL,
  position         smallint    NOT NULL, -- of the lead in its group
  lead_id          uuid        NOT NULL,
  workspace_id     uuid        NOT NULL,
  rulebook_version integer     NOT NULL,
  decided_at       timestamptz NOT NULL,
  record           bytea       NOT NULL, -- see leadflow.store.records
  PRIMARY KEY (batch_id, position)
);
CREATE INDEX decisions_by_lead ON decisions (lead_id, decided_at);

CREATE TABLE deliveries (
  id              uuid        PRIMARY KEY, -- the idempotency key the destination sees
  lead_id         uuid        NOT NULL,
  placement_id    uuid        NOT NULL,
  destination_id  uuid        NOT NULL,
  workspace_id    uuid        NOT NULL, -- the receiver
  state           text        NOT NULL,
  attempts        smallint    NOT NULL DEFAULT 0,
  next_attempt_at timestamptz, -- null once it is over, or a person has to settle it
  locked_by       text,
  lease_until     timestamptz,
  created_at      timestamptz NOT NULL,
  finished_at     timestamptz,
  last_error      text,
  CONSTRAINT deliveries_state_is_known
    CHECK (state IN ('pending', 'sending', 'delivered', 'unknown', 'dead')),
  CONSTRAINT deliveries_sending_exactly_when_leased CHECK (
    (state = 'sending') = (lease_until IS NOT NULL)
    AND (lease_until IS NULL) = (locked_by IS NULL)
  ),
  CONSTRAINT deliveries_finished_has_a_time
    CHECK ((state IN ('delivered', 'dead')) = (finished_at IS NOT NULL))
);
-- By destination first, so that what is due at one is found without reading past another's.
CREATE INDEX deliveries_due ON deliveries (destination_id, next_attempt_at)
  WHERE state IN ('pending', 'unknown') AND next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_sending ON deliveries (lease_until) WHERE state = 'sending';
CREATE INDEX deliveries_by_lead ON deliveries (lead_id);

-- How deliveries to a destination go, from its first failure on.
CREATE TABLE delivery_health (
  destination_id uuid        PRIMARY KEY,
  failures       integer     NOT NULL, -- attempts in a row that were not taken
  paused_until   timestamptz,          -- nothing is given to it until then
  CONSTRAINT delivery_health_failures_are_not_negative CHECK (failures >= 0)
);

CREATE TABLE delivery_attempts (
  delivery_id uuid        NOT NULL,
  number      smallint    NOT NULL,
  started_at  timestamptz NOT NULL,
  finished_at timestamptz,
  outcome     text        NOT NULL, -- sending, until it is known
  status_code smallint,
  error       text,
  PRIMARY KEY (delivery_id, number),
  CONSTRAINT delivery_attempts_outcome_is_known
    CHECK (outcome IN ('sending', 'delivered', 'refused', 'failed', 'unknown'))
);

-- The timeline of every lead, and the outbox.
CREATE TABLE events (
  id           uuid        NOT NULL, -- UUIDv7: in the order they were written by a process
  name         text        NOT NULL,
  lead_id      uuid        NOT NULL,
  workspace_id uuid        NOT NULL,
  occurred_at  timestamptz NOT NULL,
  data         jsonb       NOT NULL,
  PRIMARY KEY (lead_id, id)
);

CREATE TABLE audit_log (
  id           uuid        PRIMARY KEY,
  at           timestamptz NOT NULL,
  actor        text        NOT NULL, -- `key:NAME`, `cli`, `console`
  action       text        NOT NULL,
  target       text        NOT NULL,
  workspace_id uuid,
  detail       jsonb       NOT NULL
);

-- Submissions that were refused leave no lead, only a count.
CREATE TABLE refusals (
  workspace_id uuid   NOT NULL,
  day          date   NOT NULL,
  count        bigint NOT NULL,
  PRIMARY KEY (workspace_id, day)
);

-- Moves on with every change of what the walk keeps in memory, so that a process can see at the
-- start of a transaction whether its copy is still right.
CREATE TABLE configuration (
  version bigint NOT NULL
);
INSERT INTO configuration VALUES (1);

CREATE FUNCTION configuration_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE configuration SET version = version + 1;
  RETURN NULL;
END $$;

CREATE TABLE flags (
  name       text        PRIMARY KEY,
  enabled    boolean     NOT NULL,
  updated_at timestamptz NOT NULL,
  CONSTRAINT flags_name_is_known CHECK (
    name IN ('enableEnrichment', 'enableMLScoring', 'enableAutoRouting', 'enableWebhooks')
  )
);

-- Every attempt that fails is counted; only the pause is of interest to the walk.
CREATE TRIGGER configuration_changed AFTER UPDATE OF paused_until ON delivery_health
  FOR EACH STATEMENT EXECUTE FUNCTION configuration_changed();

DO $$
DECLARE
  watched text;
BEGIN
  FOREACH watched IN ARRAY ARRAY['workspaces', 'sources', 'rulebooks', 'destinations', 'agents',
    'flags']
  LOOP
    EXECUTE format(
      'CREATE TRIGGER configuration_changed AFTER INSERT OR UPDATE OR DELETE ON %I
       FOR EACH STATEMENT EXECUTE FUNCTION configuration_changed()', watched);
  END LOOP;
END $$;
