-- Sessions of the console. They are the operators', so all of this runs as the service.

-- name: forget
DELETE FROM console_sessions
WHERE login_until <= $1 AND (session_until IS NULL OR session_until <= $1);

-- name: offer
INSERT INTO console_sessions (id, login_digest, login_until, created_at)
VALUES ($1, $2, $3, $4);

-- name: open
-- A link opens one session: whoever comes second, at the same moment too, finds it used.
UPDATE console_sessions
SET session_digest = $2, session_until = $3
WHERE login_digest = $1 AND session_digest IS NULL AND login_until > $4
RETURNING id;

-- name: is_open
SELECT 1 FROM console_sessions WHERE session_digest = $1 AND session_until > $2;

-- name: close
UPDATE console_sessions
SET session_until = $2
WHERE session_digest = $1 AND session_until > $2;
