-- What the console shows beyond what `counts` and `readings` give. It is the operators', so all of
-- this runs as the service.

-- name: in_hand
-- What is under way, whatever its age. Each is a partial index that holds nothing else. A review of
-- a lead that has an owner is about its delivery.
WITH open_reviews AS (
  SELECT count(*) FILTER (WHERE l.status = 'review') AS in_review,
    count(*) FILTER (WHERE l.status = 'routed') AS unsettled
  FROM reviews r
  JOIN leads l ON l.id = r.lead_id
  WHERE r.closed_at IS NULL
)
SELECT
  (SELECT count(*) FROM leads WHERE status = 'received') AS received,
  (SELECT count(*) FROM leads WHERE routing_status = 'routing') AS being_routed,
  (SELECT count(*) FROM lead_routing_queue
   WHERE processed_at IS NULL AND next_retry_at <= $1) AS retries_due,
  (SELECT in_review FROM open_reviews) AS in_review,
  (SELECT unsettled FROM open_reviews) AS unsettled,
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

-- name: standings
SELECT l.id, r.reason AS review, d.record
FROM unnest($1::uuid[]) AS l (id)
LEFT JOIN reviews r ON r.lead_id = l.id AND r.closed_at IS NULL
LEFT JOIN LATERAL (
  SELECT record
  FROM decisions
  WHERE lead_id = l.id
  ORDER BY decided_at DESC, batch_id DESC
  LIMIT 1
) d ON true;

-- name: attempts
SELECT delivery_id, number, started_at, finished_at, outcome, status_code, error
FROM delivery_attempts
WHERE delivery_id = ANY ($1::uuid[])
ORDER BY started_at, number;
