-- What the console shows beyond what `counts` and `readings` give. It is the operators', so all of
-- this runs as the service.

-- name: in_hand
-- What is under way, whatever its age. Each is a partial index that holds nothing else.
SELECT
  (SELECT count(*) FROM leads WHERE status = 'received') AS received,
  (SELECT count(*) FROM leads WHERE routing_status = 'routing') AS being_routed,
  (SELECT count(*) FROM lead_routing_queue
   WHERE processed_at IS NULL AND next_retry_at <= $1) AS retries_due,
  (SELECT count(*) FROM deliveries
   WHERE state IN ('pending', 'unknown') AND next_attempt_at <= $1) AS deliveries_due;

-- name: expired
-- Leads expire at a known age, so that those of a day are a range of the primary key as well.
SELECT count(*)
FROM leads
WHERE id >= $1 AND id < $2 AND status = 'expired';

-- name: arrivals
SELECT floor(extract(epoch FROM $2 - created_at) / 60)::integer AS minutes_ago, count(*) AS leads
FROM leads
WHERE id >= $1 AND created_at <= $2
GROUP BY 1;

-- name: latest_decisions
SELECT l.id, l.routing_status, d.record
FROM leads l
LEFT JOIN LATERAL (
  SELECT record
  FROM decisions
  WHERE lead_id = l.id
  ORDER BY decided_at DESC, batch_id DESC
  LIMIT 1
) d ON true
WHERE l.id = ANY ($1::uuid[]);

-- name: attempts
SELECT delivery_id, number, started_at, finished_at, outcome, status_code, error
FROM delivery_attempts
WHERE delivery_id = ANY ($1::uuid[])
ORDER BY started_at, number;
