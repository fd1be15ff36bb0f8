-- name: wake
SELECT wake_waiting_leads($1, $2);
