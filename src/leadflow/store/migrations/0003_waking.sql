-- A tenant's change of hours, caps, agents or rules lets leads of others go on, whose rows it may not
-- see: they are woken on its behalf. Who lets leads go on also calls the workers; without a call they
-- look every few seconds.
CREATE FUNCTION wake_waiting_leads(changed uuid, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  woken bigint;
BEGIN
  UPDATE lead_routing_queue q
  SET next_retry_at = at
  WHERE q.processed_at IS NULL
    AND q.reason = 'waiting'
    AND q.next_retry_at > at
    AND q.workspace_id IN (
      SELECT changed
      UNION ALL
      SELECT source.id
      FROM workspaces receiver
      CROSS JOIN workspaces source
      JOIN rulebooks r ON r.workspace_id = source.id AND r.version = source.rulebook_version
      WHERE receiver.id = changed
        AND EXISTS (
          SELECT FROM jsonb_array_elements(r.document -> 'rules') AS rule
          WHERE starts_with(rule ->> 'to', receiver.slug || '/')
        )
    );
  GET DIAGNOSTICS woken = ROW_COUNT;
  IF woken > 0 THEN
    PERFORM pg_notify('leadflow_work', '');
  END IF;
  RETURN woken;
END $$;
REVOKE EXECUTE ON FUNCTION wake_waiting_leads FROM PUBLIC;
GRANT EXECUTE ON FUNCTION wake_waiting_leads TO adf_app, leadflow_service;

-- Who may see a review may close it.
GRANT UPDATE (closed_at, resolution) ON reviews TO adf_app;
