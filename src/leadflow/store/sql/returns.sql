-- Leads that are to come back: not accepted in time, or refused on delivery.

-- name: take_overdue
-- One lead, which nobody else is giving back at this moment. A delivery whose outcome is open is
-- waited for: its receiver may have the lead.
SELECT l.id, p.return_at
FROM placements p
JOIN leads l ON l.id = p.lead_id
WHERE p.released_at IS NULL AND p.accepted_at IS NULL AND p.return_at <= $1
  AND l.routing_status = 'routed'
  AND NOT EXISTS (
    SELECT FROM deliveries d
    WHERE d.lead_id = p.lead_id AND d.placement_id = p.id AND d.state IN ('sending', 'unknown')
  )
ORDER BY p.return_at
LIMIT 1
FOR UPDATE OF l SKIP LOCKED;

-- name: next_due
SELECT p.return_at
FROM placements p
WHERE p.released_at IS NULL AND p.accepted_at IS NULL AND p.return_at IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM deliveries d
    WHERE d.lead_id = p.lead_id AND d.placement_id = p.id AND d.state IN ('sending', 'unknown')
  )
ORDER BY p.return_at
LIMIT 1;
