-- From which priority leads are routed automatically, when an operator has said so. There is a row only
-- while routing is paused, and processes notice as they notice any change of the configuration.
CREATE TABLE routing_pause (
  below     text        NOT NULL,
  paused_at timestamptz NOT NULL,
  paused_by text        NOT NULL, -- as in `audit_log`
  CONSTRAINT routing_pause_below_has_others_below CHECK (below IN ('hot', 'warm'))
);
CREATE UNIQUE INDEX routing_pause_is_one ON routing_pause ((true));
CREATE TRIGGER configuration_changed AFTER INSERT OR UPDATE OR DELETE ON routing_pause
  FOR EACH STATEMENT EXECUTE FUNCTION configuration_changed();

GRANT SELECT, INSERT, UPDATE, DELETE ON routing_pause TO leadflow_service;
GRANT SELECT ON routing_pause TO adf_ro;

-- Who may see a lead wait may have it tried again now.
GRANT UPDATE (next_retry_at) ON lead_routing_queue TO adf_app;
