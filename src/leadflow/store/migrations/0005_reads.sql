-- What a tenant reads costs what it is shown, not what it owns. As `id IN (SELECT ...)` the policy of
-- `leads` gathered every lead ever placed with a tenant before it showed one of them. A scalar
-- sub-select looks each one up; EXISTS would leave the planner free to gather them again.
ALTER POLICY tenant ON leads USING (
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

-- Who lets leads go on also calls the workers; without a call they look every few seconds.
CREATE OR REPLACE FUNCTION wake_waiting_leads(changed uuid, at timestamptz) RETURNS bigint
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
