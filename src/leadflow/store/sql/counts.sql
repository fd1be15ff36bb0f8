-- How much there is of what, for people to watch. Ids are UUIDv7, so that a time is a range of the
-- primary key.

-- name: by_status
SELECT status, count(*) AS leads
FROM leads
WHERE id >= $1
GROUP BY status;

-- name: by_delivery
SELECT state, count(*) AS deliveries
FROM deliveries
WHERE id >= $1
GROUP BY state;

-- name: outstanding
-- Whatever their age. `dead` deliveries are over, and need a person all the same.
SELECT
  (SELECT count(*) FROM lead_routing_queue WHERE processed_at IS NULL) AS waiting,
  (SELECT count(*) FROM reviews WHERE closed_at IS NULL) AS reviews,
  (SELECT count(*) FROM leads WHERE id >= $1) AS last_minute;
