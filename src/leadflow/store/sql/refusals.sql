-- name: count
INSERT INTO refusals AS r (workspace_id, day, count)
SELECT * FROM unnest($1::uuid[], $2::date[], $3::bigint[])
ON CONFLICT (workspace_id, day) DO UPDATE
SET count = r.count + excluded.count;
