-- name: wake
SELECT wake_waiting_leads($1, $2);

-- name: call
-- The call goes out with the commit.
SELECT pg_notify('leadflow_work', '');
