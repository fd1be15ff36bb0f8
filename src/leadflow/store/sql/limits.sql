-- name: fill
-- Fill the bucket up to now, put back what was leased and not used, and keep it locked. A client
-- seen for the first time has a full one.
INSERT INTO rate_limits AS bucket (client_id, tokens, updated_at)
VALUES ($1, $2, $5)
ON CONFLICT (client_id) DO UPDATE
SET
  tokens = least(
    $2,
    bucket.tokens + $4 + $3 * greatest(0, extract(epoch FROM $5 - bucket.updated_at))
  ),
  updated_at = greatest(bucket.updated_at, $5)
RETURNING tokens;

-- name: take
UPDATE rate_limits
SET tokens = tokens - $2
WHERE client_id = $1;
