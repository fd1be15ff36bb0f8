-- What the harness adds to its database, beside the product's own schema and never in it: what was
-- sent and promised, what receivers saw, every move a lead made, and two views by which invariants
-- count anew what the product keeps counters of.

CREATE SCHEMA proof;

-- Every answer that a sender got. One request is sent as often as it takes, under one key.
CREATE TABLE proof.answers (
  request   text    NOT NULL,
  workspace text    NOT NULL,
  status    integer NOT NULL,
  code      text,              -- of an error
  lead_id   uuid
);

-- Every closing outcome that was answered with 200.
CREATE TABLE proof.outcomes (
  lead_id uuid NOT NULL,
  outcome text NOT NULL
);

-- Every time an owner accepted a lead, or declined it, and was answered with 200.
CREATE TABLE proof.accepted (
  lead_id      uuid NOT NULL,
  placement_id uuid NOT NULL
);
CREATE TABLE proof.declined (
  lead_id      uuid NOT NULL,
  placement_id uuid NOT NULL
);

-- Every request that came to a receiver. `took`: it keeps the lead, whether or not it could say so.
CREATE TABLE proof.arrivals (
  delivery_id    uuid NOT NULL,
  lead_id        uuid NOT NULL,
  destination_id uuid NOT NULL,
  took           boolean NOT NULL
);

-- The ways between states that `core/lifecycle.py` allows.
CREATE TABLE proof.ways (
  before text NOT NULL,
  after  text NOT NULL,
  PRIMARY KEY (before, after)
);

-- What each transaction made of a lead; steps inside a transaction are nobody's to see.
CREATE TABLE proof.moves (
  transaction xid8 NOT NULL,
  lead_id     uuid NOT NULL,
  before      text NOT NULL,
  after       text NOT NULL,
  PRIMARY KEY (transaction, lead_id)
);

CREATE FUNCTION proof.state_of(lead leads) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN lead.status || '/' || lead.routing_status || '/' || coalesce(lead.routing_result, '-');

CREATE FUNCTION proof.note_move() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO proof.moves
  VALUES (pg_current_xact_id(), NEW.id, proof.state_of(OLD), proof.state_of(NEW))
  ON CONFLICT (transaction, lead_id) DO UPDATE SET after = excluded.after;
  RETURN NULL;
END $$;
CREATE TRIGGER note_move AFTER UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION proof.note_move();

-- When a placement was written, and when its release was. The product's own times say when somebody
-- began to decide: who then waited for a lock writes after another who began later.
CREATE TABLE proof.written (
  placement_id uuid PRIMARY KEY,
  placed_at    timestamptz NOT NULL,
  released_at  timestamptz
);

CREATE FUNCTION proof.note_placement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO proof.written VALUES (NEW.id, clock_timestamp())
  ON CONFLICT (placement_id) DO UPDATE
  SET released_at = CASE WHEN NEW.released_at IS NOT NULL
    THEN coalesce(written.released_at, clock_timestamp()) END;
  RETURN NULL;
END $$;
CREATE TRIGGER note_placement AFTER INSERT OR UPDATE ON placements
  FOR EACH ROW EXECUTE FUNCTION proof.note_placement();

-- Who is with which partner from when to when, by each digest that tells the person. The end follows
-- from the rules the placement was decided by.
CREATE VIEW proof.holds AS
SELECT p.id AS placement_id, p.lead_id, p.destination_id, p.max_owners, l.vertical,
  substring(f.identity FROM start FOR 16) AS person,
  n.placed_at AS held_from,
  least(
    p.placed_at + make_interval(days => (r.document ->> 'exclusivity_days')::integer),
    n.released_at
  ) AS held_until
FROM placements p
JOIN proof.written n ON n.placement_id = p.id
JOIN leads l ON l.id = p.lead_id
JOIN lead_facts f ON f.lead_id = p.lead_id
JOIN decisions d ON d.lead_id = p.lead_id AND d.decided_at = p.placed_at
JOIN rulebooks r ON r.workspace_id = l.workspace_id AND r.version = d.rulebook_version
CROSS JOIN LATERAL generate_series(1, length(f.identity), 16) AS start
WHERE p.destination_id IS NOT NULL;

-- How many leads each destination has of each window of each of its caps: those that came back are
-- not counted.
CREATE VIEW proof.sold AS
SELECT t.id AS destination_id, cap.window_kind, cap.most, window_start.starts_at, count(*) AS sold
FROM destinations t
JOIN workspaces w ON w.id = t.workspace_id
CROSS JOIN LATERAL (
  SELECT key AS window_kind, value::integer AS most FROM jsonb_each_text(t.caps)
) AS cap
JOIN placements p ON p.destination_id = t.id AND p.released_at IS NULL
CROSS JOIN LATERAL (
  SELECT CASE cap.window_kind
    WHEN 'total' THEN timestamptz '1970-01-01 00:00:00+00'
    WHEN 'hour' THEN date_trunc('hour', p.placed_at, 'UTC')
    ELSE date_trunc(cap.window_kind, p.placed_at, coalesce(t.hours ->> 'time_zone', w.time_zone))
  END AS starts_at
) AS window_start
GROUP BY t.id, cap.window_kind, cap.most, window_start.starts_at;

-- How many leads each agent has open: assigned, and neither converted nor lost.
CREATE VIEW proof.open_leads AS
SELECT g.id AS agent_id, g.capacity, count(a.placement_id) AS open
FROM agents g
LEFT JOIN (
  assignments a
  JOIN placements p ON p.id = a.placement_id AND p.released_at IS NULL
    AND (p.outcome IS NULL OR p.outcome NOT IN ('converted', 'lost'))
) ON a.agent_id = g.id AND a.released_at IS NULL
GROUP BY g.id, g.capacity;
