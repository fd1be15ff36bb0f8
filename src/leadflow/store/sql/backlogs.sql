-- name: due_retries
SELECT workspace_id, count(*) AS due
FROM lead_routing_queue
WHERE processed_at IS NULL AND next_retry_at <= $1
GROUP BY workspace_id;

-- name: stale_locks
SELECT count(*)
FROM leads
WHERE routing_status = 'routing' AND routing_locked_at < $1;

-- name: queues
SELECT 'undecided' AS queue, count(*) AS length, min(created_at) AS oldest
FROM leads
WHERE routing_status = 'pending' AND status = 'received'
UNION ALL
SELECT reason, count(*), min(created_at)
FROM lead_routing_queue
WHERE processed_at IS NULL
GROUP BY reason
UNION ALL
SELECT 'delivery', count(*), min(created_at)
FROM deliveries
WHERE state IN ('pending', 'sending')
UNION ALL
SELECT 'review', count(*), min(opened_at)
FROM reviews
WHERE closed_at IS NULL;
