-- What became of leads in sales. It is said of the placement: who has the lead next begins anew.

-- name: record
-- Whoever says what became of a lead has accepted it.
UPDATE placements
SET outcome = $2, outcome_at = $3, accepted_at = coalesce(accepted_at, $3)
WHERE id = $1;
